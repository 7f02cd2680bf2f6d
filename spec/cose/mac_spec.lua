local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local crypto = require "teep.crypto"
local cose_keys = require "fixtures.cose_keys"

local array, bstr, flip, int, map = bytes.array, bytes.bstr, bytes.flip, bytes.int, bytes.map
local new, recipient_of = cose_keys.new, cose_keys.recipient_of

local function code_of(_, _, code) return code end

describe("COSE MACs", function()
  for _, algorithm in ipairs{ "HMAC-256", "HMAC-384", "HMAC-512" } do
    describe("with " .. algorithm, function()
      local mine, given

      before_each(function()
        mine = new(algorithm)
        given = { keys = { mine }, algorithms = { algorithm } }
      end)

      it("refuse what was changed anywhere", function()
        local message <const> = assert(cose.mac0{ key = mine, payload = "payload" })
        for position = 1, #message do
          assert.is_nil(cose.verify_mac(flip(message, position, 1), given))
          if position < #message then
            assert.are.equal("truncated", code_of(cose.verify_mac(message:sub(1, position), given)))
          end
        end
      end)

      it("refuse a tag of another size", function()
        local message <const> = assert(cose.mac0{ key = mine, payload = "p" })
        local size <const> = assert(crypto.algorithms[algorithm]) and #crypto.hmac(algorithm, "k", "")
        local head, tag = message:sub(1, -size - 3), message:sub(-size)
        for _, wrong in ipairs{ "", tag:sub(1, 8), tag:sub(1, -2), tag .. "\0" } do
          assert.are.equal("bad_signature", code_of(cose.verify_mac(head .. bstr(wrong), given)))
        end
        assert.is_truthy(cose.verify_mac(head .. bstr(tag), given))
      end)

      it("refuse another algorithm, key, context and structure (D10)", function()
        local message <const> = assert(cose.mac0{ key = mine, payload = "p", external_aad = "a" })
        assert.are.equal("bad_signature", code_of(cose.verify_mac(message, given)))
        given.external_aad, given.algorithms = "a", { "A128GCM" }
        assert.are.equal("algorithm_not_allowed", code_of(cose.verify_mac(message, given)))
        given.algorithms, given.keys = { algorithm }, {}
        assert.are.equal("unknown_key", code_of(cose.verify_mac(message, given)))
        given.keys = { new(algorithm) }
        assert.are.equal("bad_signature", code_of(cose.verify_mac(message, given)))
        given.keys = { new(algorithm), mine }
        assert.are.equal(mine, assert(cose.verify_mac(message, given)).key)
        assert.are.equal("not_cose", code_of(cose.verify(message, { keys = {}, algorithms = {} })))
        assert.are.equal("not_cose", code_of(cose.decrypt(message, given)))
      end)

      it("refuse a payload that is missing, or there twice", function()
        local message <const> = assert(cose.mac0{ key = mine, payload = "p", detached = true })
        assert.are.equal("not_cose", code_of(cose.verify_mac(message, given)))
        given.payload = "p"
        assert.are.equal("p", assert(cose.verify_mac(message, given)).payload)
        assert.are.equal("not_cose", code_of(cose.verify_mac(cose.mac0{ key = mine, payload = "p" }, given)))
      end)

      it("go to recipients", function()
        for _, recipient in ipairs{ mine, new "A256KW", new "ECDH-ES+A128KW", new("ECDH-ES+HKDF-256", "P-256") } do
          local message <const> = assert(cose.mac{ recipients = { recipient_of(recipient) }, algorithm = algorithm,
            payload = "p", other = "o" })
          given.keys, given.other = { recipient }, "o"
          assert.are.equal("p", assert(cose.verify_mac(message, given)).payload)
          assert.are.equal("mac", cose.parse_mac(message).structure)
        end
      end)
    end)
  end

  it("are no signatures, and signatures are no MACs", function()
    local signer <const> = new "ESP256"
    local signed <const> = assert(cose.sign1{ key = signer, payload = "p", untagged = true })
    local given <const> = { keys = { new "HMAC-256", signer }, algorithms = { "HMAC-256", "ESP256" } }
    assert.are.equal("algorithm_not_allowed", code_of(cose.verify_mac(signed, given)))
    local mac <const> = assert(cose.mac0{ key = given.keys[1], payload = "p", untagged = true })
    assert.is_nil(cose.verify(mac, given))
  end)

  it("refuse an algorithm stated in the unprotected bucket alone (D10)", function()
    local mine <const> = new "HMAC-256"
    local message <const> = array(bstr "", map(int(1), int(5)), bstr "p", bstr(("t"):rep(32)))
    assert.are.equal("algorithm_not_allowed",
      code_of(cose.verify_mac(message, { keys = { mine }, algorithms = { "HMAC-256" } })))
  end)
end)
