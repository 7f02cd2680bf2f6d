local bytes = require "fixtures.bytes"
local crypto = require "teep.crypto"
local providers = require "fixtures.providers"

local hex, unhex = bytes.hex, bytes.unhex

local function code_of(_, _, code) return code end

describe("teep.crypto", function()
  describe("refuses", function()
    it("algorithms it has no name for", function()
      assert.has_error(function() crypto.digest("MD5", "") end)
      assert.has_error(function() crypto.hmac("HMAC 256", "", "") end)
      assert.has_error(function() crypto.hash("sha-256") end)
    end)

    it("random sizes below 0 and above 1 MiB", function()
      assert.has_error(function() crypto.random(-1) end)
      assert.has_error(function() crypto.random((1 << 20) + 1) end)
      assert.are.equal(0, #crypto.random(0))
      assert.are.equal(1 << 20, #crypto.random(1 << 20))
    end)

    it("a provider that is not compiled in, and keeps the order", function()
      local _, message, code = crypto.set_order("openssl,none")
      assert.are.equal("not_found", code)
      assert.is_truthy(message:find("openssl,none", 1, true))
      local names = {}
      for i, provider in ipairs(crypto.providers()) do names[i] = provider.name end
      assert.are.equal(providers.all, table.concat(names, ","))
    end)

    it("an order that is empty or names a provider more often than there are providers", function()
      assert.are.equal("not_found", code_of(crypto.set_order("")))
      assert.are.equal("not_found", code_of(crypto.set_order("openssl,")))
      assert.are.equal("not_found", code_of(crypto.set_order(("openssl,"):rep(8) .. "openssl")))
    end)
  end)

  it("names algorithms by COSE number, both ways", function()
    assert.are.equal(-9, crypto.algorithms.ESP256)
    assert.are.equal("ESP256", crypto.algorithms[-9])
    assert.are.equal(-19, crypto.algorithms.Ed25519)
    assert.are.equal("SHA-256", crypto.algorithms[-16])
    assert.are.equal(5, crypto.algorithms["HMAC-256"])
  end)

  it("compares secrets", function()
    assert.is_false(crypto.equal("abc", "abd"))
    assert.is_false(crypto.equal("bbc", "abc"))
    assert.is_false(crypto.equal("abc", "ab"))
    assert.is_true(crypto.equal("abc", "abc"))
    assert.is_true(crypto.equal("", ""))
  end)

  providers.each(function(has, name)
    -- FIPS 180-2 appendices B and C, RFC 6234 section 8.5.
    it("digests as FIPS 180 says", function()
      assert.are.equal("unsupported_algorithm", code_of(crypto.digest("ESP256", "abc")))
      assert.are.equal("unsupported_algorithm", code_of(crypto.digest("HMAC-256", "abc")))
      assert.are.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        hex(crypto.digest("SHA-256", "")))
      assert.are.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        hex(crypto.digest("SHA-256", "abc")))
      assert.are.equal("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        .. "8086072ba1e7cc2358baeca134c825a7", hex(crypto.digest("SHA-384", "abc")))
      assert.are.equal("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        .. "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f", hex(crypto.digest("SHA-512", "abc")))
    end)

    it("digests a part like the same bytes on their own, and throws for one that is not within the data", function()
      assert.equal(crypto.digest("SHA-256", "bcd"), crypto.digest("SHA-256", "abcde", 2, 4))
      assert.equal(crypto.digest("SHA-256", "cde"), crypto.digest("SHA-256", "abcde", 3))
      assert.equal(crypto.digest("SHA-256", ""), crypto.digest("SHA-256", "abcde", 6, 5))
      for _, part in ipairs{ { 0, 5 }, { 1, 6 }, { 1, -1 }, { 7, 5 }, { 4, 2 }, { math.mininteger, 5 },
        { 1, math.maxinteger } } do
        assert.has_error(function() crypto.digest("SHA-256", "abcde", part[1], part[2]) end)
      end
    end)

    it("digests pieces like the whole", function()
      local data = ("0123456789"):rep(1000)
      for _, algorithm in ipairs{ "SHA-256", "SHA-384", "SHA-512" } do
        local hash = crypto.hash(algorithm)
        for i = 1, #data, 333 do hash:update(data:sub(i, i + 332)) end
        assert.are.equal(hex(crypto.digest(algorithm, data)), hex(hash:update(""):finish()))
      end
    end)

    it("ends a digest once", function()
      local hash = crypto.hash("SHA-256")
      assert.are.equal(32, #hash:finish())
      assert.has_error(function() hash:update("x") end)
      assert.has_error(function() hash:finish() end)
      assert.are.equal("unsupported_algorithm", code_of(crypto.hash("ES256")))
    end)

    it("lets go of digests that never end", function()
      for _ = 1, 100 do crypto.hash("SHA-512"):update("left") end
      collectgarbage()
      collectgarbage()
      assert.are.equal(32, #crypto.hash("SHA-256"):finish())
    end)

    it("computes the HMACs of RFC 4231", function()
      assert.are.equal("unsupported_algorithm", code_of(crypto.hmac("SHA-256", "k", "d")))
      local cases = { -- sections 4.2 to 4.4, 4.7, 4.8
        { ("0b"):rep(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { "4a656665", "what do ya want for nothing?",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { ("aa"):rep(20), ("\xdd"):rep(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { ("aa"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First",
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
      }
      for _, case in ipairs(cases) do
        assert.are.equal(case[3], hex(crypto.hmac("HMAC-256", unhex(case[1]), case[2])))
      end
    end)

    it("computes HMAC 384 and 512 (RFC 4231 section 4.3)", function()
      local data = "what do ya want for nothing?"
      assert.are.equal("af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        hex(crypto.hmac("HMAC-384", "Jefe", data)))
      assert.are.equal("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        .. "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737", hex(crypto.hmac("HMAC-512", "Jefe", data)))
    end)

    it("digests with SHAKE (RFC 9054 section 3.3) where the provider has it", function()
      if not has "SHAKE128" then
        assert.are.equal("unsupported_algorithm", code_of(crypto.digest("SHAKE128", "")))
        assert.are.equal("unsupported_algorithm", code_of(crypto.hash("SHAKE256")))
        return
      end
      assert.are.equal("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
        hex(crypto.digest("SHAKE128", "")))
      assert.are.equal("46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"
        .. "d75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be", hex(crypto.hash("SHAKE256"):finish()))
    end)

    it("never gives the same random bytes twice", function()
      local seen = {}
      for _ = 1, 200 do
        local sample = crypto.random(16)
        assert.is_nil(seen[sample])
        seen[sample] = true
      end
    end)

    it("serves what it says it serves", function()
      local offered <const> = crypto.providers()[1]
      assert.are.equal(name, offered.name)
      assert.are.equal(name == "openssl", offered.certificates)
      assert.is_truthy(has "ESP256")
      assert.are.equal(name == "openssl", has "Ed25519" or false)
    end)
  end)
end)
