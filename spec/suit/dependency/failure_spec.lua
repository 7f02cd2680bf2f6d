local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"
local tree <const> = require "fixtures.suit_tree"

local seq <const> = raw.sequence

describe("dependencies of a manifest", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("fail as a whole", function()
    it("with the place of the failing command, by the path of indices", function()
      local outcome <const> = sim:refuses("condition_failed", 10, tree.parent{
        manifest = tree.child_manifest{ fields = { [20] = seq(14, 15) } },
      })
      assert.same({ 1 }, outcome.failure.manifest_id)
      assert.same({ 20, 0 }, { outcome.failure.section, outcome.failure.component_index })
      assert.matches("child/app: abort", outcome.message, 1, true)
      local report <const> = assert(suit.read_report(assert(suit.report(outcome))))
      assert.same({ 1 }, report.failure.record.manifest_id)
    end)

    it("whatever try-each and soft-failure around them say (S-022, S-061)", function()
      local soft <const> = seq(12, 1, 20, raw.map{ [13] = true }, 7, 15, 11, 2)
      sim:refuses("condition_failed", 10, tree.parent{
        manifest = tree.child_manifest{ fields = { [20] = seq(14, 15) } },
        fields = { [20] = seq(12, 1, 15, cbor.array{ soft, cbor.null }) },
      })
    end)

    it("and may not set soft-failure for their dependent (S-040)", function()
      local nested <const> = seq(12, 1, 7, 15, 11, 2)
      sim:refuses("command_forbidden", 5, tree.parent{
        manifest = tree.child_manifest{ fields = { [20] = seq(20, raw.map{ [13] = true }) } },
        fields = { [20] = seq(12, 1, 32, nested) },
      })
    end)
  end)
end)
