local cbor <const> = require "teep.cbor"
local raw <const> = require "fixtures.suit_raw"
local scan <const> = require "teep.suit.scan"
local suit <const> = require "teep.suit"

local two <const> = { { "a" }, { "b" } }

local function check(options)
  return scan.check(assert(suit.verify(raw.make(options), { keys = raw.trusted })).manifest)
end

local function refused(code, options)
  local ok, message, found, where = check(options)
  assert.is_nil(ok)
  assert.equal(code, found, message)
  return message, where
end

local function install(...) return { fields = { [20] = raw.sequence(...) } } end

describe("teep.suit.scan", function()
  it("refuses commands it does not have, in every section (S-100)", function()
    for _, label in ipairs{ 7, 8, 9, 15, 16, 18, 20, 24 } do
      refused("command_unsupported", { fields = { [label] = raw.sequence(3, 15, 99, cbor.null) } })
    end
    refused("command_unsupported", install(-300, cbor.text "custom"))
  end)

  it("says where the command stands", function()
    local message, where = refused("command_unsupported", install(3, 15, 99, cbor.null))
    assert.same({ section = 20, offset = 3 }, where)
    assert.matches("install at byte 3", message, 1, true)
  end)

  it("refuses numbers that no draft assigns, or an obsolete one (S-100)", function()
    for _, code in ipairs{ 0, 9, 10, 13, 16, 17, 30, 36, 255, 256 } do
      refused("command_unsupported", install(code, 15))
    end
  end)

  it("refuses commands that this device has not what it takes for (S-100)", function()
    local needs <const> = {
      [4] = "clock", [5] = "slot", [24] = "device_identifier", [26] = "battery", [27] = "authorized", [28] = "version",
      [29] = "wait",
    }
    for code, field in pairs(needs) do
      local bytes <const> = raw.make(install(code, 15))
      local manifest <const> = assert(suit.verify(bytes, { keys = raw.trusted })).manifest
      local given <const> = { limits = require("teep.suit.limits").defaults, device = {} }
      local ok, message, found = scan.check(manifest, given)
      assert.is_nil(ok)
      assert.equal("command_unsupported", found)
      assert.matches(field, message, 1, true)
      given.device[field] = {}
      assert.is_truthy(scan.check(manifest, given))
    end
  end)

  it("refuses custom commands and parameters, wherever their numbers begin (P-20)", function()
    for _, number in ipairs{ -1, -255, -256, -257, -65536 } do
      refused("command_unsupported", install(number, cbor.null))
      refused("parameter_unsupported", install(20, raw.map{ [number] = 1 }))
    end
  end)

  it("refuses fetch-arguments under both of their labels (P-30)", function()
    assert.matches("fetch-arguments (25)",
      refused("parameter_unsupported", install(20, raw.map{ [25] = "x" })), 1, true)
    refused("parameter_unsupported", install(20, raw.map{ [16] = "x" }))
  end)

  it("refuses parameters it does not have (S-100)", function()
    refused("parameter_unsupported", install(20, raw.map{ [14] = 1, [31] = "x" }))
    refused("parameter_unsupported", install(20, raw.map{ [-300] = "custom" }))
  end)

  it("refuses image digests that are not measured here (S-049)", function()
    local sha512 <const> = cbor.encode(cbor.array{ -44, ("d"):rep(64) })
    refused("unsupported_algorithm", install(20, raw.map{ [3] = sha512 }))
    refused("unsupported_algorithm", install(20, raw.map{ [3] = cbor.encode(cbor.array{ -18, ("d"):rep(32) }) }))
    refused("size_out_of_range", install(20, raw.map{ [3] = cbor.encode(cbor.array{ -16, ("d"):rep(31) }) }))
  end)

  it("refuses effects in the shared sequence (S-016)", function()
    for _, code in ipairs{ 21, 33 } do
      local _, where = refused("command_forbidden", { shared = raw.sequence(code, 2) })
      assert.same({ section = 3, offset = 1 }, where)
    end
  end)

  it("refuses custom commands and parameters in the shared sequence (S-015)", function()
    refused("command_unsupported", { shared = raw.sequence(-300, cbor.null) })
    refused("parameter_unsupported", { shared = raw.sequence(20, raw.map{ [-300] = 1 }) })
  end)

  it("refuses fetch and unlink in invoke", function()
    for _, code in ipairs{ 21, 33 } do
      refused("command_forbidden", { fields = { [9] = raw.sequence(code, 2) } })
    end
    assert.truthy(check{ fields = { [9] = raw.sequence(3, 15) } })
  end)

  it("wants set-component-index first where there are several components (S-017)", function()
    local shared <const> = raw.sequence(12, true, 1, 15)
    refused("command_forbidden", { components = two, shared = raw.sequence(1, 15) })
    refused("command_forbidden", { components = two, shared = shared, fields = { [20] = raw.sequence(3, 15, 12, 0) } })
    assert.truthy(check{
      components = two, shared = shared, fields = { [20] = raw.sequence(12, 0, 3, 15), [24] = raw.sequence(12, true, 33, 2) },
    })
  end)

  it("refuses an index beyond the components (S-023)", function()
    local function indexed(argument)
      return {
        components = two, shared = false, fields = { [20] = raw.sequence(12, argument, 3, 15), [24] = false },
      }
    end
    refused("component_unsupported", indexed(2))
    refused("component_unsupported", indexed(200))
    refused("component_unsupported", indexed(cbor.array{ 0, 2 }))
    refused("component_unsupported", indexed(cbor.array{ 1, 1 }))
    refused("unknown_value", indexed(false))
    for _, argument in ipairs{ 0, 1, true, cbor.array{ 1, 0 } } do assert.truthy(check(indexed(argument))) end
  end)
end)
