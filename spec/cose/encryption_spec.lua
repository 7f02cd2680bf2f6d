local bytes = require "fixtures.bytes"
local cbor = require "teep.cbor"
local cose = require "teep.cose"
local crypto = require "teep.crypto"
local key = require "teep.key"
local cose_keys = require "fixtures.cose_keys"

local array, bstr, int, map = bytes.array, bytes.bstr, bytes.int, bytes.map
local named, new, public = cose_keys.named, cose_keys.new, cose_keys.public

local function code_of(_, _, code) return code end

describe("COSE encryption", function()
  it("throws for what is not asked for rightly", function()
    local gcm, kek = new "A128GCM", new "A128KW"
    assert.has_error(function() cose.encrypt0{ key = gcm } end)
    assert.has_error(function() cose.encrypt0{ key = "k", plaintext = "p" } end)
    assert.has_error(function() cose.encrypt0{ key = gcm, plaintext = "p", other = "o" } end)
    assert.has_error(function() cose.encrypt{ recipients = {}, algorithm = "A128GCM", plaintext = "p" } end)
    assert.has_error(function() cose.encrypt{ recipients = { "k" }, algorithm = "A128GCM", plaintext = "p" } end)
    assert.has_error(function() cose.encrypt{ recipients = { kek }, algorithm = "AES", plaintext = "p" } end)
    assert.has_error(function() cose.encrypt{ recipients = { kek }, plaintext = "p" } end)
    assert.has_error(function()
      cose.encrypt{ recipients = { kek }, algorithm = "A128GCM", plaintext = "p", party_u = { name = "x" } }
    end)
    local message <const> = assert(cose.encrypt0{ key = gcm, plaintext = "p" })
    assert.has_error(function() cose.decrypt(message, { keys = { gcm } }) end)
    assert.has_error(function() cose.decrypt(message, { keys = { "k" }, algorithms = { "A128GCM" } }) end)
    assert.has_error(function() cose.decrypt(nil, { keys = { gcm }, algorithms = { "A128GCM" } }) end)
    assert.has_error(function() cose.decryptor(message, { keys = {}, algorithms = {}, limit = -1 }) end)
    assert.has_error(function() cose.mac0{ key = gcm, payload = 1 } end)
  end)

  it("takes keys for what they serve", function()
    local function encrypt(recipient, algorithm)
      return code_of(cose.encrypt{ recipients = { recipient }, algorithm = algorithm, plaintext = "p" })
    end
    assert.are.equal("wrong_key", code_of(cose.encrypt0{ key = new "HMAC-256", plaintext = "p" }))
    assert.are.equal("wrong_key", code_of(cose.encrypt0{ key = new "ESP256", plaintext = "p" }))
    assert.are.equal("wrong_key", encrypt(new "ESP256", "A128GCM"))
    assert.are.equal("wrong_key", encrypt(new "A256GCM", "A128GCM"))
    assert.are.equal("wrong_key", encrypt(new "A128KW", "HMAC-256"))
    assert.are.equal("wrong_key", encrypt(new "A128KW", "SHA-256"))
    assert.are.equal("wrong_key", code_of(cose.mac0{ key = new "A128GCM", payload = "p" }))
    assert.are.equal("wrong_key", code_of(cose.mac{ recipients = { new "A128KW" }, algorithm = "A128GCM", payload = "p" }))
  end)

  it("protects no external_aad with AES-CTR", function()
    local ctr <const> = new "A128CTR"
    assert.are.equal("wrong_key", code_of(cose.encrypt0{ key = ctr, plaintext = "p", external_aad = "a" }))
    local message <const> = assert(cose.encrypt0{ key = ctr, plaintext = "p" })
    local given <const> = { keys = { ctr }, algorithms = { "A128CTR" }, external_aad = "a" }
    assert.are.equal("algorithm_not_allowed", code_of(cose.decrypt(message, given)))
    given.external_aad = ""
    assert.are.equal("p", assert(cose.decrypt(message, given)).plaintext)
  end)

  it("takes 8 recipients, no more", function()
    local keys <const> = {}
    for i = 1, 8 do keys[i] = named("A128KW", "kid " .. i, ("k"):rep(15) .. i) end
    local message <const> = assert(cose.encrypt{ recipients = keys, algorithm = "A128GCM", plaintext = "p" })
    for i = 1, 8 do
      local opened <const> = assert(cose.decrypt(message, { keys = { keys[i] }, algorithms = { "A128GCM" } }))
      assert.are.equal("p", opened.plaintext)
      assert.are.equal("kid " .. i, opened.kid)
      assert.are.equal(keys[i], opened.key)
    end
    keys[9] = keys[1]
    assert.has_error(function() cose.encrypt{ recipients = keys, algorithm = "A128GCM", plaintext = "p" } end)
  end)

  it("makes an ephemeral key for each recipient of each message", function()
    local device, seen, count = public(new("ECDH-ES+A128KW", "P-256")), {}, 0
    for _ = 1, 3 do
      local message <const> = assert(cose.encrypt{ recipients = { device, device, device }, algorithm = "A128GCM",
        plaintext = "p" })
      for _, recipient in ipairs(cbor.decode(message).value[4]) do
        local x <const> = recipient[2]:get(-1):get(-2)
        assert.is_nil(seen[x])
        seen[x], count = true, count + 1
      end
    end
    assert.are.equal(9, count)
  end)

  it("puts nothing beside a direct recipient", function()
    local gcm, kek, direct = new "A128GCM", new "A128KW", new "ECDH-ES+HKDF-256"
    for _, recipients in ipairs{ { gcm, kek }, { kek, gcm }, { direct, kek }, { kek, direct }, { direct, direct } } do
      assert.are.equal("size_out_of_range",
        code_of(cose.encrypt{ recipients = recipients, algorithm = "A128GCM", plaintext = "p" }))
    end
  end)

  it("tries 16 keys, no more", function()
    local mine <const> = new "A128KW"
    local message <const> = assert(cose.encrypt{ recipients = { mine }, algorithm = "A128GCM", plaintext = "p" })
    local keys <const> = {}
    for i = 1, 15 do keys[i] = new "A128KW" end
    local given <const> = { keys = keys, algorithms = { "A128GCM" } }
    assert.are.equal("bad_signature", code_of(cose.decrypt(message, given)))
    keys[16] = mine
    assert.are.equal(mine, assert(cose.decrypt(message, given)).key)
    table.insert(keys, 1, new "A128KW")
    assert.are.equal("limit_reached", code_of(cose.decrypt(message, given)))
  end)

  it("goes on to the recipient that a key does fit", function()
    local mine, theirs = new "A128KW", new "A128KW"
    local message <const> = assert(cose.encrypt{ recipients = { theirs, mine }, algorithm = "A128GCM", plaintext = "p" })
    assert.are.equal("p", assert(cose.decrypt(message, { keys = { mine }, algorithms = { "A128GCM" } })).plaintext)
    assert.are.equal("p", assert(cose.decrypt(message, { keys = { theirs }, algorithms = { "A128GCM" } })).plaintext)
  end)

  it("looks for the key that a kid names", function()
    local secret <const> = ("k"):rep(16)
    local message <const> = assert(cose.encrypt{ recipients = { named("A128KW", "mine", secret) }, algorithm = "A128GCM",
      plaintext = "p" })
    local function decrypt(with) return cose.decrypt(message, { keys = { with }, algorithms = { "A128GCM" } }) end
    local opened, text, code = decrypt(named("A128KW", "other", secret))
    assert.is_nil(opened)
    assert.are.equal("unknown_key", code)
    assert.is_truthy(text:find(bytes.hex "mine", 1, true))
    assert.are.equal("mine", assert(decrypt(named("A128KW", "mine", secret))).kid)
    local nameless <const> = assert(key.load(map(int(1), int(4), int(3), int(-3), int(-1), bstr(secret))))
    assert.is_nil(assert(decrypt(nameless)).kid)
  end)

  it("refuses ephemeral keys that do not fit", function()
    local mine <const> = new("ECDH-ES+A128KW", "P-256")
    local function point(kty, crv, size, more)
      local other <const> = { int(1), int(kty), int(-1), int(crv), int(-2), bstr(("\5"):rep(size)) }
      if kty == 2 then table.move({ int(-3), bstr(("\6"):rep(size)) }, 1, 2, #other + 1, other) end
      return map(table.unpack(table.move(more or {}, 1, #(more or {}), #other + 1, other)))
    end
    local function decrypt(header)
      return code_of(cose.decrypt(array(bstr(map(int(1), int(1))), map(int(5), bstr(("i"):rep(12))), bstr(("c"):rep(20)),
        array(array(bstr(map(int(1), int(-29))), header, bstr(("w"):rep(24))))), { keys = { mine }, algorithms = { "A128GCM" } }))
    end
    assert.are.equal("bad_key", decrypt(map()))
    assert.are.equal("bad_key", decrypt(map(int(-1), map())))
    assert.are.equal("bad_key", decrypt(map(int(-1), point(2, 1, 32)))) -- off the curve
    assert.are.equal("bad_key", decrypt(map(int(-1), point(2, 2, 48)))) -- of another curve
    assert.are.equal("bad_key", decrypt(map(int(-1), point(1, 4, 32))))
    assert.are.equal("wrong_key", decrypt(map(int(-1), point(2, 1, 32, { int(3), int(-31) }))))
    assert.are.equal("unsupported_algorithm", decrypt(map(int(-1), point(2, 1, 32, { int(3), int(-99) }))))
    local fresh <const> = new("ECDH-ES+A128KW", "P-256")
    assert.are.equal("bad_key", decrypt(map(int(-1), (assert(fresh:private()))))) -- shown to everybody
    assert.are.equal("bad_signature", decrypt(map(int(-1), (assert(fresh:public())))))
  end)

  it("tries the other recipients after one whose ephemeral key is of no algorithm of ours", function()
    local mine <const> = new("ECDH-ES+A128KW", "P-256")
    local message <const> = assert(cose.encrypt{ recipients = { mine, mine }, algorithm = "A128GCM", plaintext = "p" })
    local function decrypt(changed)
      local bad <const> = message:gsub("\xa4\1\2\x20\1", "\xa5\1\2\3\x38\x62\x20\1", changed)
      return cose.decrypt(bad, { keys = { mine }, algorithms = { "A128GCM" } })
    end
    assert.are.equal("unsupported_algorithm", code_of(decrypt(2)))
    assert.are.equal("p", assert(decrypt(1)).plaintext)
  end)

  it("completes a Partial IV of 1 byte to the whole (RFC 9052 section 3.1)", function()
    local mine, base = new "A128GCM", ("i"):rep(12)
    local secret <const> = assert(mine:private()):sub(-16)
    local aad <const> = array(bytes.text "Encrypt0", bstr(map(int(1), int(1))), bstr "")
    local function decrypt(partial, iv)
      local box <const> = assert(crypto.seal{ algorithm = "A128GCM", key = secret, nonce = iv, aad = aad, plaintext = "p" })
      return cose.decrypt(array(bstr(map(int(1), int(1))), map(int(6), bstr(partial)), bstr(box)),
        { keys = { mine }, algorithms = { "A128GCM" }, iv = base })
    end
    assert.are.equal("bad_header", code_of(decrypt("", base)))
    assert.are.equal("bad_header", code_of(decrypt(("\0"):rep(13), base)))
    assert.are.equal("bad_signature", code_of(decrypt("\1", base)))
    assert.are.equal("p", assert(decrypt("\1", base:sub(1, 11) .. "h")).plaintext)
    assert.are.equal("p", assert(decrypt(("\1"):rep(12), ("h"):rep(12))).plaintext)
  end)

  it("leaves tag and kid out when asked", function()
    local mine <const> = named("A128KW", "mine", ("k"):rep(16))
    local message <const>, ciphertext <const> = cose.encrypt{ recipients = { mine }, algorithm = "A128GCM",
      plaintext = "p", untagged = true, no_kid = true, detached = true }
    assert.are.equal(17, #ciphertext)
    assert.are.same({ structure = "encrypt", tagged = false, detached = true, algorithm = 1,
      recipients = { { algorithm = -3 } } }, cose.parse_encrypted(message))
  end)

  it("demands and forbids tags", function()
    local gcm, hmac = new "A128GCM", new "HMAC-256"
    for untagged, wrong in pairs{ [true] = true, [false] = false } do
      local function given(of, algorithm, tagged) return { keys = { of }, algorithms = { algorithm }, tagged = tagged } end
      local message <const> = assert(cose.encrypt0{ key = gcm, plaintext = "p", untagged = untagged })
      assert.are.equal("not_cose", code_of(cose.decrypt(message, given(gcm, "A128GCM", wrong))))
      assert.is_truthy(cose.decrypt(message, given(gcm, "A128GCM", not wrong)))
      local mac <const> = assert(cose.mac0{ key = hmac, payload = "p", untagged = untagged })
      assert.are.equal("not_cose", code_of(cose.verify_mac(mac, given(hmac, "HMAC-256", wrong))))
      assert.is_truthy(cose.verify_mac(mac, given(hmac, "HMAC-256", not wrong)))
    end
  end)

  it("says what the function of an external key says", function()
    local inner <const> = new "ECDH-ES+A128KW"
    local message <const> = assert(cose.encrypt{ recipients = { public(inner) }, algorithm = "A128GCM", plaintext = "p" })
    local broken = false
    local outer <const> = assert(key.external{ public = inner:public(), agree = function(peer)
      if broken then error "the token is gone" end
      return assert(inner:agree(assert(key.load(peer, { algorithm = "ECDH-ES+A128KW" }))))
    end })
    local given <const> = { keys = { new "A128KW", outer }, algorithms = { "A128GCM" } }
    assert.are.equal("p", assert(cose.decrypt(message, given)).plaintext)
    broken = true
    local opened, text, code = cose.decrypt(message, given)
    assert.is_nil(opened)
    assert.are.equal("crypto_failed", code)
    assert.is_truthy(text:find("the token is gone", 1, true))
    given.keys = { public(inner) }
    assert.are.equal("no_private_key", code_of(cose.decrypt(message, given)))
  end)
end)
