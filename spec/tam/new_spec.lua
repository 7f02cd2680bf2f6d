local key <const> = require "teep.key"
local tam <const> = require "teep.tam"
local world <const> = require "tam.world"

describe("teep.tam.new", function()
  local w
  before_each(function() w = world.new() end)
  after_each(world.clean)

  local function new(changes)
    local given <const> = w:given()
    for name, value in pairs(changes) do given[name] = value end
    return tam.new(given)
  end

  local function refused(expected, made, message, code)
    assert.is_nil(made)
    assert.equal(expected, code, message)
    return message
  end

  it("refuses to be a TAM without both algorithms, and says which is missing (T-103, T-106)", function()
    local esp256 <const>, ed25519 <const> = world.key("tam", "ESP256"), world.key("tam", "Ed25519")
    assert.matches("Ed25519", refused("config_invalid", new { keys = { esp256 } }))
    assert.matches("ESP256", refused("config_invalid", new { keys = { ed25519 } }))
    refused("config_invalid", new { keys = {} })
    assert.truthy(new { keys = { ed25519, esp256 } })
  end)

  it("refuses keys without a private part", function()
    refused("config_invalid", new { keys = world.tam_keys() })
  end)

  it("reads no clock and makes no randomness of its own", function()
    for _, name in ipairs { "clock", "random" } do
      local given <const> = w:given()
      given[name] = nil
      assert.error_matches(function() tam.new(given) end, "missing option: " .. name)
    end
  end)

  it("refuses wire dialects it does not speak (A-01)", function()
    assert.matches("v24", refused("config_invalid", new { wire = "v24" }))
  end)

  it("refuses a verifier: it does not appraise", function()
    refused("attestation_unsupported", new { verifier = {} })
  end)

  it("throws at unknown options and limits, and at limits that are no positive integers", function()
    assert.error_matches(function() new { polcy = 1 } end, "polcy")
    assert.error_matches(function() new { limits = { mesage = 1 } } end, "mesage")
    for _, value in ipairs { 0, -1, 1.5, "1" } do
      assert.error_matches(function() new { limits = { message = value } } end, "message")
    end
    assert.error_matches(function() new { trust = { agents = {} } } end, "signers")
  end)

  it("shares its token key with every TAM of the same store", function()
    local other <const> = assert(new {})
    local request <const> = world.open(assert(other:connect {}))
    assert.is_nil(w:tell { type = "query-response", token = request.token, tc_list = {} })
    assert.is_nil(w:event "dropped")
  end)

  it("passes on what is wrong with the store", function()
    refused("store_failed", new { store = { secret = function() return nil, "x", "store_failed" end } })
  end)

  it("accepts more keys than it needs", function()
    local third <const> = assert(key.generate { algorithm = "ESP256" })
    assert.truthy(new { keys = { third, world.key("tam", "ESP256"), world.key("tam", "Ed25519") } })
  end)
end)
