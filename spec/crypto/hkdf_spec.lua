local bytes = require "fixtures.bytes"
local crypto = require "teep.crypto"
local providers = require "fixtures.providers"

local hex, unhex, zeros = bytes.hex, bytes.unhex, bytes.zeros

local function code_of(_, _, code) return code end

describe("teep.crypto encryption", function()
  providers.each(function()
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
end)
