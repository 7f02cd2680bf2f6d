-- Payloads that only the agent can read: with the key in its TEE, or one that was handed in.
local key <const> = require "teep.key"
local public <const> = require("fixtures.suit_raw").public
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"

describe("payloads encrypted to an agent", function()
  after_each(scene.clean)

  local function encrypted(recipient, payload)
    local bytes <const> = assert(suit.create{
      manifest_component_id = { "app.suit" }, sequence_number = 1,
      components = { { id = { "app" }, payload = payload, inline = true,
        encryption = assert(suit.encrypt(payload, { recipients = { recipient } })),
        vendor_identifier = ("v"):rep(16), class_identifier = ("c"):rep(16) } },
    })
    return assert(suit.sign(bytes, { key = scene.key "signer" }))
  end

  it("are installed with the key in its TEE, also after a restart (T-165, T-166)", function()
    local device <const> = scene.new()
    local recipient <const> = public(assert(device.agent:key "encryption"))
    assert.is_nil((device.agent:key("encryption"):private()))
    device:restart()
    assert.equal(recipient:thumbprint(), device.agent:key("encryption"):thumbprint())
    assert.equal("success", device:update({ encrypted(recipient, "secret") }).type)
    assert.equal("secret", device:read{ "app" })
  end)

  it("are installed with a key that was handed in", function()
    local shared <const> = assert(key.generate{ algorithm = "A128KW" })
    local device <const> = scene.new{ decryption_keys = { shared } }
    assert.equal("success", device:update({ encrypted(shared, "secret") }).type)
    assert.equal("secret", device:read{ "app" })
  end)

  it("are refused when they are for another, and nothing is installed", function()
    local device <const> = scene.new()
    local answer <const> = device:update{ encrypted(public(scene.new().agent:key "encryption"), "secret") }
    assert.equal("manifest_processing_failed", answer.err_code)
    assert.matches("none of the keys of this device", answer.err_msg)
    assert.equal(11, assert(suit.read_report(answer.suit_reports[1])).failure.reason)
    assert.is_nil(device:read{ "app" })
  end)

  it("need a driver that agrees on keys, or a key that was handed in", function()
    local shared <const> = assert(key.generate{ algorithm = "A128KW" })
    local function without(code)
      return function(driver)
        return setmetatable({ key = function(_, name, algorithm)
          if name == "encryption" then return nil, "no", code end
          return driver:key(name, algorithm)
        end }, { __index = function(_, name)
          return function(_, ...) return driver[name](driver, ...) end
        end })
      end
    end
    local given <const> = { decryption_keys = { shared } }
    assert.equal("success", scene.new(given, without "unsupported"):update({ encrypted(shared, "x") }).type)
    local busy <const> = scene.new(given, without "busy"):update{ encrypted(shared, "x") }
    assert.equal("temporary_error", busy.err_code)
  end)
end)
