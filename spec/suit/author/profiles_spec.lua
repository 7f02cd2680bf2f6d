-- Author tools have all profiles of draft-ietf-suit-mti that are mandatory for them.
local device <const> = require "fixtures.suit_device"
local key <const> = require "teep.key"
local providers <const> = require "fixtures.providers"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local function public_of(private) return assert(key.load(private:public())) end

local function make(signer, recipient, algorithm)
  local encryption <const> = assert(suit.encrypt(raw.payload, { recipients = { recipient }, algorithm = algorithm }))
  return assert(suit.sign(assert(suit.create{
    manifest_component_id = raw.manifest_id, sequence_number = 1,
    components = { {
      id = raw.component, payload = raw.payload, staging = { "encrypted" }, encryption = encryption,
      vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier,
    } },
  }), { key = signer }))
end

describe("manifests of profile", function()
  for name, profile in pairs{
    ["suit-sha256-esp256-ecdh-a128ctr"] = { "ESP256", "A128CTR" },
    ["suit-sha256-ed25519-ecdh-a128ctr"] = { "Ed25519", "A128CTR" },
    ["suit-sha256-esp256-ecdh-a128gcm"] = { "ESP256", "A128GCM" },
    ["suit-sha256-ed25519-ecdh-chacha-poly"] = { "Ed25519", "ChaCha20/Poly1305" },
  } do
    it(name .. " are made, verified and processed (S-130)", function()
      local lacking <const> = providers.lack(profile[1])
      if lacking then return pending(lacking) end
      local sim <const> = device.new()
      finally(function() sim:close() end)
      local signer <const> = assert(key.generate{ algorithm = profile[1] })
      local secret <const> = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" })
      local envelope <const> = make(signer, public_of(secret), profile[2])
      assert.is_nil(envelope:find(raw.payload, 1, true))
      local verified <const> = assert(suit.verify(envelope, { keys = { public_of(signer) }, algorithms = { profile[1] } }))
      local outcome <const> = sim:run(verified, { decrypt = suit.decrypt_with{ secret } })
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(raw.payload, sim:content(raw.component))
    end)
  end

  it("suit-sha256-hmac-a128kw-a128ctr are made (S-130)", function()
    local shared <const> = assert(key.load(require("teep.cbor").encode(require("teep.cbor").map{
      { 1, 4 }, { 2, "mac" }, { 3, 5 }, { -1, ("k"):rep(32) },
    })))
    local wrapping <const> = assert(key.generate{ algorithm = "A128KW" })
    assert.equal(1, #suit.decode(make(shared, wrapping, "A128CTR")).blocks)
  end)
end)
