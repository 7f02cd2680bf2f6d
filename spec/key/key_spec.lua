local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local crypto = require "teep.crypto"
local key = require "teep.key"
local providers = require "fixtures.providers"

local bstr, hex, int, map, text, unhex = bytes.bstr, bytes.hex, bytes.int, bytes.map, bytes.text, bytes.unhex

local function code_of(_, _, code) return code end

-- draft-ietf-teep-protocol appendix E: the signer of the SUIT examples.
local x = unhex "8496811aae0baaabd26157189eecda26beaa8bf11b6f3fe6e2b5659c85dbc0ad"
local y = unhex "3b1f2a4b6c098131c0a36dacd1d78bd381dcdfb09c052db33991db7338b4a896"
local d = unhex "0296588d909418b339d150420a3612b57fb4f631a69f224fae90cb4f3fe18973"
-- RFC 8032 section 7.1, test 1.
local ed_x = unhex "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
local ed_d = unhex "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"

-- A COSE_Key of encoded labels and values.
local function ec2(given)
  local entries = { int(1), int(given.kty or 2) }
  local function add(label, value)
    if value then entries[#entries + 1], entries[#entries + 2] = int(label), value end
  end
  add(2, given.kid)
  add(3, given.alg)
  add(4, given.key_ops)
  add(-1, int(given.crv or 1))
  add(-2, bstr(given.x or x))
  if given.y ~= false then add(-3, given.raw_y or bstr(given.y or y)) end
  add(-4, given.d and bstr(given.d))
  return map(table.unpack(entries))
end

describe("teep.key", function()
  describe("refuses to load", function()
    local function refuses(code, what, input)
      it(what, function() assert.are.equal(code, code_of(key.load(input))) end)
    end

    refuses("bad_key", "a point off the curve", ec2{ y = bytes.flip(y, 32, 1) })
    refuses("bad_key", "a private part of another key", ec2{ d = bytes.flip(d, 32, 1) })
    refuses("bad_key", "a private part of 0", ec2{ d = ("\0"):rep(32) })
    refuses("bad_key", "coordinates of 31 bytes", ec2{ x = x:sub(2) })
    refuses("bad_key", "coordinates of 33 bytes", ec2{ x = "\0" .. x })
    refuses("bad_key", "a y of 31 bytes", ec2{ y = y:sub(2) })
    refuses("bad_key", "a private part of 33 bytes", ec2{ d = "\0" .. d })
    refuses("bad_key", "compressed points", ec2{ raw_y = "\xf5" })
    refuses("bad_key", "P-384", ec2{ crv = 2 })
    refuses("bad_key", "a point without y", ec2{ y = false })
    refuses("bad_key", "an OKP key with a y", ec2{ kty = 1, crv = 6, x = ed_x })
    refuses("bad_key", "symmetric keys", map(int(1), int(4), int(-1), bstr(("k"):rep(32))))
    refuses("bad_key", "a key type by text", map(int(1), text "EC2", int(-1), int(1)))
    refuses("bad_key", "an Ed25519 algorithm on P-256", ec2{ alg = int(-19) })
    refuses("unsupported_algorithm", "a key for an algorithm that is not ours", ec2{ alg = int(-47) })
    refuses("bad_key", "an empty kid", ec2{ kid = bstr "" })
    refuses("bad_key", "a kid of 65 bytes", ec2{ kid = bstr(("k"):rep(65)) })
    refuses("wrong_key", "a key that may neither sign nor verify",
      ec2{ key_ops = bytes.array(int(3), text "other") })
    refuses("wrong_key", "a private key that may only verify", ec2{ key_ops = bytes.array(int(2)), d = d })
    refuses("wrong_key", "a key that may do nothing", ec2{ key_ops = bytes.array() })
    refuses("bad_key", "operations that are no list", ec2{ key_ops = int(1) })
    refuses("bad_key", "a label that is neither number nor text", map(bstr "k", int(1)))
    refuses("bad_key", "an array", bytes.array(int(1)))
    refuses("bad_key", "an empty map", map())
    refuses("duplicate_key", "the same label twice", map(int(1), int(2), int(1), int(2)))
    refuses("trailing_bytes", "bytes after the key", ec2{} .. "\0")
    refuses("truncated", "no bytes at all", "")

    it("every prefix of a key", function()
      local whole = ec2{ d = d }
      for i = 0, #whole - 1 do assert.are.equal("truncated", code_of(key.load(whole:sub(1, i)))) end
      assert.is_truthy(key.load(whole))
    end)
  end)

  it("throws for unknown options and algorithms", function()
    assert.has_error(function() key.generate{ algorithm = "ESP256", curve = 1 } end)
    assert.has_error(function() key.generate{ algorithm = "P-256" } end)
    assert.has_error(function() key.external{ public = ec2{}, sign = true } end)
    assert.are.equal("unsupported_algorithm", code_of(key.generate{ algorithm = "SHA-256" }))
  end)

  it("reads labels in any order, skips those it does not know", function()
    local loaded = assert(key.load(map(int(-3), bstr(y), text "note", text "mine", int(-2), bstr(x), int(5), bstr "iv",
      int(-1), int(1), int(1), int(2))))
    assert.are.equal("ESP256", loaded:algorithm())
  end)

  it("accepts keys whose operations allow what they can do", function()
    assert.is_truthy(key.load(ec2{ key_ops = bytes.array(int(2)) }))
    assert.is_truthy(key.load(ec2{ key_ops = bytes.array(int(1), int(2)), d = d }))
  end)

  describe("names keys by thumbprint", function()
    it("as in RFC 9679 section 6", function()
      local example = assert(key.load(map(int(1), int(2), int(-1), int(1),
        int(-2), bstr(unhex "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"),
        int(-3), bstr(unhex "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"))))
      assert.are.equal("496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec", hex(example:thumbprint()))
    end)

    it("as for the key of the TEEP draft, private or public, whatever its algorithm and kid", function()
      local expected = "ca9e35f23b2b525fb4fc83f512b0dcac4ac29e457e873a5d6a7313f71690b33c"
      for _, given in ipairs{ {}, { d = d }, { alg = int(-7) }, { kid = bstr "11" } } do
        assert.are.equal(expected, hex(key.load(ec2(given)):thumbprint()))
      end
      assert.are.equal("key " .. expected, tostring(key.load(ec2{ d = d })))
    end)
  end)

  it("keeps a kid of its own in messages and files", function()
    local own = assert(key.load(ec2{ kid = bstr "11", d = d }))
    assert.are.equal("key 3131", tostring(own))
    assert.are.equal("11", cose.parse(cose.sign1{ key = own, payload = "" }).signers[1].kid)
    assert.are.equal("key 3131", tostring(key.load(own:public())))
    assert.is_truthy(key.load(ec2{ kid = bstr(("k"):rep(64)) }))
  end)

  it("writes keys in deterministic form, without a kid that is the thumbprint", function()
    local loaded = assert(key.load(ec2{ d = d }))
    assert.are.equal(hex(ec2{ alg = int(-9) }), hex(loaded:public()))
    assert.are.equal(hex(ec2{ alg = int(-9), d = d }), hex(loaded:private()))
    assert.are.equal("no_private_key", code_of(key.load(loaded:public()):private()))
  end)

  it("never shows private bytes as text", function()
    local private = assert(key.load(ec2{ d = d }))
    assert.is_nil(tostring(private):find(hex(d), 1, true))
    assert.is_nil(tostring(private):find(d, 1, true))
    assert.is_nil(private:public():find(d, 1, true))
  end)

  providers.each(function(has, name)
    for _, algorithm in ipairs{ "ESP256", "ES256", "Ed25519", "EdDSA" } do
      it("makes, writes and loads " .. algorithm .. " keys", function()
        if not has(algorithm) then
          assert.are.equal("unsupported_algorithm", code_of(key.generate{ algorithm = algorithm }))
          return
        end
        local made = assert(key.generate{ algorithm = algorithm })
        local again, public = assert(key.load(made:private())), assert(key.load(made:public()))
        assert.are.equal(name, made:provider())
        assert.are.equal(algorithm, again:algorithm())
        assert.are.equal(algorithm, public:algorithm())
        assert.are.equal(made:private(), again:private())
        assert.are.equal(made:thumbprint(), public:thumbprint())
        assert.is_true(made:can_sign())
        assert.is_false(public:can_sign())
        assert.are_not.equal(made:private(), key.generate{ algorithm = algorithm }:private())
      end)
    end

    it("checks points and private parts", function()
      assert.are.equal("bad_key", code_of(key.load(ec2{ y = bytes.flip(y, 1, 1) })))
      assert.are.equal("bad_key", code_of(key.load(ec2{ d = bytes.flip(d, 1, 1) })))
      assert.is_truthy(key.load(ec2{ d = d }))
    end)

    it("signs deterministically with Ed25519 (RFC 8032)", function()
      local input = map(int(1), int(1), int(-1), int(6), int(-2), bstr(ed_x), int(-4), bstr(ed_d))
      if not has "Ed25519" then
        assert.are.equal("unsupported_algorithm", code_of(key.load(input)))
        return
      end
      local ed25519 = assert(key.load(input))
      local made = cose.sign1{ key = ed25519, payload = "" }
      assert.are.equal(made, cose.sign1{ key = key.load(ed25519:private()), payload = "" })
      assert.are.equal("bad_key", code_of(key.load(map(int(1), int(1), int(-1), int(6),
        int(-2), bstr(bytes.flip(ed_x, 1, 1)), int(-4), bstr(ed_d)))))
    end)
  end)

  it("keeps keys with the provider that made them", function()
    finally(function() assert(crypto.set_order(providers.all)) end)
    local names = {}
    for i, provider in ipairs(crypto.providers()) do names[i] = provider.name end
    local message
    for _, name in ipairs(names) do
      assert(crypto.set_order(name))
      local made = assert(key.load(ec2{ d = d }))
      assert(crypto.set_order(providers.all))
      assert.are.equal(name, made:provider())
      message = assert(cose.sign1{ key = made, payload = name })
      assert.are.equal(name, cose.verify(message, { keys = { made }, algorithms = { "ESP256" } }).payload)
    end
  end)
end)
