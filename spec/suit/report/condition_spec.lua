local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

describe("teep.suit.explain_report", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("tells what conditions of updates have found and what was expected:", function()
    local version <const> = cbor.encode(cbor.array{ 2, cbor.array{ 1, 2 } })
    for wanted, case in pairs{
      ["use-before (4): found 1970-01-01T00:01:41Z, expected 1970-01-01T00:01:40Z. The time"] =
        { { [4] = 100 }, 4, clock = function() return 101 end },
      ["minimum-battery (26): found 99 mWh, expected 100 mWh. Charge"] =
        { { [26] = 100 }, 26, battery = function() return 99 end },
      ["update-authorized (27): found priority -5, which was not permitted. Have"] =
        { { [27] = -5 }, 27, authorized = function() return false end },
      ["version (28): found version 1.1-rc.2, expected >= 1.2. The manifest wants"] =
        { { [28] = version }, 28, version = function() return { 1, 1, -1, 2 } end },
      ["check-content (6): found 13 bytes, expected content of 3 bytes. Bring"] = { { [18] = "abc" }, 6 },
      ["image-not-match (25): found " .. raw.shown_digest(raw.payload) .. ", 13 bytes, expected any other. Bring"] = { {}, 25 },
      ["image-not-match (25). "] = { { [3] = false }, 25 },
      ["device-identifier (24): found 64646464-6464-6464-6464-646464646464, the parameter is not set. Set the parameter"] =
        { {}, 24, device_identifier = ("d"):rep(16) },
    } do
      it(wanted, function()
        local parameters <const> = { [3] = cbor.encode(raw.digest(raw.payload)), [14] = #raw.payload, [21] = cbor.text "#0" }
        for label, value in pairs(case[1]) do parameters[label] = value or nil end
        local facts <const> = raw.device_with{}
        for name, value in pairs(case) do facts[name] = type(name) == "string" and value or nil end
        local text <const> = sim:explained(raw.make{ shared = false,
          fields = { [20] = raw.sequence(20, raw.map(parameters), 21, 2, case[2], 15) } }, { device = facts })
        assert.matches("component 0 (hello/app): " .. wanted, text, 1, true)
      end)
    end

    it("shows a time beyond the year 9999 as it is", function()
      local text <const> = suit.explain_report{ failure = { reason = 10, code = 0, record = { manifest_id = {}, section = 20,
        offset = 1, component_index = 0, parameters = { use_before = -1 } } } }
      assert.matches("found 18446744073709551615 seconds since 1970", text, 1, true)
    end)
  end)
end)
