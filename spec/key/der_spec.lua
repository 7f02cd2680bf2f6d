local bytes = require "fixtures.bytes"
local forms = require "fixtures.key_forms"
local key = require "teep.key"

local hex, unhex = bytes.hex, bytes.unhex
local spki, sec1, pkcs8, pkcs8_beside = forms.spki, forms.sec1, forms.pkcs8, forms.pkcs8_beside
local inside, p256, x, y, d = forms.inside, forms.p256, forms.x, forms.y, forms.d

local function code_of(_, _, code) return code end

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
end)
