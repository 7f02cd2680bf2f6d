local bytes = require "fixtures.bytes"
local cbor = require "teep.cbor"
local cose = require "teep.cose"
local has_failed = require "has_failed"
local key = require "teep.key"

local array, bstr, int, map, text = bytes.array, bytes.bstr, bytes.int, bytes.map, bytes.text

local function secret(given)
  local entries = { int(1), int(4) }
  local function add(label, value)
    if value then entries[#entries + 1], entries[#entries + 2] = int(label), value end
  end
  add(3, given.alg and int(given.alg))
  add(4, given.key_ops)
  add(5, given.base_iv)
  add(-1, given.k or bstr(("k"):rep(given.size or 32)))
  add(-2, given.x)
  add(-4, given.d)
  return map(table.unpack(entries))
end

-- The members of a public COSE_Key, with changes.
local function changed(of, changes)
  local decoded = cbor.decode(of)
  local list = {}
  for _, pair in ipairs(decoded) do
    if changes[pair[1]] == nil then list[#list + 1] = pair end
  end
  for label, value in pairs(changes) do
    if value then list[#list + 1] = { label, value } end
  end
  return cbor.encode(cbor.map(list))
end

describe("a COSE_Key", function()
  local p384 = assert(key.generate{ algorithm = "ESP384" }):public()
  local p521 = assert(key.generate{ algorithm = "ESP512" }):public()
  local x25519 = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "X25519" }):public()

  describe("of type Symmetric is refused", function()
    local function refuses(code, what, given)
      it(what, function() has_failed(code, key.load(secret(given))) end)
    end

    refuses("bad_key", "without alg", {})
    refuses("bad_key", "with a curve in place of k", { alg = 5, k = int(1) })
    refuses("bad_key", "with an empty k", { alg = 5, k = bstr "" })
    refuses("bad_key", "with a k of 129 bytes", { alg = 5, size = 129 })
    refuses("bad_key", "with an x", { alg = 5, x = bstr(("x"):rep(32)) })
    refuses("bad_key", "with a d", { alg = 5, d = bstr(("d"):rep(32)) })
    refuses("bad_key", "with the algorithm of a key pair", { alg = -9 })
    refuses("unsupported_algorithm", "with the algorithm of a digest", { alg = -16 })
    refuses("unsupported_algorithm", "with an algorithm that is not ours (HMAC 256/64)", { alg = 4 })
    refuses("unsupported_algorithm", "with the reserved algorithm 0", { alg = 0 })
    refuses("unsupported_algorithm", "with an algorithm below all of ours", { alg = -65535 })
    refuses("wrong_key", "with key_ops of another kind", { alg = 5, key_ops = array(int(3), int(4)) })
    refuses("wrong_key", "with key_ops that allow nothing", { alg = 24, key_ops = array() })
    refuses("wrong_key", "for key wrap with key_ops of MACs", { alg = -5, key_ops = array(int(9)) })
  end)

  it("of type Symmetric is read with the operations of its kind, and without its base IV", function()
    for alg, operation in pairs{ [5] = 9, [24] = 4, [3] = 3, [-5] = 6 } do
      local loaded = assert(key.load(secret{ alg = alg, key_ops = array(int(operation), text "other"),
        base_iv = bstr "12345678" }))
      assert.equal(secret{ alg = alg, key_ops = array(int(operation)) }, loaded:private())
    end
    assert.equal("A256GCM", key.load(secret{}, { algorithm = "A256GCM" }):algorithm())
  end)

  it("of type Symmetric is read as it was written, whatever its algorithm", function()
    for _, algorithm in ipairs{ "HMAC-256", "HMAC-384", "HMAC-512", "A128GCM", "A192GCM", "A256GCM", "ChaCha20/Poly1305",
      "A128CTR", "A192CTR", "A256CTR", "A128KW", "A192KW", "A256KW" } do
      local made = assert(key.generate{ algorithm = algorithm })
      local again = assert(key.load(made:private()))
      assert.equal(algorithm, again:algorithm())
      assert.equal(made:private(), again:private())
    end
  end)

  it("names an algorithm that is ours, by its number", function()
    has_failed("unsupported_algorithm", key.load(changed(p384, { [3] = cbor.text "ESP384" })))
    has_failed("unsupported_algorithm", key.load(changed(p384, { [3] = 1 << 62 })))
    has_failed("unsupported_algorithm", key.load(changed(p384, { [3] = 0 })))
    has_failed("bad_key", key.load(changed(p384, { [3] = true })))
  end)

  it("may not be asked to serve another algorithm than its own", function()
    has_failed("wrong_key", key.load(secret{ alg = 5 }, { algorithm = "A256KW" }))
    has_failed("wrong_key", key.load(p384, { algorithm = "ES384" }))
    assert.equal("ES384", key.load(changed(p384, { [3] = false }), { algorithm = "ES384" }):algorithm())
  end)

  it("without alg serves the algorithm of its curve (RFC 9864), or agrees where its key_ops say so", function()
    for algorithm, of in pairs{ ESP384 = p384, ESP512 = p521, ["ECDH-ES+A128KW"] = x25519 } do
      assert.equal(algorithm, key.load(changed(of, { [3] = false })):algorithm())
    end
    local derives = changed(p384, { [3] = false, [4] = cbor.array{ 7, 8 } })
    assert.equal("ECDH-ES+A128KW", key.load(derives):algorithm())
    has_failed("wrong_key", key.load(changed(p384, { [4] = cbor.array{ 7 } })))
  end)

  it("is refused on a curve that does not fit its sizes, type or algorithm", function()
    for _, crv in ipairs{ 0, 1, 3, 4, 5, 6, 7, 8 } do has_failed("bad_key", key.load(changed(p384, { [-1] = crv }))) end
    for _, crv in ipairs{ 1, 2, 3, 5, 6 } do has_failed("bad_key", key.load(changed(x25519, { [-1] = crv }))) end
    has_failed("bad_key", key.load(changed(p521, { [3] = -51 })))
    has_failed("bad_key", key.load(changed(p384, { [-2] = ("\0"):rep(66), [-3] = ("\0"):rep(66) })))
  end)

  it("of another kind neither signs nor verifies messages", function()
    local mac = assert(key.generate{ algorithm = "HMAC-256" })
    has_failed("wrong_key", cose.sign1{ key = mac, payload = "p" })
    has_failed("wrong_key", cose.sign1{ key = key.generate{ algorithm = "ECDH-ES+A128KW" }, payload = "p" })
  end)

  for _, algorithm in ipairs{ "ESP384", "ES384", "ESP512", "ES512" } do
    it("signs messages with " .. algorithm .. ", refused when a byte of the signature changes", function()
      local mine = assert(key.generate{ algorithm = algorithm })
      local message = assert(cose.sign1{ key = mine, payload = "p" })
      local given = { keys = { assert(key.load(mine:public())) }, algorithms = { algorithm } }
      has_failed("bad_signature", cose.verify(bytes.flip(message, #message, 1), given))
      assert.equal("p", cose.verify(message, given).payload)
    end)
  end
end)
