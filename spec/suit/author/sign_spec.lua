local author <const> = require "fixtures.suit_author"
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local key <const> = require "teep.key"
local providers <const> = require "fixtures.providers"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local create <const>, signed <const> = author.create, author.signed

local function blocks_of(envelope) return suit.decode(envelope).blocks end

describe("teep.suit.sign", function()
  it("refuses a manifest that is not the one the digest is of (S-006)", function()
    local forged <const> = raw.envelope(raw.manifest(), { payload = raw.payload_of "other" })
    local envelope, _, code = suit.sign(forged, { key = raw.signer })
    assert.is_nil(envelope)
    assert.equal("digest_mismatch", code)
  end)

  it("refuses a key without private part", function()
    local envelope, _, code = suit.sign(create(), { key = raw.trusted[1] })
    assert.is_nil(envelope)
    assert.equal("no_private_key", code)
  end)

  it("replaces its own signature and adds those of others (S-005)", function()
    local envelope = signed(create(), raw.signer, raw.signer)
    assert.equal(1, #blocks_of(envelope))
    envelope = signed(envelope, raw.stranger, raw.signer)
    assert.equal(2, #blocks_of(envelope))
    for _, signer in ipairs{ raw.signer, raw.stranger } do
      assert.truthy(suit.verify(envelope, { keys = { raw.public(signer) } }))
    end
  end)

  it("limits the number of signatures", function()
    local keys <const> = {}
    for i = 1, 5 do keys[i] = assert(key.generate{ algorithm = "ESP256" }) end
    local envelope <const> = signed(create(), table.unpack(keys, 1, 4))
    local fifth, _, code = suit.sign(envelope, { key = keys[5] })
    assert.is_nil(fifth)
    assert.equal("limit_reached", code)
    assert.truthy(suit.sign(envelope, { key = keys[4] }))
  end)

  it("signs with Ed25519 as well", function()
    local lacking <const> = providers.lack "Ed25519"
    if lacking then return pending(lacking) end
    local signer <const> = assert(key.generate{ algorithm = "Ed25519" })
    local verified <const> = assert(suit.verify(signed(create(), signer), { keys = { raw.public(signer) } }))
    assert.equal("Ed25519", verified.algorithm)
  end)

  it("writes tag 18, a detached payload and the thumbprint as key identifier", function()
    local block <const> = assert(cose.parse(blocks_of(signed(create(), raw.signer))[1]))
    assert.is_true(block.tagged)
    assert.is_nil(block.payload)
    assert.equal(raw.signer:thumbprint(), block.signers[1].kid)
  end)

  it("and strip refuse what is no envelope", function()
    for _, code in ipairs{ select(3, suit.sign("\x80", { key = raw.signer })), select(3, suit.strip "\x80") } do
      assert.equal("not_suit", code)
    end
  end)

  it("leaves manifest and payloads as they are", function()
    local envelope <const> = signed(create(), raw.signer)
    assert.truthy(envelope:find(raw.payload, 1, true))
    assert.is_nil(suit.strip(envelope):find(raw.payload, 1, true))
    assert.equal(suit.decode(create()).digest.bytes, suit.decode(suit.strip(envelope)).digest.bytes)
    assert.truthy(suit.verify(suit.strip(envelope), { keys = raw.trusted }))
  end)
end)

describe("teep.suit.sign with several keys", function()
  it("wants either key or keys", function()
    for _, given in ipairs{ {}, { key = raw.signer, keys = { raw.signer } } } do
      assert.error_matches(function() suit.sign(create(), given) end, "either key or keys")
    end
  end)

  it("makes one block for each, in their order (S-005)", function()
    local blocks <const> = suit.decode(suit.sign(create(), { keys = { raw.signer, raw.stranger } })).blocks
    for i, signer in ipairs{ raw.signer, raw.stranger } do
      assert.equal(signer:thumbprint(), cose.parse(blocks[i]).signers[1].kid)
    end
  end)

  it("makes none when one of them cannot sign", function()
    local envelope <const>, _, code <const> = suit.sign(create(), { keys = { raw.signer, raw.trusted[1] } })
    assert.is_nil(envelope)
    assert.equal("no_private_key", code)
  end)
end)

describe("teep.suit.sign with a symmetric key", function()
  local function symmetric(kid)
    local bytes <const> = cbor.encode(cbor.map{ { 1, 4 }, { 3, 5 }, { -1, ("k"):rep(32) }, kid and { 2, kid } })
    return assert(key.load(bytes))
  end

  it("refuses one without kid: verifiers find keys by it", function()
    local envelope <const>, message <const>, code <const> = suit.sign(create(), { key = symmetric() })
    assert.is_nil(envelope)
    assert.equal("wrong_key", code)
    assert.matches("no kid", message)
  end)

  it("makes a detached COSE_Mac0 with tag 17 and kid, the same each time, beside signatures (S-005)", function()
    local shared <const> = symmetric "mac-1"
    local envelope <const> = assert(suit.sign(create(), { keys = { shared, raw.signer, shared } }))
    local list <const> = blocks_of(envelope)
    assert.equal(2, #list)
    local made <const> = assert(cose.parse_mac(list[2]))
    assert.same({ "mac0", true, "mac-1", 5 }, { made.structure, made.tagged, made.recipients[1].kid, made.algorithm })
    assert.equal(list[2], blocks_of(suit.sign(create(), { key = shared }))[1])
    assert.equal("\xd1", list[2]:sub(1, 1))
    local payload <const> = cbor.decode(suit.decode(envelope).envelope:content(2))[1]
    assert.truthy(cose.verify_mac(list[2], { keys = { shared }, algorithms = { "HMAC-256" }, payload = payload }))
  end)
end)
