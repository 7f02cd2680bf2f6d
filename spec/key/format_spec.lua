local bytes = require "fixtures.bytes"
local forms = require "fixtures.key_forms"
local key = require "teep.key"
local providers = require "fixtures.providers"

local unhex = bytes.unhex
local spki, pkcs8, d = forms.spki, forms.pkcs8, forms.d

local function code_of(_, _, code) return code end

describe("teep.key formats", function()
  it("refuses more than 64 KiB", function()
    assert.equal("too_large", code_of(key.load((" "):rep(65537))))
    assert.equal("bad_key", code_of(key.load("{" .. (" "):rep(65535))))
  end)

  it("throws for unknown options and formats", function()
    assert.has_error(function() key.load(unhex(spki), { format = "der" }) end)
    assert.has_error(function() key.export(key.load(unhex(spki)), { format = "p12" }) end)
    assert.has_error(function() key.load(1) end)
  end)

  it("takes the algorithm of the caller where a format holds none", function()
    local recipient = assert(key.load(unhex(pkcs8), { algorithm = "ECDH-ES+A256KW" }))
    assert.equal("ECDH-ES+A256KW", recipient:algorithm())
    assert.is_true(recipient:can_agree())
    assert.is_false(recipient:can_sign())
    assert.equal("bad_key", code_of(key.load(unhex(pkcs8), { algorithm = "Ed25519" })))
    assert.equal("bad_key", code_of(key.load(unhex(pkcs8), { algorithm = "ESP384" })))
  end)

  it("keeps secrets out of public forms", function()
    local secret = assert(key.generate{ algorithm = "A128KW" })
    for _, format in ipairs{ "cose", "jwk", "pem", "der" } do
      assert.equal("wrong_key", code_of(key.export(secret, { format = format })))
    end
    assert.equal("wrong_key", code_of(key.export(secret, { format = "pem", private = true })))
    local public = assert(key.load(unhex(spki)))
    for _, format in ipairs{ "cose", "jwk", "pem", "der" } do
      assert.equal("no_private_key", code_of(key.export(public, { format = format, private = true })))
      assert.is_nil(key.export(key.load(unhex(pkcs8)), { format = format }):find(unhex(d), 1, true))
    end
  end)

  providers.each(function(has)
    for _, given in ipairs{ { "ESP256" }, { "ES384" }, { "ESP512" }, { "Ed25519" }, { "ECDH-ES+A128KW", "P-384" },
      { "ECDH-ES+HKDF-256", "X25519" } } do
      it("writes and reads " .. table.concat(given, " on "), function()
        if not has(given[1]) then return end
        local made = assert(key.generate{ algorithm = given[1], curve = given[2] })
        for _, format in ipairs{ "cose", "pem", "der", "jwk" } do
          for _, private in ipairs{ true, false } do
            local text = key.export(made, { format = format, private = private })
            if given[1] ~= "ECDH-ES+HKDF-256" or format ~= "jwk" then -- JOSE has no such name
              local again = assert(key.load(assert(text), { algorithm = given[1] }))
              local method = private and "private" or "public"
              assert.equal(made[method](made), again[method](again))
              assert.equal(private, again:can_sign() or again:can_agree())
            end
          end
        end
      end)
    end
  end)
end)
