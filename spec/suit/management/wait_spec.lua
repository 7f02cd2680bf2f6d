local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local map <const> = raw.map

describe("update management and identities:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("wait", function()
    local function events(list) return map{ [29] = cbor.encode(raw.map(list)) } end

    it("lasts until all events hold, each with its argument and the limit (S-101)", function()
      local asked <const> = {}
      local function holding(name)
        return function(argument, limit)
          asked[#asked + 1] = { name, argument, limit }
          return true
        end
      end
      sim:holds(events{ [1] = -2, [2] = 3, [5] = cbor.integer(-1) }, 29, {
        wait = { authorization = holding "authorization", power = holding "power", time = holding "time" },
      })
      assert.same({ { "authorization", -2, 3600 }, { "power", 3, 3600 }, { "time", -1, 3600 } }, asked)
    end)

    it("fails when one event does not come", function()
      local outcome <const> = sim:command(events{ [2] = 3, [3] = 1 }, 29, {
        wait = {
          power = function() return nil, "no power for an hour", "timed_out" end, network = function() return true end,
        },
      })
      assert.same({ "timed_out", 11 }, { outcome.code, outcome.reason })
      assert.matches("wait: power: no power", outcome.message, 1, true)
    end)

    it("refuses events that the device or nobody knows, before anything runs (S-101)", function()
      local able <const> = { wait = { power = function() error "asked" end } }
      for _, list in ipairs{ { [2] = 1, [3] = 1 }, { [2] = 1, [10] = 1 }, { [4] = cbor.array{ "other" } } } do
        local outcome <const> = sim:command(events(list), 29, able)
        assert.same({ "parameter_unsupported", 8 }, { outcome.code, outcome.reason })
      end
    end)

    it("fails without events", function()
      assert.equal("parameter_unset", sim:command(map{}, 29, { wait = {} }).code)
    end)
  end)
end)
