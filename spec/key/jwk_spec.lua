local key = require "teep.key"

local function code_of(_, _, code) return code end

-- RFC 7517 appendix A.1, the first key; RFC 7515 appendix A.1, the HMAC key.
local ec_jwk = [[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
 "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}]]
local oct = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

describe("teep.key formats", function()
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

  it("reads the keys of RFC 7517 and RFC 7515", function()
    local recipient = assert(key.load(ec_jwk))
    assert.equal("ECDH-ES+A128KW", recipient:algorithm())
    assert.equal("key 31", tostring(recipient))
    local secret = assert(key.load('{"kty":"oct","alg":"HS512","k":"' .. oct .. '"}'))
    assert.equal("HMAC-512", secret:algorithm())
    assert.equal('{"kty":"oct","alg":"HS512","k":"' .. oct .. '"}',
      key.export(secret, { format = "jwk", private = true }))
  end)
end)
