-- key_ops (RFC 9052 section 7.1): a key does what they list, and nothing else (RFC 9053, each algorithm).
local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local crypto = require "teep.crypto"
local has_failed = require "has_failed"
local key = require "teep.key"

local array, bstr, int, map = bytes.array, bytes.bstr, bytes.int, bytes.map

local SIGN <const>, VERIFY <const>, ENCRYPT <const>, DECRYPT <const>, WRAP <const>, UNWRAP <const> = 1, 2, 3, 4, 5, 6
local DERIVE_KEY <const>, DERIVE_BITS <const>, MAC_CREATE <const>, MAC_VERIFY <const> = 7, 8, 9, 10

local function operations(...)
  local numbers <const> = {}
  for i, number in ipairs{ ... } do numbers[i] = int(number) end
  return array(table.unpack(numbers))
end

-- A key of this algorithm that may do these.
local function secret(algorithm, ...)
  local size <const> = ({ A128GCM = 16, A128CTR = 16, A128KW = 16 })[algorithm] or 32
  return assert(key.load(map(int(1), int(4), int(3), int(crypto.algorithms[algorithm]),
    int(4), operations(...), int(-1), bstr(("k"):rep(size)))))
end

-- The same key pair, limited to these. A COSE_Key of ours begins with kty (1) and alg (3), here of one byte each
-- or, for key agreement, of two.
local function limited(cose_key, ...)
  local head <const> = cose_key:byte(5) == 0x38 and 6 or 5
  return key.load(string.char(cose_key:byte() + 1) .. cose_key:sub(2, head) .. int(4) .. operations(...)
    .. cose_key:sub(head + 1))
end

describe("key_ops", function()
  it("let a private key sign, and verify only where they say so", function()
    local mine <const> = assert(key.generate{ algorithm = "ESP256" })
    local signer <const> = assert(limited(mine:private(), SIGN))
    local message <const> = assert(cose.sign1{ key = signer, payload = "p" })
    has_failed("wrong_key", cose.verify(message, { keys = { signer }, algorithms = { "ESP256" } }))
    local both <const> = assert(limited(mine:private(), SIGN, VERIFY))
    assert.is_truthy(cose.verify(message, { keys = { signer, both }, algorithms = { "ESP256" } }))
    assert.is_true(both:can_sign())
    has_failed("wrong_key", limited(mine:private(), VERIFY))
  end)

  it("let a public key verify", function()
    local mine <const> = assert(key.generate{ algorithm = "ESP256" })
    has_failed("wrong_key", limited(mine:public(), SIGN))
    local message <const> = assert(cose.sign1{ key = mine, payload = "p" })
    local verifier <const> = assert(limited(mine:public(), VERIFY))
    assert.is_truthy(cose.verify(message, { keys = { verifier }, algorithms = { "ESP256" } }))
    local held <const> = assert(key.external{ public = verifier:public(), sign = function() return ("s"):rep(64) end })
    assert.is_true(held:can_sign())
  end)

  it("tell who makes a MAC from who checks it", function()
    local maker <const>, checker <const> = secret("HMAC-256", MAC_CREATE), secret("HMAC-256", MAC_VERIFY)
    has_failed("wrong_key", cose.mac0{ key = checker, payload = "p" })
    local message <const> = assert(cose.mac0{ key = maker, payload = "p" })
    has_failed("wrong_key", cose.verify_mac(message, { keys = { maker }, algorithms = { "HMAC-256" } }))
    assert.is_truthy(cose.verify_mac(message, { keys = { maker, checker }, algorithms = { "HMAC-256" } }))
  end)

  for _, algorithm in ipairs{ "A128GCM", "ChaCha20/Poly1305", "A128CTR" } do
    it("tell who encrypts with " .. algorithm .. " from who decrypts", function()
      local sealer <const>, opener <const> = secret(algorithm, ENCRYPT), secret(algorithm, DECRYPT)
      has_failed("wrong_key", cose.encrypt0{ key = opener, plaintext = "p" })
      local message <const> = assert(cose.encrypt0{ key = sealer, plaintext = "p" })
      has_failed("wrong_key", cose.decrypt(message, { keys = { sealer }, algorithms = { algorithm } }))
      local given <const> = { keys = { sealer, opener }, algorithms = { algorithm } }
      assert.equal("p", assert(cose.decrypt(message, given)).plaintext)
    end)
  end

  it("tell who wraps a key from who unwraps it; encrypt and decrypt say the same (RFC 9053 section 6.2.1)", function()
    for out, into in pairs{ [WRAP] = UNWRAP, [ENCRYPT] = DECRYPT } do
      local sender <const>, receiver <const> = secret("A128KW", out), secret("A128KW", into)
      has_failed("wrong_key", cose.encrypt{ recipients = { receiver }, algorithm = "A128GCM", plaintext = "p" })
      local message <const> = assert(cose.encrypt{ recipients = { sender }, algorithm = "A128GCM", plaintext = "p" })
      has_failed("wrong_key", cose.decrypt(message, { keys = { sender }, algorithms = { "A128GCM" } }))
      local given <const> = { keys = { sender, receiver }, algorithms = { "A128GCM" } }
      assert.equal("p", assert(cose.decrypt(message, given)).plaintext)
    end
  end)

  it("let a private key agree; those of a public one do not matter (RFC 9053 section 6.3.1)", function()
    local mine <const> = assert(key.generate{ algorithm = "ECDH-ES+A128KW" })
    has_failed("wrong_key", limited(mine:private(), SIGN))
    for _, public in ipairs{ assert(limited(mine:public())), assert(limited(mine:public(), DERIVE_KEY)) } do
      for _, operation in ipairs{ DERIVE_KEY, DERIVE_BITS } do
        assert.is_truthy(assert(limited(mine:private(), operation)):agree(public))
      end
    end
  end)

  it("stay with a private key that is written, in COSE_Key and JWK", function()
    for _, private in ipairs{ secret("HMAC-256", MAC_VERIFY), secret("A128KW", WRAP, UNWRAP),
      assert(limited(assert(key.generate{ algorithm = "ESP256" }):private(), SIGN)) } do
      for _, format in ipairs{ "cose", "jwk" } do
        local again <const> = assert(key.load(assert(key.export(private, { format = format, private = true }))))
        assert.equal(private:private(), again:private())
        assert.is_truthy(again:private():find("\4[\x81\x82]"))
      end
    end
    local jwk <const> = assert(key.export(secret("HMAC-256", MAC_VERIFY), { format = "jwk", private = true }))
    assert.is_truthy(jwk:find('"key_ops":["verify"]', 1, true))
  end)
end)
