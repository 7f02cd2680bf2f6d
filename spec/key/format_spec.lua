local bytes = require "fixtures.bytes"
local base64 = require "teep.key.base64"
local crypto = require "teep.crypto"
local key = require "teep.key"
local providers = require "fixtures.providers"

local hex, unhex = bytes.hex, bytes.unhex

local function code_of(_, _, code) return code end

-- RFC 8410 section 10: an Ed25519 key pair.
local ed25519_public = [[
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
]]
local ed25519_private = [[
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
]]

local ed25519_with_attributes = [[
-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
]]

-- RFC 7517 appendix A.1, the first key; RFC 7515 appendix A.1, the HMAC key.
local ec_jwk = [[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
 "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}]]
local oct = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

-- SubjectPublicKeyInfo of the P-256 key of RFC 6979 appendix A.2.5, and its private part.
local x = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
local y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
local d = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
local p256 = "301306072a8648ce3d020106082a8648ce3d030107"
local spki = "3059" .. p256 .. "03420004" .. x .. y
local sec1 = "30770201010420" .. d .. "a00a06082a8648ce3d030107a14403420004" .. x .. y
local inside = p256 .. "046d306b0201010420" .. d .. "a14403420004" .. x .. y
local pkcs8, pkcs8_beside = "308187020100" .. inside, "3081cb020101" .. inside .. "81420004" .. x .. y

describe("teep.key formats", function()
  describe("DER refuses", function()
    for name, form in pairs{ SubjectPublicKeyInfo = spki, ["SEC 1"] = sec1, ["PKCS #8"] = pkcs8,
      ["PKCS #8 version 1"] = pkcs8_beside } do
      it("every prefix and every extension of " .. name, function()
        local whole = unhex(form)
        assert.is_truthy(key.load(whole))
        for i = 1, #whole - 1 do assert.equal("bad_key", code_of(key.load(whole:sub(1, i)))) end
        assert.equal("bad_key", code_of(key.load(whole .. "\0")))
      end)

      it("changes to the bytes of " .. name, function()
        local whole = unhex(form)
        for i = 2, #whole do
          for _, mask in ipairs{ 0x01, 0x80, 0xff } do
            local loaded = key.load(bytes.flip(whole, i, mask))
            assert.is_nil(loaded, ("byte %d, mask %02x"):format(i, mask))
          end
        end
      end)
    end

    local function refuses(what, input)
      it(what, function() assert.equal("bad_key", code_of(key.load(unhex(input)))) end)
    end

    refuses("a compressed point", "3039" .. p256 .. "03220002" .. x)
    refuses("a length that is not the shortest", "308159" .. p256 .. "03420004" .. x .. y)
    refuses("an indefinite length", "3080" .. p256 .. "03420004" .. x .. y .. "0000")
    refuses("a length of 2^32 - 1", "3084ffffffff" .. p256)
    refuses("a curve that is not ours (secp256k1)",
      "3056301006072a8648ce3d020106052b8104000a03420004" .. x .. y)
    refuses("an RSA key", "301b300d06092a864886f70d0101010500030a003007020203e9020103")
    refuses("two names of different curves", "306c0201010420" .. d .. "a00706052b81040022a14403420004" .. x .. y)
    refuses("a SEC 1 key without a curve", "30250201010420" .. d)
    refuses("a private part of zero", "30310201010420" .. ("00"):rep(32) .. "a00a06082a8648ce3d030107")
    refuses("a point of PKCS #8 that has its version 0", "3081cb020100" .. inside .. "81420004" .. x .. y)
    refuses("no point in PKCS #8 of version 1", "308187020101" .. inside)
    refuses("a point beside the private part that is not its own",
      "308185020101" .. p256 .. "042730250201010420" .. d .. "81420004" .. x .. y:gsub("..$", "28"))
    refuses("unused bits in a bit string", "3059" .. p256 .. "03420104" .. x .. y)
  end)

  describe("PEM refuses", function()
    local private = key.export(key.load(unhex(pkcs8)), { format = "pem", private = true })
    local public = key.export(key.load(unhex(pkcs8)), { format = "pem" })

    local function refuses(what, input)
      it(what, function() assert.equal("bad_key", code_of(key.load(input))) end)
    end

    refuses("a block without end", (public:gsub("%-%-%-%-%-END.*", "")))
    refuses("two blocks", public .. public)
    refuses("labels that differ", (public:gsub("END PUBLIC", "END PRIVATE")))
    refuses("a public label on a private key", (private:gsub("PRIVATE", "PUBLIC")))
    refuses("a private label on a public key", (public:gsub("PUBLIC", "PRIVATE")))
    refuses("an encrypted key", (private:gsub("PRIVATE", "ENCRYPTED PRIVATE")))
    refuses("a certificate", (public:gsub("PUBLIC KEY", "CERTIFICATE")))
    refuses("malformed base64", (public:gsub("MFkw", "M*kw")))
    refuses("missing padding", (public:gsub("=\n", "\n")))
    refuses("text after the block", public .. "more")

    it("nothing in lines that end in CR LF", function()
      assert.equal(key.load(public):public(), key.load((public:gsub("\n", "\r\n"))):public())
      assert.is_truthy(public:find("=\n", 1, true) and public:find("MFkw", 1, true))
    end)
  end)

  describe("JWK refuses", function()
    local function refuses(code, what, input)
      it(what, function() assert.equal(code, code_of(key.load(input))) end)
    end
    local point = ',"x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",'
      .. '"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}'
    local function jwk_of(more) return '{"kty":"EC","crv":"P-256"' .. point:sub(1, -2) .. more .. "}" end

    for _, malformed in ipairs{ "{", jwk_of "" .. "x", jwk_of "" .. "\0", jwk_of "" .. "\0x", jwk_of "" .. jwk_of "",
      jwk_of ',"other":NaN', jwk_of ',"other":0x10', jwk_of ',"other":' .. ("["):rep(2000) .. ("]"):rep(2000) } do
      refuses("bad_key", "malformed JSON: " .. #malformed .. " bytes", malformed)
    end
    refuses("bad_key", "the second of two members with one name, where that is none", jwk_of ',"x":"AAAA"')
    refuses("bad_key", "an RSA key", '{"kty":"RSA","n":"AQAB","e":"AQAB"}')
    refuses("bad_key", "a key without type", '{"crv":"P-256"' .. point)
    refuses("bad_key", "a curve that is not ours", '{"kty":"EC","crv":"secp256k1"' .. point)
    refuses("bad_key", "a curve of another type", '{"kty":"EC","crv":"Ed25519"' .. point)
    refuses("bad_key", "a number in place of a coordinate", '{"kty":"EC","crv":"P-256","x":1,"y":2}')
    refuses("bad_key", "a null private part", '{"kty":"EC","crv":"P-256","d":null' .. point)
    refuses("bad_key", "padded base64url", '{"kty":"oct","alg":"HS256","k":"' .. oct .. '=="}')
    refuses("bad_key", "a kid that is no string", '{"kty":"EC","crv":"P-256","kid":1' .. point)
    refuses("bad_key", "a secret without alg", '{"kty":"oct","k":"' .. oct .. '"}')
    refuses("bad_key", "a secret of a wrong size", '{"kty":"oct","alg":"A128KW","k":"' .. oct .. '"}')
    refuses("unsupported_algorithm", "an alg that is not ours", '{"kty":"EC","crv":"P-256","alg":"none"' .. point)
    refuses("wrong_key", "key_ops that allow nothing",
      '{"kty":"EC","crv":"P-256","alg":"ES256","key_ops":["encrypt"]' .. point)
    refuses("wrong_key", "a use that is not ours", '{"kty":"EC","crv":"P-256","use":"other"' .. point)
    refuses("wrong_key", "a null use", '{"kty":"EC","crv":"P-256","use":null' .. point)
    refuses("bad_key", "key_ops that are no array", '{"kty":"EC","crv":"P-256","key_ops":"verify"' .. point)
    refuses("wrong_key", "key_ops that are no UTF-8", '{"kty":"EC","crv":"P-256","key_ops":["\xff"]' .. point)

    it("names in its messages what was wrong, on one short line and without addresses (D24)", function()
      for value, text in pairs{ ['"a\\nb"'] = "a?b", ["{}"] = "table", ["null"] = "userdata",
        ['"' .. ("x"):rep(40) .. '"'] = ("x"):rep(32) } do
        for _, input in ipairs{ '{"kty":' .. value .. "}", '{"kty":"EC","crv":' .. value .. point,
          '{"kty":"EC","crv":"P-256","alg":' .. value .. point } do
          local _, message = key.load(input)
          assert.equal(text, message:match " ([^ ]+)$")
        end
      end
    end)

    it("nothing in unknown members, nor in the first of two with one name (RFC 7517 section 4)", function()
      assert.is_truthy(key.load(jwk_of ',"other":{"a":[1,null]},"x5c":["x"],"":1'))
      assert.is_truthy(key.load((jwk_of "":gsub("{", '{"kty":"oct","x":"AAAA","k":"AAAA",'))))
    end)

    it("an algorithm other than its alg", function()
      local input = '{"kty":"EC","crv":"P-256","alg":"ES256"' .. point
      assert.equal("wrong_key", code_of(key.load(input, { algorithm = "ECDH-ES+A128KW" })))
      assert.equal("ES256", key.load(input, { algorithm = "ES256" }):algorithm())
      assert.equal("ESP256", key.load(input):algorithm())
    end)
  end)

  it("refuses more than 64 KiB", function()
    assert.equal("too_large", code_of(key.load((" "):rep(65537))))
    assert.equal("bad_key", code_of(key.load("{" .. (" "):rep(65535))))
  end)

  it("throws for unknown options and formats", function()
    assert.has_error(function() key.load(unhex(spki), { format = "der" }) end)
    assert.has_error(function() key.export(key.load(unhex(spki)), { format = "p12" }) end)
    assert.has_error(function() key.load(1) end)
  end)

  it("reads all DER forms as one key", function()
    local beside_alone = "308185020101" .. p256 .. "042730250201010420" .. d .. "81420004" .. x .. y
    local thumbprint = key.load(unhex(spki)):thumbprint()
    for _, form in ipairs{ sec1, pkcs8, pkcs8_beside, beside_alone } do
      local loaded = assert(key.load(unhex(form)))
      assert.equal(hex(thumbprint), hex(loaded:thumbprint()))
      assert.equal(pkcs8, hex(key.export(loaded, { format = "der", private = true })))
      assert.equal(spki, hex(key.export(loaded, { format = "der" })))
    end
  end)

  it("derives the public part of a SEC 1 key that lacks it", function()
    local loaded = assert(key.load(unhex("30310201010420" .. d .. "a00a06082a8648ce3d030107")))
    assert.equal(spki, hex(key.export(loaded, { format = "der" })))
  end)

  it("reads the keys of RFC 8410", function()
    local lacking = providers.lack "Ed25519"
    if lacking then return pending(lacking) end
    local private = assert(key.load(ed25519_private))
    assert.equal(ed25519_public, key.export(private, { format = "pem" }))
    assert.equal(ed25519_private, key.export(private, { format = "pem", private = true }))
    assert.equal("Ed25519", key.load(ed25519_public):algorithm())
    assert.equal(private:private(), assert(key.load(ed25519_with_attributes)):private())
    assert.equal("bad_key", code_of(key.load((ed25519_with_attributes:gsub("Z9w7", "Z9w8")))))
  end)

  it("reads the keys of RFC 7517 and RFC 7515", function()
    local recipient = assert(key.load(ec_jwk))
    assert.equal("ECDH-ES+A128KW", recipient:algorithm())
    assert.equal("key 31", tostring(recipient))
    local secret = assert(key.load('{"kty":"oct","alg":"HS512","k":"' .. oct .. '"}'))
    assert.equal("HMAC-512", secret:algorithm())
    assert.equal('{"kty":"oct","alg":"HS512","k":"' .. oct .. '"}',
      key.export(secret, { format = "jwk", private = true }))
  end)

  it("takes the algorithm of the caller where a format holds none", function()
    local recipient = assert(key.load(unhex(pkcs8), { algorithm = "ECDH-ES+A256KW" }))
    assert.equal("ECDH-ES+A256KW", recipient:algorithm())
    assert.is_true(recipient:can_agree())
    assert.is_false(recipient:can_sign())
    assert.equal("bad_key", code_of(key.load(unhex(pkcs8), { algorithm = "Ed25519" })))
    assert.equal("bad_key", code_of(key.load(unhex(pkcs8), { algorithm = "ESP384" })))
  end)

  it("keeps secrets out of public forms", function()
    local secret = assert(key.generate{ algorithm = "A128KW" })
    for _, format in ipairs{ "cose", "jwk", "pem", "der" } do
      assert.equal("wrong_key", code_of(key.export(secret, { format = format })))
    end
    assert.equal("wrong_key", code_of(key.export(secret, { format = "pem", private = true })))
    local public = assert(key.load(unhex(spki)))
    for _, format in ipairs{ "cose", "jwk", "pem", "der" } do
      assert.equal("no_private_key", code_of(key.export(public, { format = format, private = true })))
      assert.is_nil(key.export(key.load(unhex(pkcs8)), { format = format }):find(unhex(d), 1, true))
    end
  end)

  providers.each(function(has)
    for _, given in ipairs{ { "ESP256" }, { "ES384" }, { "ESP512" }, { "Ed25519" }, { "ECDH-ES+A128KW", "P-384" },
      { "ECDH-ES+HKDF-256", "X25519" } } do
      it("writes and reads " .. table.concat(given, " on "), function()
        if not has(given[1]) then return end
        local made = assert(key.generate{ algorithm = given[1], curve = given[2] })
        for _, format in ipairs{ "cose", "pem", "der", "jwk" } do
          for _, private in ipairs{ true, false } do
            local text = key.export(made, { format = format, private = private })
            if given[1] ~= "ECDH-ES+HKDF-256" or format ~= "jwk" then -- JOSE has no such name
              local again = assert(key.load(assert(text), { algorithm = given[1] }))
              local method = private and "private" or "public"
              assert.equal(made[method](made), again[method](again))
              assert.equal(private, again:can_sign() or again:can_agree())
            end
          end
        end
      end)
    end
  end)

  it("base64 is strict", function()
    assert.equal("", base64.decode "")
    for _, text in ipairs{ "A", "AA", "AA=", "AAA", "AB==", "AAB=", "A===", "====", "AA-_", "A A=" } do
      assert.is_nil(base64.decode(text))
    end
    for _, text in ipairs{ "A", "AB", "AAB", "AA==", "AA+/" } do assert.is_nil(base64.decode_url(text)) end
    for size = 0, 40 do
      local data = crypto.random(size)
      assert.equal(data, base64.decode(base64.encode(data)))
      assert.equal(data, base64.decode_url(base64.encode_url(data)))
    end
    assert.equal("Zm9vYg==", base64.encode "foob") -- RFC 4648 section 10
  end)
end)
