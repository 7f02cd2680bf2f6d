local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local key <const> = require "teep.key"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local manifest <const> = raw.manifest()
local payload <const> = raw.payload_of(manifest)

local function verify(envelope, options)
  local given <const> = { keys = raw.trusted }
  for name, value in pairs(options or {}) do given[name] = value end
  return suit.verify(envelope, given)
end

local function refused(code, envelope, options)
  local verified, message, found = verify(envelope, options)
  assert.is_nil(verified)
  assert.equal(code, found, message)
  return message
end

local function with_blocks(...) return raw.envelope(manifest, { blocks = { ... } }) end

describe("authentication of SUIT envelopes", function()
  it("refuses a wrapper without signature (S-003)", function()
    assert.matches("holds no signature", refused("unauthorised", with_blocks()), 1, true)
  end)

  it("refuses a wrapper without digest (S-003)", function()
    for code, digest in pairs{ truncated = "\x82", wrong_type = "\xA0", not_well_formed = "\x1C" } do
      local message <const> = refused(code, raw.envelope(manifest, { payload = digest }))
      assert.matches("authentication-wrapper.digest", message, 1, true)
    end
  end)

  it("refuses the signature of a key it does not trust (S-001, S-051)", function()
    refused("unauthorised", with_blocks(raw.block(payload, { key = raw.stranger })))
    refused("unauthorised", with_blocks(raw.block(payload, { key = raw.stranger, no_kid = true })))
    refused("unauthorised", raw.make(), { keys = {} })
  end)

  it("refuses a signature over something else than the digest (S-005)", function()
    refused("unauthorised", with_blocks(raw.block(payload:sub(1, -2) .. "\0")))
    refused("unauthorised", with_blocks(raw.block(cbor.encode(payload))))
    refused("unauthorised", with_blocks(raw.block(manifest)))
  end)

  it("refuses an algorithm that the caller does not list", function()
    refused("unauthorised", raw.make(), { algorithms = { "Ed25519" } })
    assert.equal("ESP256", verify(raw.make(), { algorithms = { "ESP256" } }).algorithm)
  end)

  it("accepts ES256 when the caller lists it, and only then (P-24)", function()
    local signer <const> = assert(key.generate{ algorithm = "ES256" })
    local envelope <const> = with_blocks(raw.block(payload, { key = signer }))
    refused("unauthorised", envelope, { keys = { raw.public(signer) } })
    assert.truthy(verify(envelope, { keys = { raw.public(signer) }, algorithms = { "ES256" } }))
  end)

  it("refuses an untagged block", function() refused("not_cose", with_blocks(raw.block(payload, { untagged = true }))) end)

  it("refuses a block that carries its payload", function()
    refused("not_cose", with_blocks(raw.block(payload, { attached = true })))
  end)

  it("refuses a block that is no COSE at all, also beside a good one", function()
    refused("not_cose", with_blocks(raw.block(payload), cbor.encode(cbor.array{})))
  end)

  it("names the COSE structures it does not verify", function()
    local mac <const> = cbor.encode(cbor.tag(97, cbor.array{
      "\xA1\x01\x05", cbor.map{}, cbor.null, ("t"):rep(32), cbor.array{ cbor.array{ "", cbor.map{}, "" } },
    }))
    assert.matches("COSE_Mac", refused("unauthorised", with_blocks(mac)), 1, true)
    assert.truthy(verify(with_blocks(mac, raw.block(payload))))
  end)

  describe("by COSE_Mac0", function()
    local shared <const> = assert(key.generate{ algorithm = "HMAC-256" })
    local options <const> = { keys = { shared }, algorithms = { "HMAC-256" } }
    local function mac0(more)
      local given <const> = { key = shared, payload = payload, detached = true }
      for name, value in pairs(more or {}) do given[name] = value end
      return assert(cose.mac0(given))
    end

    it("is accepted from those who share the key (S-001)", function()
      local verified <const> = assert(verify(with_blocks(mac0()), options))
      assert.equal("HMAC-256", verified.algorithm)
    end)

    it("is refused by other keys, and where the caller does not list it", function()
      local other <const> = assert(key.generate{ algorithm = "HMAC-256" })
      refused("unauthorised", with_blocks(mac0()), { keys = { other }, algorithms = { "HMAC-256" } })
      refused("unauthorised", with_blocks(mac0()))
      refused("unauthorised", with_blocks(mac0()), { keys = { shared } })
    end)

    it("is refused over something else, and with a tag of any other length (S-005)", function()
      refused("unauthorised", with_blocks(mac0{ payload = manifest }), options)
      local block <const> = mac0()
      local short <const> = block:sub(1, -35) .. "\x50" .. block:sub(-32, -17)
      refused("unauthorised", with_blocks(short), options)
    end)

    it("is refused without its tag, and with its payload", function()
      refused("not_cose", with_blocks(mac0{ untagged = true }), options)
      refused("not_cose", with_blocks(mac0{ detached = false }), options)
    end)
  end)

  it("accepts COSE_Sign, one of whose signers is trusted (S-005)", function()
    local second <const> = assert(key.generate{ algorithm = "ESP256" })
    local block <const> = assert(cose.sign{ keys = { second, raw.signer }, payload = payload, detached = true })
    assert.equal(raw.signer:thumbprint(), verify(with_blocks(block)).kid)
    refused("unauthorised", with_blocks(assert(cose.sign{ keys = { second }, payload = payload, detached = true })))
  end)

  it("takes the signers of all blocks, in their order (S-005, S-051)", function()
    local second <const> = assert(key.generate{ algorithm = "ESP256" })
    local verified <const> = assert(verify(with_blocks(raw.block(payload, { key = second }), raw.block(payload)), {
      keys = { raw.trusted[1], raw.public(second) },
    }))
    assert.same({ second:thumbprint(), raw.signer:thumbprint() }, { verified.signers[1].kid, verified.signers[2].kid })
    assert.equal(verified.signers[1].kid, verified.kid)
  end)

  it("does not know HSS/LMS, and says which algorithm was met", function()
    local hss <const> = cbor.encode(cbor.tag(18, cbor.array{ cbor.encode(cbor.map{ { 1, -46 } }), cbor.map{}, cbor.null, "s" }))
    assert.matches("-46", refused("unauthorised", with_blocks(hss)), 1, true)
  end)

  it("refuses another digest than that of the manifest (S-001)", function()
    local other <const> = raw.payload_of(manifest .. "\0")
    refused("digest_mismatch", raw.envelope(manifest, { payload = other }))
  end)

  it("refuses a digest over the content of the byte string alone (S-001)", function()
    refused("digest_mismatch", raw.envelope(manifest, { payload = cbor.encode(raw.digest(manifest)) }))
  end)

  it("refuses digest algorithms it does not have, and digests of another size (S-049)", function()
    local digest <const> = crypto.digest("SHA-256", cbor.encode(manifest))
    local function signed(algorithm, bytes)
      return raw.envelope(manifest, { payload = cbor.encode(cbor.array{ algorithm, bytes }) })
    end
    refused("unsupported_algorithm", signed(-18, digest)) -- SHAKE128
    refused("size_out_of_range", signed(-16, digest:sub(1, 31)))
    refused("size_out_of_range", signed(-44, digest))
    assert.truthy(verify(signed(-16, digest)))
    assert.truthy(verify(signed(-44, crypto.digest("SHA-512", cbor.encode(manifest)))))
  end)

  it("refuses an altered manifest, whichever bit is flipped (S-001)", function()
    local envelope <const> = raw.make()
    local first <const> = envelope:find(manifest, 1, true)
    for at = first, first + #manifest - 1 do
      local flipped <const> = string.char(envelope:byte(at) ~ (1 << (at % 8)))
      refused("digest_mismatch", envelope:sub(1, at - 1) .. flipped .. envelope:sub(at + 1))
    end
  end)

  it("refuses an altered wrapper, whichever byte is changed (S-001)", function()
    local envelope <const> = raw.make()
    local wrapper <const> = envelope:sub(1, (envelope:find(manifest, 1, true)) - 1)
    for at = 1, #wrapper do
      local changed <const> = string.char(envelope:byte(at) ~ 0x41)
      assert.is_nil((verify(envelope:sub(1, at - 1) .. changed .. envelope:sub(at + 1))))
    end
  end)

  it("reads nothing of the manifest before it is authenticated (S-001)", function()
    refused("unauthorised", raw.envelope("no CBOR", { blocks = { raw.block(payload, { key = raw.stranger }) } }))
    refused("truncated", raw.envelope "\xA2\1")
  end)

  it("accepts one trusted signature among others (S-005)", function()
    local verified <const> = verify(with_blocks(raw.block(payload, { key = raw.stranger }), raw.block(payload)))
    assert.equal(raw.signer:thumbprint(), verified.kid)
    assert.equal(raw.trusted[1], verified.key)
  end)

  it("accepts a signature without key identifier", function()
    assert.truthy(verify(with_blocks(raw.block(payload, { no_kid = true }))))
  end)

  it("limits the number of blocks", function()
    local stranger <const>, own <const> = raw.block(payload, { key = raw.stranger }), raw.block(payload)
    assert.truthy(verify(with_blocks(stranger, own), { limits = { authentication_blocks = 2 } }))
    refused("limit_reached", with_blocks(stranger, stranger, own), { limits = { authentication_blocks = 2 } })
  end)

  it("limits the size of the manifest", function()
    assert.truthy(verify(raw.make(), { limits = { manifest_bytes = #manifest } }))
    refused("too_large", raw.make(), { limits = { manifest_bytes = #manifest - 1 } })
  end)

  it("throws for options and limits that do not exist", function()
    assert.error_matches(function() verify(raw.make(), { trust = {} }) end, "unknown option: trust")
    assert.error_matches(function() verify(raw.make(), { limits = { bytes = 1 } }) end, "no such SUIT limit: bytes")
  end)
end)
