local bytes = require "fixtures.bytes"
local crypto = require "teep.crypto"
local providers = require "fixtures.providers"

local hex, unhex = bytes.hex, bytes.unhex

local function code_of(_, _, code) return code end

local function zeros(size) return ("\0"):rep(size) end

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

-- NIST SP 800-38A sections F.5.1, F.5.3 and F.5.5.
local counter_block = unhex "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
local plain = unhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
  .. "f69f2445df4f9b17ad2b417be66c3710")
local streamed = {
  A128CTR = { key = "2b7e151628aed2a6abf7158809cf4f3c",
    expected = "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab"
      .. "1e031dda2fbe03d1792170a0f3009cee" },
  A192CTR = { key = "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
    expected = "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e941e36b26bd1ebc670d1bd1d665620abf7"
      .. "4f78a7f6d29809585a97daec58c6b050" },
  A256CTR = { key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    expected = "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988d"
      .. "dfc9c58db67aada613c2dd08457941a6" },
}

-- RFC 3394 sections 4.1, 4.2, 4.3, 4.6.
local kek = unhex "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
local secret = unhex "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"
local wrapped = {
  { "A128KW", 16, 16, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5" },
  { "A192KW", 24, 16, "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d" },
  { "A256KW", 32, 16, "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7" },
  { "A256KW", 32, 32, "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21" },
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

    describe("AES-CTR", function()
      it("refuses wrong sizes and other kinds", function()
        for _, size in ipairs{ 0, 15, 17, 32 } do
          assert.equal("bad_key", code_of(crypto.cipher{ algorithm = "A128CTR", key = zeros(size), iv = zeros(16) }))
        end
        for _, size in ipairs{ 0, 12, 15, 17 } do
          assert.equal("size_out_of_range",
            code_of(crypto.cipher{ algorithm = "A128CTR", key = zeros(16), iv = zeros(size) }))
        end
        for _, algorithm in ipairs{ "A128GCM", "A128KW", "SHA-256" } do
          assert.equal("unsupported_algorithm",
            code_of(crypto.cipher{ algorithm = algorithm, key = zeros(16), iv = zeros(16) }))
        end
      end)

      it("holds the known answers, in pieces of any size", function()
        for algorithm, case in pairs(streamed) do
          for step = 1, 65 do
            local cipher = crypto.cipher{ algorithm = algorithm, key = unhex(case.key), iv = counter_block }
            local pieces = {}
            for i = 1, #plain, step do pieces[#pieces + 1] = cipher:update(plain:sub(i, i + step - 1)) end
            assert.equal(case.expected, hex(table.concat(pieces)))
          end
        end
      end)

      it("decrypts by the same operation, and carries the counter over 128 bits", function()
        local function run(data)
          return crypto.cipher{ algorithm = "A128CTR", key = zeros(16), iv = ("\xff"):rep(16) }:update(data)
        end
        assert.equal(plain, run(run(plain)))
        -- The second block is that of a counter of zero.
        assert.equal("66e94bd4ef8a2c3b884cfa59ca342b2e", hex(run(zeros(32)):sub(17)))
      end)

      it("ends once", function()
        local cipher = crypto.cipher{ algorithm = "A128CTR", key = zeros(16), iv = zeros(16) }
        assert.equal("", cipher:update "")
        cipher:close()
        cipher:close()
        assert.has_error(function() cipher:update "x" end)
        for _ = 1, 100 do crypto.cipher{ algorithm = "A128CTR", key = zeros(16), iv = zeros(16) } end
        collectgarbage()
      end)
    end)

    describe("AES key wrap", function()
      it("refuses secrets and wrapped secrets of a wrong size", function()
        for _, size in ipairs{ 0, 8, 15, 17, 23, 136, 1024 } do
          assert.equal("size_out_of_range",
            code_of(crypto.wrap{ algorithm = "A128KW", key = zeros(16), secret = zeros(size) }))
        end
        for _, size in ipairs{ 0, 7, 8, 16, 23, 25, 144 } do
          assert.equal("size_out_of_range",
            code_of(crypto.unwrap{ algorithm = "A128KW", key = zeros(16), wrapped = zeros(size) }))
        end
        assert.equal(136, #crypto.wrap{ algorithm = "A128KW", key = zeros(16), secret = zeros(128) })
      end)

      it("refuses wrong keys and other kinds", function()
        for _, size in ipairs{ 0, 15, 17 } do
          assert.equal("bad_key", code_of(crypto.wrap{ algorithm = "A128KW", key = zeros(size), secret = zeros(16) }))
        end
        assert.equal("unsupported_algorithm",
          code_of(crypto.unwrap{ algorithm = "ECDH-ES+A128KW", key = zeros(16), wrapped = zeros(24) }))
      end)

      it("refuses every changed byte", function()
        for _, case in ipairs(wrapped) do
          local whole = unhex(case[4])
          for i = 1, #whole do
            assert.equal("bad_signature", code_of(crypto.unwrap{ algorithm = case[1], key = kek:sub(1, case[2]),
              wrapped = bytes.flip(whole, i, 0x80) }))
          end
        end
      end)

      it("holds the known answers of RFC 3394", function()
        for _, case in ipairs(wrapped) do
          local algorithm, key, plaintext = case[1], kek:sub(1, case[2]), secret:sub(1, case[3])
          assert.equal(case[4], hex(crypto.wrap{ algorithm = algorithm, key = key, secret = plaintext }))
          assert.equal(plaintext, crypto.unwrap{ algorithm = algorithm, key = key, wrapped = unhex(case[4]) })
        end
      end)
    end)

    describe("HKDF", function()
      it("refuses sizes out of range", function()
        assert.has_error(function() crypto.hkdf{ secret = "s", size = 0 } end)
        assert.has_error(function() crypto.hkdf{ secret = "s", size = 8161 } end)
        assert.equal("too_large", code_of(crypto.hkdf{ secret = "s", info = zeros(8161), size = 1 }))
        assert.equal(8160, #crypto.hkdf{ secret = "s", info = zeros(8160), size = 8160 })
      end)

      it("holds the known answers of RFC 5869 appendix A", function()
        assert.equal("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
          hex(crypto.hkdf{ secret = ("\x0b"):rep(22), salt = unhex "000102030405060708090a0b0c",
            info = unhex "f0f1f2f3f4f5f6f7f8f9", size = 42 }))
        assert.equal("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
          hex(crypto.hkdf{ secret = ("\x0b"):rep(22), size = 42 }))
      end)
    end)
  end)

  it("gives the same from every provider, for random input", function()
    finally(function() assert(crypto.set_order(providers.all)) end)
    for _ = 1, 50 do
      local size = crypto.random(1):byte()
      local data, aad, iv = crypto.random(size), crypto.random(size // 3), crypto.random(16)
      local results = {}
      for i, provider in ipairs(crypto.providers()) do results[i] = provider.name end
      for i, name in ipairs(results) do
        assert(crypto.set_order(name))
        local made = {}
        for _, algorithm in ipairs{ "A128GCM", "A256GCM", "ChaCha20/Poly1305" } do
          made[#made + 1] = crypto.seal{ algorithm = algorithm, nonce = iv:sub(1, 12), aad = aad, plaintext = data,
            key = kek:sub(1, algorithm == "A128GCM" and 16 or 32) }
        end
        made[#made + 1] = crypto.cipher{ algorithm = "A192CTR", key = kek:sub(1, 24), iv = iv }:update(data)
        made[#made + 1] = crypto.hkdf{ secret = data, salt = aad, info = iv, size = size + 1 }
        for _, algorithm in ipairs{ "HMAC-256", "HMAC-384", "HMAC-512" } do
          made[#made + 1] = crypto.hmac(algorithm, aad, data)
        end
        results[i] = table.concat(made)
        assert(crypto.set_order(providers.all))
      end
      for _, result in ipairs(results) do assert.equal(hex(results[1]), hex(result)) end
    end
  end)
end)
