local bytes = require "fixtures.bytes"
local crypto = require "teep.crypto"
local key = require "teep.key"
local providers = require "fixtures.providers"

local bstr, hex, int, map, unhex = bytes.bstr, bytes.hex, bytes.int, bytes.map, bytes.unhex

local function code_of(_, _, code) return code end

local function okp(x, d)
  local entries = { int(1), int(1), int(3), int(-29), int(-1), int(4), int(-2), bstr(unhex(x)) }
  if d then entries[#entries + 1], entries[#entries + 2] = int(-4), bstr(unhex(d)) end
  return map(table.unpack(entries))
end

local function ec2(x, y, d)
  local entries = { int(1), int(2), int(3), int(-29), int(-1), int(1), int(-2), bstr(unhex(x)), int(-3), bstr(unhex(y)) }
  if d then entries[#entries + 1], entries[#entries + 2] = int(-4), bstr(unhex(d)) end
  return map(table.unpack(entries))
end

-- RFC 7748 section 6.1.
local alice = okp("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
  "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
local bob = okp("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
local x25519_shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"

-- RFC 5903 section 8.1.
local initiator = ec2("dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180",
  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
  "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433")
local responder = ec2("d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63",
  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab")
local p256_shared = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"

-- Points of small order on Curve25519, some not reduced: every product with a scalar is 0.
local small_order = {
  ("00"):rep(32), "01" .. ("00"):rep(31),
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ("00"):rep(31) .. "80",
}

describe("teep.key agreement", function()
  providers.each(function()
    it("refuses X25519 points of small order (RFC 7748 section 6.1)", function()
      for _, x in ipairs(small_order) do assert.equal("bad_key", code_of(key.load(okp(x))), x) end
    end)

    it("refuses private parts that do not match", function()
      assert.equal("bad_key", code_of(key.load(okp("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))))
    end)

    it("refuses points off the curve", function()
      for _, curve in ipairs{ "P-256", "P-384", "P-521" } do
        local public = key.generate{ algorithm = "ECDH-ES+A128KW", curve = curve }:public()
        assert.equal("bad_key", code_of(key.load(bytes.flip(public, #public, 1))))
      end
    end)

    it("refuses other curves, other kinds of key and public keys", function()
      local mine = assert(key.generate{ algorithm = "ECDH-ES+A128KW" })
      local other = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-384" })
      assert.equal("bad_key", code_of(mine:agree(other)))
      assert.equal("bad_key", code_of(mine:agree(key.load(bob))))
      assert.equal("bad_key", code_of(mine:agree(key.generate{ algorithm = "A128KW" })))
      assert.equal("wrong_key", code_of(key.generate{ algorithm = "ESP256" }:agree(mine)))
      assert.equal("no_private_key", code_of(key.load(responder):agree(mine)))
      assert.equal("bad_key", code_of(key.generate{ algorithm = "ESP256", curve = "P-384" }))
      assert.equal("bad_key", code_of(key.generate{ algorithm = "Ed25519", curve = "X25519" }))
      assert.has_error(function() key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-224" } end)
    end)

    it("refuses secrets of a wrong size", function()
      local function secret(alg, size)
        return key.load(map(int(1), int(4), int(3), int(alg), int(-1), bstr(("k"):rep(size))))
      end
      for alg, size in pairs{ [1] = 16, [2] = 24, [3] = 32, [24] = 32, [-3] = 16, [-4] = 24, [-5] = 32 } do
        assert.equal("bad_key", code_of(secret(alg, size - 1)))
        assert.equal("bad_key", code_of(secret(alg, size + 1)))
        assert.is_truthy(secret(alg, size))
      end
      for _, alg in ipairs{ 5, 6, 7 } do
        assert.equal("bad_key", code_of(secret(alg, 15)))
        assert.equal("bad_key", code_of(secret(alg, 129)))
        assert.is_truthy(secret(alg, 16))
        assert.is_truthy(secret(alg, 128))
      end
    end)

    it("holds the known answers of RFC 7748 and RFC 5903", function()
      assert.equal(x25519_shared, hex(key.load(alice):agree(key.load(bob))))
      assert.equal(x25519_shared, hex(key.load(bob):agree(key.load(alice))))
      assert.equal(p256_shared, hex(key.load(initiator):agree(key.load(responder))))
    end)
  end)

  it("agrees between providers, on every curve", function()
    finally(function() assert(crypto.set_order(providers.all)) end)
    local names = {}
    for i, provider in ipairs(crypto.providers()) do names[i] = provider.name end
    for curve, size in pairs{ ["P-256"] = 32, ["P-384"] = 48, ["P-521"] = 66, X25519 = 32 } do
      assert(crypto.set_order(names[1]))
      local first = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = curve })
      assert(crypto.set_order(names[#names]))
      local second = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = curve })
      assert.equal(names[#names], second:provider())
      local shared = assert(first:agree(second))
      assert.equal(size, #shared)
      assert.equal(hex(shared), hex(second:agree(first)))
    end
  end)

  describe("held elsewhere", function()
    local inner = assert(key.load(initiator))

    it("fails with crypto_failed when its function throws or returns another size", function()
      for _, agree in ipairs{ function() error("gone", 0) end, function() return ("s"):rep(31) end, function() end } do
        local outer = assert(key.external{ public = inner:public(), agree = agree })
        assert.equal("crypto_failed", code_of(outer:agree(key.load(responder))))
      end
    end)

    it("agrees through its function, which sees checked points alone", function()
      local seen
      local outer = assert(key.external{ public = inner:public(), agree = function(peer)
        seen = peer
        return inner:agree(assert(key.load(peer)))
      end })
      assert.is_true(outer:can_agree())
      assert.equal("external", outer:provider())
      assert.equal(p256_shared, hex(outer:agree(key.load(responder))))
      assert.equal(responder, seen)
    end)

    it("cannot do what it has no function for", function()
      local outer = assert(key.external{ public = inner:public(), sign = print })
      assert.is_false(outer:can_agree())
      assert.equal("no_private_key", code_of(outer:agree(key.load(responder))))
      assert.has_error(function() key.external{ public = inner:public() } end)
    end)
  end)

  it("names Symmetric keys by no kid but their own (RFC 9679 section 5.3)", function()
    local secret = assert(key.load(map(int(1), int(4), int(3), int(5), int(-1), bstr(("k"):rep(32)))))
    assert.equal("key ?", tostring(secret))
    assert.equal(hex(crypto.digest("SHA-256", map(int(1), int(4), int(-1), bstr(("k"):rep(32))))),
      hex(secret:thumbprint()))
    local named = map(int(1), int(4), int(2), bstr "our-secret", int(3), int(5), int(-1), bstr(("k"):rep(32)))
    assert.equal(hex(named), hex(key.load(named):private()))
  end)

  it("tells Ed25519 and X25519 thumbprints by their curve", function()
    local x = unhex "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    assert.equal(hex(crypto.digest("SHA-256", map(int(1), int(1), int(-1), int(4), int(-2), bstr(x)))),
      hex(key.load(alice):thumbprint()))
  end)
end)
