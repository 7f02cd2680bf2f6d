local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local encryption <const> = require "fixtures.suit_encryption"
local key <const> = require "teep.key"
local protection <const> = require "teep.suit.report.protection"
local providers <const> = require "fixtures.providers"
local report <const> = require "teep.suit.report"
local suit <const> = require "teep.suit"
local wire <const> = require "teep.wire"

local OTHER <const> = "SUIT Report Encryption"

local function public(private) return assert(key.load(private:public())) end

describe("protected SUIT Reports", function()
  local bytes, reporter, stranger, tam, shared, content_key

  lazy_setup(function()
    bytes = assert(suit.report({
      ok = true, records = {}, reference = { uri = "u", digest = { algorithm = "SHA-256", bytes = ("d"):rep(32) } },
    }, { nonce = "token" }))
    reporter, stranger = key.generate{ algorithm = "ESP256" }, key.generate{ algorithm = "ESP256" }
    tam = key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" }
    shared = encryption.symmetric("HMAC-256", ("m"):rep(32), "mac")
    content_key = encryption.symmetric("A128GCM", ("c"):rep(16), "content")
  end)

  local function open(message, changes)
    local given <const> = { keys = { public(reporter), shared }, decryption_keys = { tam, content_key } }
    for name, value in pairs(changes or {}) do given[name] = value end
    return suit.open_report(message, given)
  end

  local function refused(code, message, changes)
    local found <const>, why <const>, reason <const> = open(message, changes)
    assert.is_nil(found)
    assert.equal(code, reason, why)
  end

  local function encrypt0(plaintext, options)
    return (assert(cose.encrypt0{ key = content_key, plaintext = plaintext, detached = options and options.detached,
      untagged = options and options.untagged }))
  end

  local function encrypt(plaintext, algorithm, untagged)
    return assert(cose.encrypt{ recipients = { public(tam) }, algorithm = algorithm or "A128GCM", plaintext = plaintext,
      other = OTHER, untagged = untagged })
  end

  local function sign(payload, options)
    return assert(cose.sign1{ key = options and options.key or reporter, payload = payload,
      untagged = options and options.untagged, detached = options and options.detached })
  end

  local function mac(payload, untagged) return assert(cose.mac0{ key = shared, payload = payload, untagged = untagged }) end

  it("are refused when they are no report", function()
    for _, message in ipairs{ "", "\x01", "\x80", "\xC1\x00", "\x83\x01\x02\x03", cbor.encode(cbor.tag(61, cbor.map{})) } do
      assert.is_nil((open(message)))
      assert.is_nil((protection.shape(message)))
    end
  end)

  it("are refused beyond 256 KiB", function()
    local size <const> = report.limits.bytes
    assert.equal("too_large", select(3, open(("\xA0"):rep(size + 1))))
    assert.equal("too_large", select(3, protection.shape(("\xA0"):rep(size + 1))))
    assert.not_equal("too_large", select(3, open(("\xA0"):rep(size))))
  end)

  it("are refused by another key, algorithm or signature", function()
    refused("unknown_key", sign(bytes, { key = stranger }))
    refused("algorithm_not_allowed", sign(bytes), { algorithms = { "Ed25519" } })
    local signed <const> = sign(bytes)
    refused("bad_signature", signed:sub(1, -2) .. string.char(signed:byte(-1) ~ 1))
    local maced <const> = mac(bytes)
    refused("bad_signature", maced:sub(1, -2) .. string.char(maced:byte(-1) ~ 1))
    refused("unknown_key", maced, { keys = { public(reporter) } })
    refused("unknown_key", encrypt(bytes), { decryption_keys = {} })
  end)

  it("are refused with a detached payload or ciphertext (T-113)", function()
    refused("not_cose", sign(bytes, { detached = true }))
    refused("not_cose", encrypt0(bytes, { detached = true }))
    refused("not_cose", sign(encrypt0(bytes, { detached = true })))
  end)

  it("are refused when they are not the sole content of their container (S-120)", function()
    refused("not_cose", sign(sign(bytes)))
    refused("not_cose", sign(mac(bytes)))
    refused("not_cose", encrypt(sign(bytes)))
    refused("not_cose", sign(encrypt(encrypt(bytes))))
    refused("trailing_bytes", sign(bytes .. "\0"))
  end)

  it("are refused as COSE_Sign", function()
    local signed <const> = assert(cose.sign{ keys = { reporter }, payload = bytes })
    refused("not_cose", signed)
    assert.is_nil((protection.shape(signed)))
  end)

  it("are refused without integrity: AES-CTR and nothing outside", function()
    refused("algorithm_not_allowed", encrypt(bytes, "A128CTR"))
    assert.is_truthy(open(sign(encrypt(bytes, "A128CTR"))))
    assert.is_truthy(open(mac(encrypt(bytes, "A128CTR"))))
  end)

  it("are refused when encrypted for another purpose (T-114)", function()
    refused("bad_signature", assert(cose.encrypt{ recipients = { public(tam) }, algorithm = "A128GCM", plaintext = bytes,
      other = "EAT Encryption" }))
  end)

  it("are told apart by type, tag and length, with and without tags (A-15, P-22, T-115)", function()
    for _, untagged in ipairs{ false, true } do
      for name, message in pairs{
        ["nil nil"] = bytes,
        ["ESP256 nil"] = sign(bytes, { untagged = untagged }),
        ["HMAC-256 nil"] = mac(bytes, untagged),
        ["nil A128GCM"] = encrypt(bytes, nil, untagged),
        ["ESP256 A128GCM"] = sign(encrypt(bytes, nil, untagged), { untagged = untagged }),
        ["HMAC-256 A128GCM"] = mac(encrypt0(bytes, { untagged = untagged }), untagged),
      } do
        local found <const> = assert(open(message))
        local how <const> = found.protection or {}
        assert.equal(name, ("%s %s"):format(how.algorithm, how.encrypted))
        assert.same({ true, "token", "u" }, { found.ok, found.nonce, found.reference.uri })
      end
      assert.equal("A128GCM", assert(open(encrypt0(bytes, { untagged = untagged }))).protection.encrypted)
    end
  end)

  it("are made for each profile of the TEEP draft, and covered by it alone (T-115, S-130)", function()
    local profiles <const> = wire.open("v26").suit_cose_profiles
    local names <const> = require("teep.crypto").algorithms
    for i, profile in ipairs(profiles) do
      local algorithm <const> = names[profile.authentication]
      if not providers.lack(algorithm) then
        local signer <const> = assert(key.generate{ algorithm = algorithm })
        local made <const> = assert(suit.protect_report(bytes, {
          key = signer, recipients = { public(tam) }, algorithm = names[profile.encryption],
        }))
        local found <const> = assert(open(made, { keys = { public(signer) } }))
        assert.same({ algorithm, names[profile.encryption] }, { found.protection.algorithm, found.protection.encrypted })
        for j, other in ipairs(profiles) do assert.equal(i == j, protection.covered(made, { other })) end
        assert.is_true(protection.covered(made, profiles))
      end
    end
  end)

  it("are covered as far as they are protected: plain ones always, signed ones by the signature alone", function()
    local profiles <const> = wire.open("v26").suit_cose_profiles
    assert.is_true(protection.covered(bytes, {}))
    assert.is_true(protection.covered(sign(bytes), { profiles[1] }))
    assert.is_false(protection.covered(sign(bytes), { profiles[2] }))
    assert.is_false(protection.covered(mac(bytes), profiles))
    assert.is_false(protection.covered(sign(encrypt(bytes, "A256GCM")), profiles))
    assert.is_false(protection.covered("\x01", profiles))
    local by_kek <const> = assert(cose.encrypt{ recipients = { encryption.kek }, algorithm = "A128GCM", plaintext = bytes,
      other = OTHER })
    assert.is_false(protection.covered(sign(by_kek), profiles))
  end)

  it("throw for unknown options", function()
    assert.has_error(function() suit.protect_report(bytes, { key = reporter, sign = true }) end)
    assert.has_error(function() suit.open_report(bytes, { trust = {} }) end)
  end)

  it("are not made with a key that neither signs nor makes a MAC, nor for one that is no recipient's", function()
    assert.equal("wrong_key", select(3, suit.protect_report(bytes, { key = tam })))
    assert.equal("wrong_key", select(3, suit.protect_report(bytes, { key = reporter, recipients = { public(stranger) } })))
  end)
end)
