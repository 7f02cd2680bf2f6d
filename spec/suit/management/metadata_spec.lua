local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local seq <const>, map <const> = raw.sequence, raw.map
local OVERRIDE <const>, WRITE <const> = 20, 18

describe("update management and identities:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("component-metadata", function()
    local function described(map_of) return map{ [18] = "x", [30] = cbor.encode(map_of) } end
    local full <const> = raw.map{
      [1] = 5, [2] = cbor.map{ { cbor.tag(37, ("u"):rep(16)), 3 } }, [5] = 2, [6] = cbor.tag(1, 7), [8] = cbor.text "me",
    }

    it("is handed to the device after the bytes (S-104)", function()
      local seen
      sim:holds(described(full), WRITE, { metadata = function(txn, id, value)
        assert.is_truthy(txn.stage)
        assert.same(raw.component, id)
        seen = value
        return true
      end })
      assert.same({ 5, "directory", 7, "me" }, {
        seen.default_permissions, seen.file_type, seen.modification_time, seen.creator,
      })
      assert.same({ { key = ("u"):rep(16), value = 3 } }, seen.user_permissions)
    end)

    it("fails where the device does, and is refused where it cannot (S-100)", function()
      local outcome = sim:command(described(full), WRITE, {
        metadata = function() return nil, "no links here", "unsupported" end,
      })
      assert.same({ "unsupported", 11 }, { outcome.code, outcome.reason })
      outcome = sim:command(described(full), WRITE)
      assert.same({ "parameter_unsupported", 8 }, { outcome.code, outcome.reason })
      outcome = sim:command(described(raw.map{ [9] = 1 }), WRITE, { metadata = function() error "asked" end })
      assert.same({ "parameter_unsupported", 8 }, { outcome.code, outcome.reason })
      assert.is_nil(sim:content(raw.component))
    end)

    it("wants its times tagged (S-104)", function()
      local bytes <const> = raw.make{ fields = { [20] = seq(OVERRIDE, described(raw.map{ [6] = 7 }), WRITE, 2) } }
      local verified <const>, _, code = suit.verify(bytes, { keys = raw.trusted })
      assert.same({ nil, "wrong_type" }, { verified, code })
    end)
  end)
end)
