local bytes = require "fixtures.bytes"
local crypto = require "teep.crypto"
local providers = require "fixtures.providers"

local hex, unhex, zeros = bytes.hex, bytes.unhex, bytes.zeros

local function code_of(_, _, code) return code end

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

describe("teep.crypto encryption", function()
  providers.each(function()
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
  end)
end)
