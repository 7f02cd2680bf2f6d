local bytes = require "fixtures.bytes"
local crypto = require "teep.crypto"
local providers = require "fixtures.providers"

local hex, unhex, zeros = bytes.hex, bytes.unhex, bytes.zeros

local function code_of(_, _, code) return code end

-- NIST "The Galois/Counter Mode of Operation", test cases 2, 8, 14 (all zeros), 4 (with additional data);
-- RFC 8439 section 2.8.2.
local sealed = {
  { algorithm = "A128GCM", key = zeros(16), nonce = zeros(12), plaintext = zeros(16),
    expected = "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf" },
  { algorithm = "A192GCM", key = zeros(24), nonce = zeros(12), plaintext = zeros(16),
    expected = "98e7247c07f0fe411c267e4384b0f6002ff58d80033927ab8ef4d4587514f0fb" },
  { algorithm = "A256GCM", key = zeros(32), nonce = zeros(12), plaintext = zeros(16),
    expected = "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919" },
  { algorithm = "A128GCM", key = unhex "feffe9928665731c6d6a8f9467308308", nonce = unhex "cafebabefacedbaddecaf888",
    aad = unhex "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    plaintext = unhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
      .. "49a6b525b16aedf5aa0de657ba637b39"),
    expected = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
      .. "1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47" },
  { algorithm = "ChaCha20/Poly1305", nonce = unhex "070000004041424344454647", aad = unhex "50515253c0c1c2c3c4c5c6c7",
    key = unhex "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
    plaintext = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      .. "sunscreen would be it.",
    expected = "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
      .. "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def"
      .. "08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691" },
}

describe("teep.crypto encryption", function()
  providers.each(function(_, name)
    describe("AEAD refuses", function()
      local function case(changes)
        local given = { algorithm = "A128GCM", key = zeros(16), nonce = zeros(12), plaintext = "p" }
        for field, value in pairs(changes) do given[field] = value end
        return given
      end

      it("a key one byte short or long", function()
        for _, algorithm in ipairs{ "A128GCM", "A192GCM", "A256GCM", "ChaCha20/Poly1305" } do
          local size = ({ A128GCM = 16, A192GCM = 24 })[algorithm] or 32
          for _, wrong in ipairs{ 0, size - 1, size + 1 } do
            assert.equal("bad_key", code_of(crypto.seal(case{ algorithm = algorithm, key = zeros(wrong) })))
          end
        end
      end)

      it("a nonce one byte short or long", function()
        for _, wrong in ipairs{ 0, 11, 13, 16 } do
          assert.equal("size_out_of_range", code_of(crypto.seal(case{ nonce = zeros(wrong) })))
        end
      end)

      it("algorithms of another kind", function()
        for _, algorithm in ipairs{ "A128CTR", "A128KW", "HMAC-256", "SHA-256", "ESP256" } do
          assert.equal("unsupported_algorithm", code_of(crypto.seal(case{ algorithm = algorithm })))
        end
        assert.has_error(function() crypto.seal(case{ algorithm = "A128CBC" }) end)
        assert.has_error(function() crypto.seal(case{ tag = "t" }) end)
      end)

      it("a ciphertext shorter than its tag, and takes an empty plaintext", function()
        for size = 0, 15 do
          assert.equal("size_out_of_range", code_of(crypto.open{ algorithm = "A128GCM", key = zeros(16),
            nonce = zeros(12), ciphertext = zeros(size) }))
        end
        local made = assert(crypto.seal(case{ plaintext = "" }))
        assert.equal(16, #made)
        assert.equal("", crypto.open{ algorithm = "A128GCM", key = zeros(16), nonce = zeros(12), ciphertext = made })
      end)

      it("every changed byte of ciphertext, tag, nonce, key and additional data", function()
        for _, given in ipairs(sealed) do
          local ciphertext = unhex(given.expected)
          local function open(changes)
            local asked = { algorithm = given.algorithm, key = given.key, nonce = given.nonce, aad = given.aad,
              ciphertext = ciphertext }
            for field, value in pairs(changes) do asked[field] = value end
            return crypto.open(asked)
          end
          for i = 1, #ciphertext do
            assert.equal("bad_signature", code_of(open{ ciphertext = bytes.flip(ciphertext, i, 1) }))
          end
          assert.equal("bad_signature", code_of(open{ key = bytes.flip(given.key, 1, 1) }))
          assert.equal("bad_signature", code_of(open{ nonce = bytes.flip(given.nonce, 12, 1) }))
          assert.equal("bad_signature", code_of(open{ aad = (given.aad or "") .. "\0" }))
          assert.equal("bad_signature", code_of(open{ ciphertext = ciphertext:sub(1, -2) }))
          assert.equal("bad_signature", code_of(open{ ciphertext = ciphertext .. "\0" }))
          assert.equal(given.plaintext, open{})
        end
      end)
    end)

    it("AEAD holds the known answers", function()
      for _, given in ipairs(sealed) do
        local asked = { algorithm = given.algorithm, key = given.key, nonce = given.nonce, aad = given.aad,
          plaintext = given.plaintext }
        assert.equal(given.expected, hex(crypto.seal(asked)))
      end
    end)

    it("AEAD takes 64 MiB and refuses one byte more", function()
      local most = zeros(64 << 20)
      local given = { algorithm = "A128GCM", key = zeros(16), nonce = zeros(12), plaintext = most }
      if name == "openssl" then assert.equal((64 << 20) + 16, #crypto.seal(given)) end
      given.plaintext = most .. "\0"
      assert.equal("too_large", code_of(crypto.seal(given)))
      given.plaintext, given.aad = "", most .. "\0"
      assert.equal("too_large", code_of(crypto.seal(given)))
      assert.equal("too_large", code_of(crypto.open{ algorithm = "A128GCM", key = zeros(16), nonce = zeros(12),
        ciphertext = most .. zeros(17) }))
    end)
  end)
end)
