-- Which of several signers have to have signed, and whether the tag has to be there.
local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local key = require "teep.key"

local array, bstr, int, map, text = bytes.array, bytes.bstr, bytes.int, bytes.map, bytes.text

local function code_of(_, _, code) return code end

describe("teep.cose.verify", function()
  local a, b, c

  before_each(function()
    a = assert(key.generate{ algorithm = "ESP256" })
    b = assert(key.generate{ algorithm = "ES256" })
    c = assert(key.generate{ algorithm = "ESP256" })
  end)

  local function verify(message, keys, more)
    local given <const> = { keys = keys, algorithms = { "ESP256", "ES256" } }
    for name, value in pairs(more or {}) do given[name] = value end
    return cose.verify(message, given)
  end

  local function all(message, keys, more)
    more = more or {}
    more.all = true
    return verify(message, keys, more)
  end

  describe("with all = true", function()
    it("refuses no keys", function()
      assert.are.equal("unknown_key", code_of(all(cose.sign{ keys = { a }, payload = "p" }, {})))
    end)

    it("refuses a key that did not sign", function()
      local message <const> = cose.sign{ keys = { a, b }, payload = "p" }
      assert.are.equal("unknown_key", code_of(all(message, { a, b, c })))
      assert.are.equal("unknown_key", code_of(all(message, { c, a })))
      assert.is_truthy(all(message, { a, b }))
      assert.is_truthy(all(message, { b, a }))
    end)

    it("refuses a key whose signature is damaged", function()
      local message <const> = cose.sign{ keys = { a, b }, payload = "p" }
      local damaged <const> = bytes.flip(message, #message, 1)
      assert.are.equal("bad_signature", code_of(all(damaged, { a, b })))
      assert.is_truthy(all(damaged, { a }))
      assert.is_truthy(verify(damaged, { a, b }))
    end)

    it("refuses a signature under an algorithm that is not accepted (D10)", function()
      local message <const> = cose.sign{ keys = { a, b }, payload = "p" }
      assert.are.equal("unknown_key", code_of(all(message, { a, b }, { algorithms = { "ESP256" } })))
      assert.is_truthy(all(message, { a }, { algorithms = { "ESP256" } }))
    end)

    it("is satisfied by one signer with the key asked for, of Sign1 and Sign", function()
      assert.is_truthy(all(cose.sign1{ key = a, payload = "p" }, { a }))
      assert.are.equal("unknown_key", code_of(all(cose.sign1{ key = a, payload = "p" }, { a, c })))
    end)

    it("refuses a key that is listed twice: one signature is not two", function()
      local message <const> = cose.sign{ keys = { a, b }, payload = "p" }
      local public <const> = assert(key.load(a:public()))
      local same <const> = assert(key.load(a:public():gsub("\3%(", "\3&", 1), { algorithm = "ES256" }))
      assert.are.equal("ES256", same:algorithm())
      for _, twice in ipairs{ { a, a }, { a, b, a }, { a, public }, { a, same } } do
        assert.are.equal("repeated_key", code_of(all(message, twice)))
      end
      assert.are.equal("repeated_key", code_of(all(cose.sign1{ key = a, payload = "p" }, { a, a })))
      assert.is_truthy(verify(message, { a, a }))
    end)

    it("refuses more keys than a message has signers, at once", function()
      local many <const> = {}
      for i = 1, 10000 do many[i] = a end
      assert.are.equal("unknown_key", code_of(all(cose.sign1{ key = a, payload = "p" }, many)))
    end)

    it("does not count a signature that is there twice as that of two signers", function()
      local message <const> = cose.sign{ keys = { a, b }, payload = "p" }
      local one <const> = cose.sign{ keys = { a }, payload = "p" }
      local signature <const> = one:sub(one:find("\x81\x83", 1, true) + 1)
      local twice <const> = one:sub(1, #one - #signature - 1) .. "\x82" .. signature .. signature
      assert.are.equal(2, #cose.parse(twice).signers)
      assert.are.equal("unknown_key", code_of(all(twice, { a, b })))
      assert.is_truthy(all(twice, { a }))
      assert.is_truthy(all(message, { a, b }))
    end)

    it("checks 16 signatures, no more", function()
      local keys <const> = {}
      for i = 1, 5 do keys[i] = assert(key.generate{ algorithm = "ESP256" }) end
      local message <const> = cose.sign{ keys = keys, payload = "p", no_kid = true }
      assert.is_truthy(all(message, keys)) -- 1 + 2 + 3 + 4 + 5
      keys[6] = assert(key.generate{ algorithm = "ESP256" })
      local more <const> = cose.sign{ keys = keys, payload = "p", no_kid = true }
      assert.are.equal("limit_reached", code_of(all(more, keys)))
    end)
  end)

  it("does not hold for signers of whom none could be checked (T-106)", function()
    local signer <const> = array(bstr(map(int(1), text "unknown")), map(), bstr(("s"):rep(64)))
    for _, tag in ipairs{ "", "\xd8\x62" } do
      local message <const> = tag .. array(bstr "", map(), bstr "p", array(signer, signer))
      assert.are.equal("algorithm_not_allowed", code_of(verify(message, { a, b })))
      assert.are.equal("unknown_key", code_of(all(message, { a, b })))
      local none <const> = tag .. array(bstr "", map(), bstr "p", array())
      assert.are.equal("not_cose", code_of(verify(none, { a, b })))
      assert.are.equal("not_cose", code_of(all(none, {})))
    end
  end)

  it("refuses signatures out of range and keys off their curve", function()
    local message <const> = cose.sign1{ key = a, payload = "p" }
    local order <const> = bytes.unhex "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
    local head <const>, r <const>, s <const> = message:sub(1, -67), message:sub(-64, -33), message:sub(-32)
    local zero <const> = ("\0"):rep(32)
    for _, signature in ipairs{ zero .. s, r .. zero, order .. s, r .. order, ("\xff"):rep(64) } do
      assert.are.equal("bad_signature", code_of(verify(head .. bstr(signature), { a })))
    end
    local off <const> = map(int(1), int(2), int(3), int(-9), int(-1), int(1), int(-2), bstr(("\1"):rep(32)),
      int(-3), bstr(("\2"):rep(32)))
    assert.are.equal("bad_key", code_of(key.load(off)))
  end)

  it("demands and forbids tags (T-008)", function()
    for _, make in ipairs{ function(untagged) return cose.sign1{ key = a, payload = "p", untagged = untagged } end,
      function(untagged) return cose.sign{ keys = { a }, payload = "p", untagged = untagged } end } do
      assert.are.equal("not_cose", code_of(verify(make(true), { a }, { tagged = true })))
      assert.are.equal("not_cose", code_of(verify(make(false), { a }, { tagged = false })))
      assert.is_truthy(verify(make(true), { a }, { tagged = false }))
      assert.is_truthy(verify(make(false), { a }, { tagged = true }))
    end
  end)
end)
