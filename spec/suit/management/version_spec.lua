local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local metadata <const> = require "teep.suit.metadata"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local seq <const>, map <const> = raw.sequence, raw.map
local OVERRIDE <const> = 20

describe("update management and identities:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("version", function()
    local function version(comparison, ...) return map{ [28] = cbor.encode(cbor.array{ comparison, cbor.array{ ... } }) } end

    it("is compared number by number", function()
      local able <const> = { version = function() return { 1, 4, 2 } end }
      sim:holds(version(3, 1), 28, able)
      sim:holds(version(3, 1, 4, 2), 28, able)
      sim:fails(version(3, 1, 4, 3), 28, able)
      sim:holds(version(1, 1, 3), 28, able)
      sim:fails(version(1, 1, 4), 28, able)
      sim:holds(version(2, 1, 4), 28, able)
      sim:holds(version(4, 1, 5), 28, able)
      sim:holds(version(5, 2), 28, able)
      sim:fails(version(5, 1), 28, able)
      assert.same({ 1, 4, 2 }, sim:fails(version(5, 1), 28, able).failure.parameters.version.version)
    end)

    it("fails without one, wanted or there (S-042)", function()
      sim:fails(map{}, 28, { version = function() return { 1 } end })
      sim:fails(version(3, 1), 28, { version = function() end })
    end)

    it("puts pre-releases before the release, and finished ones in order (S-104)", function()
      local order <const> = { { 1, 0, -3 }, { 1, 0, -2 }, { 1, 0, -1 }, { 1, 0, 0 }, { 1, 0, 1 }, { 1, 1 } }
      for i, older in ipairs(order) do
        for k, newer in ipairs(order) do
          assert.equal(i < k, metadata.matches({ comparison = "greater", version = older }, newer))
        end
      end
      assert.is_true(metadata.matches({ comparison = "equal", version = { 1, 0, 0 } }, { 1 }))
    end)

    it("refuses comparisons that do not exist", function()
      local bytes <const> = raw.make{ fields = { [20] = seq(OVERRIDE, version(6, 1), 28, 15) } }
      local verified <const>, _, code = suit.verify(bytes, { keys = raw.trusted })
      assert.same({ nil, "unknown_value" }, { verified, code })
    end)
  end)
end)
