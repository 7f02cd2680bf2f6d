local bytes = require "fixtures.bytes"
local crypto = require "teep.crypto"
local providers = require "fixtures.providers"

local hex, unhex, zeros = bytes.hex, bytes.unhex, bytes.zeros

local function code_of(_, _, code) return code end

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
  providers.each(function()
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
  end)
end)
