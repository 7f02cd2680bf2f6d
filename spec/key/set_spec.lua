-- COSE_KeySet (RFC 9052 section 7) and JWK Set (RFC 7517 section 5).
local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local has_failed = require "has_failed"
local key = require "teep.key"

local array, bstr, int, map = bytes.array, bytes.bstr, bytes.int, bytes.map

describe("a set of keys", function()
  local mine <const> = assert(key.generate{ algorithm = "ESP256" })
  local good <const> = assert(mine:public())
  local jwk <const> = assert(key.export(mine, { format = "jwk" }))

  it("skips what cannot be used, and says why", function()
    local keys, skipped = assert(key.load_set(array(good, map(int(1), int(3)), good)))
    assert.equal(2, #keys)
    assert.same({ { 2, "bad_key" } }, { { skipped[1].index, skipped[1].code } })
    keys, skipped = assert(key.load_set('{"keys":[' .. jwk .. ',1,null,{"kty":"RSA"}]}'))
    assert.equal(1, #keys)
    assert.equal(3, #skipped)
    keys, skipped = assert(key.load_set(array(int(1))))
    assert.same({ 0, 1 }, { #keys, #skipped })
  end)

  it("is refused where it is none, and beyond 64 keys", function()
    has_failed("wrong_type", key.load_set(good))
    has_failed("trailing_bytes", key.load_set(array(good) .. "\0"))
    for _, wrong in ipairs{ "{}", "{", '{"keys":1}', '{"keys":null}', '{"keys":{"a":' .. jwk .. "}}", '{"keys":[]}\0' } do
      has_failed("bad_key", key.load_set(wrong))
    end
    assert.equal(64, #key.load_set("\x98\x40" .. good:rep(64)))
    has_failed("limit_reached", key.load_set("\x98\x41" .. good:rep(65)))
    has_failed("limit_reached", key.load_set('{"keys":[' .. ("1,"):rep(64) .. "1]}"))
  end)

  it("has at least one key (RFC 9052 section 7)", function()
    has_failed("bad_key", key.load_set(array()))
    has_failed("bad_key", key.load_set '{"keys":[]}')
    has_failed("bad_key", key.export_set{})
    local many <const> = {}
    for i = 1, 64 do many[i] = mine end
    assert.equal(64, #key.load_set(assert(key.export_set(many))))
    many[65] = mine
    has_failed("limit_reached", key.export_set(many))
  end)

  it("is written as COSE_KeySet", function()
    local secret <const> = assert(key.generate{ algorithm = "HMAC-256" })
    local set <const> = assert(key.export_set({ secret, mine }, { private = true }))
    local keys <const> = assert(key.load_set(set))
    assert.equal(secret:private(), keys[1]:private())
    assert.equal(mine:private(), keys[2]:private())
    has_failed("wrong_key", key.export_set{ secret })
  end)

  it("may name several keys alike: each is tried (RFC 9052 section 7.1)", function()
    local other <const> = assert(key.generate{ algorithm = "ESP256" })
    local function named(cose_key) -- { 1: 2, 2: 'id', 3: -9, ... }
      return string.char(cose_key:byte() + 1) .. cose_key:sub(2, 3) .. int(2) .. bstr "id" .. cose_key:sub(4)
    end
    local keys <const> = assert(key.load_set(array(named(mine:public()), named(other:public()))))
    for _, signer in ipairs{ mine, other } do
      local private <const> = assert(key.load(named(signer:private())))
      local message <const> = assert(cose.sign1{ key = private, payload = "p" })
      local verified <const> = assert(cose.verify(message, { keys = keys, algorithms = { "ESP256" } }))
      assert.equal(signer:thumbprint(), verified.kid)
    end
  end)
end)
