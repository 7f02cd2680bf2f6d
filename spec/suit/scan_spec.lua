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
    assert.matches("try-each (15)", refused("command_unsupported", install(15, cbor.array{})), 1, true)
    refused("command_unsupported", install(-300, cbor.text "custom"))
  end)

  it("says where the command stands", function()
    local message, where = refused("command_unsupported", install(3, 15, 99, cbor.null))
    assert.same({ section = 20, offset = 3 }, where)
    assert.matches("install at byte 3", message, 1, true)
  end)

  it("refuses the commands of update management, of dependencies and of obsolete drafts (S-100)", function()
    for code = 0, 36 do
      local supported <const> = ({ [1] = 1, [2] = 1, [3] = 1, [12] = 1, [20] = 1, [21] = 1, [33] = 1 })[code]
      if not supported then refused("command_unsupported", install(code, 15)) end
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
    assert.matches("encryption-info (19)",
      refused("parameter_unsupported", install(20, raw.map{ [14] = 1, [19] = "x" })), 1, true)
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
