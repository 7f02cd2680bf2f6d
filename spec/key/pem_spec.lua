local bytes = require "fixtures.bytes"
local forms = require "fixtures.key_forms"
local key = require "teep.key"
local providers = require "fixtures.providers"

local unhex = bytes.unhex
local pkcs8 = forms.pkcs8

local function code_of(_, _, code) return code end

-- RFC 8410 section 10: an Ed25519 key pair.
local ed25519_public = [[
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
]]
local ed25519_private = [[
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
]]

local ed25519_with_attributes = [[
-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
]]

describe("teep.key formats", function()
  describe("PEM refuses", function()
    local private = key.export(key.load(unhex(pkcs8)), { format = "pem", private = true })
    local public = key.export(key.load(unhex(pkcs8)), { format = "pem" })

    local function refuses(what, input)
      it(what, function() assert.equal("bad_key", code_of(key.load(input))) end)
    end

    refuses("a block without end", (public:gsub("%-%-%-%-%-END.*", "")))
    refuses("two blocks", public .. public)
    refuses("labels that differ", (public:gsub("END PUBLIC", "END PRIVATE")))
    refuses("a public label on a private key", (private:gsub("PRIVATE", "PUBLIC")))
    refuses("a private label on a public key", (public:gsub("PUBLIC", "PRIVATE")))
    refuses("an encrypted key", (private:gsub("PRIVATE", "ENCRYPTED PRIVATE")))
    refuses("a certificate", (public:gsub("PUBLIC KEY", "CERTIFICATE")))
    refuses("malformed base64", (public:gsub("MFkw", "M*kw")))
    refuses("missing padding", (public:gsub("=\n", "\n")))
    refuses("text after the block", public .. "more")

    it("nothing in lines that end in CR LF", function()
      assert.equal(key.load(public):public(), key.load((public:gsub("\n", "\r\n"))):public())
      assert.is_truthy(public:find("=\n", 1, true) and public:find("MFkw", 1, true))
    end)
  end)

  it("reads the keys of RFC 8410", function()
    local lacking = providers.lack "Ed25519"
    if lacking then return pending(lacking) end
    local private = assert(key.load(ed25519_private))
    assert.equal(ed25519_public, key.export(private, { format = "pem" }))
    assert.equal(ed25519_private, key.export(private, { format = "pem", private = true }))
    assert.equal("Ed25519", key.load(ed25519_public):algorithm())
    assert.equal(private:private(), assert(key.load(ed25519_with_attributes)):private())
    assert.equal("bad_key", code_of(key.load((ed25519_with_attributes:gsub("Z9w7", "Z9w8")))))
  end)
end)
