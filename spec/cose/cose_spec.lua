local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local crypto = require "teep.crypto"
local key = require "teep.key"
local providers = require "fixtures.providers"

local array, bstr, flip, int, map = bytes.array, bytes.bstr, bytes.flip, bytes.int, bytes.map

local function code_of(_, _, code) return code end

local function public(private) return assert(key.load(private:public())) end

local function keys_of(algorithm, count)
  local list = {}
  for i = 1, count do list[i] = assert(key.generate{ algorithm = algorithm }) end
  return list
end

describe("teep.cose", function()
  it("throws for what is not asked for rightly", function()
    local mine = keys_of("ESP256", 1)[1]
    local nine = keys_of("ESP256", 9)
    local message = assert(cose.sign1{ key = mine, payload = "p" })
    assert.has_error(function() cose.sign1{ key = mine } end)
    assert.has_error(function() cose.sign1{ key = mine, payload = "p", kid = "k" } end)
    assert.has_error(function() cose.sign1{ key = io.stdout, payload = "p" } end)
    assert.has_error(function() cose.sign{ keys = {}, payload = "p" } end)
    assert.has_error(function() cose.sign{ keys = nine, payload = "p" } end)
    assert.has_error(function() cose.sign{ keys = { mine, "x" }, payload = "p" } end)
    assert.has_error(function() cose.verify(message, { keys = { mine } }) end)
    assert.has_error(function() cose.verify(message, { keys = { mine }, algorithms = { "RS256" } }) end)
    assert.has_error(function() cose.verify(message, { keys = { "x" }, algorithms = { "ESP256" } }) end)
    assert.has_error(function() cose.verify(nil, { keys = { mine }, algorithms = { "ESP256" } }) end)
    nine[9] = nil
    assert.are.equal(8, #cose.parse(cose.sign{ keys = nine, payload = "p" }).signers)
  end)

  it("does not sign with a public key", function()
    local shown = public(keys_of("ESP256", 1)[1])
    assert.are.equal("no_private_key", code_of(cose.sign1{ key = shown, payload = "p" }))
    assert.are.equal("no_private_key", code_of(cose.sign{ keys = { shown }, payload = "p" }))
  end)

  local function describe_algorithm(algorithm)
    local mine, other, message, accepted

    before_each(function()
      mine, other = table.unpack(keys_of(algorithm, 2))
      message = assert(cose.sign1{ key = mine, payload = "payload" })
      accepted = { keys = { public(mine) }, algorithms = { algorithm } }
    end)

    it("refuses a message changed at any byte (T-010)", function()
      local label = message:find("\xa1\x04\x58\x20", 1, true) + 1
      for position = 1, #message do
        for _, mask in ipairs{ 1, 0x20, 0x80, 0xff } do
          local verified = cose.verify(flip(message, position, mask), accepted)
          -- The label of the kid is not signed: under another label it is skipped.
          if position ~= label then assert.is_nil(verified) end
        end
      end
    end)

    it("refuses a signature changed at any byte with bad_signature", function()
      for position = #message - 63, #message do
        assert.are.equal("bad_signature", code_of(cose.verify(flip(message, position, 1), accepted)))
      end
    end)

    it("refuses a payload and a protected header changed", function()
      local at = message:find("payload", 1, true)
      assert.are.equal("bad_signature", code_of(cose.verify(flip(message, at, 1), accepted)))
      local body = array(bstr(map(int(1), bytes.int(crypto.algorithms[algorithm]),
        int(3), int(0))), map(), bstr "payload", bstr(message:sub(-64)))
      assert.are.equal("bad_signature", code_of(cose.verify(body, accepted)))
    end)

    it("refuses every prefix of a message", function()
      for i = 0, #message - 1 do assert.are.equal("truncated", code_of(cose.verify(message:sub(1, i), accepted))) end
    end)

    it("refuses signatures of another size, and of zeros", function()
      local head = message:sub(1, -67)
      for _, signature in ipairs{ "", message:sub(-64, -2), message:sub(-64) .. "\0", ("\0"):rep(64) } do
        assert.are.equal("bad_signature", code_of(cose.verify(head .. bstr(signature), accepted)))
      end
      assert.is_truthy(cose.verify(head .. bstr(message:sub(-64)), accepted))
    end)

    it("refuses a key that its kid does not name, and names it", function()
      accepted.keys = { public(other) }
      local _, text, code = cose.verify(message, accepted)
      assert.are.equal("unknown_key", code)
      assert.is_truthy(text:find(bytes.hex(mine:thumbprint()), 1, true))
      accepted.keys = {}
      assert.are.equal("unknown_key", code_of(cose.verify(message, accepted)))
    end)

    it("refuses another key when there is no kid", function()
      accepted.keys = { public(other) }
      local bare = assert(cose.sign1{ key = mine, payload = "p", no_kid = true })
      assert.are.equal("bad_signature", code_of(cose.verify(bare, accepted)))
    end)

    it("refuses a message under another's kid", function()
      local claimed = message:gsub(mine:thumbprint():gsub("%W", "%%%0"), (other:thumbprint():gsub("%%", "%%%%")))
      accepted.keys = { public(mine), public(other) }
      assert.are.equal("bad_signature", code_of(cose.verify(claimed, accepted)))
    end)

    it("refuses an algorithm that is not accepted (D10)", function()
      accepted.algorithms = {}
      assert.are.equal("algorithm_not_allowed", code_of(cose.verify(message, accepted)))
      accepted.algorithms = { algorithm == "ESP256" and "ES256" or "ESP256" }
      assert.are.equal("algorithm_not_allowed", code_of(cose.verify(message, accepted)))
    end)

    it("refuses an algorithm stated in the unprotected bucket alone (D10)", function()
      local number = crypto.algorithms[algorithm]
      local moved = array(bstr "", map(int(1), int(number)), bstr "payload", bstr(message:sub(-64)))
      assert.are.equal("algorithm_not_allowed", code_of(cose.verify(moved, accepted)))
    end)

    it("refuses other external_aad", function()
      local bound = assert(cose.sign1{ key = mine, payload = "p", external_aad = "context" })
      assert.are.equal("bad_signature", code_of(cose.verify(bound, accepted)))
      accepted.external_aad = "contexT"
      assert.are.equal("bad_signature", code_of(cose.verify(bound, accepted)))
      accepted.external_aad = "context"
      assert.are.equal("p", assert(cose.verify(bound, accepted)).payload)
    end)

    it("refuses a detached payload that is missing, wrong, or there twice", function()
      local detached = assert(cose.sign1{ key = mine, payload = "p", detached = true })
      assert.are.equal("not_cose", code_of(cose.verify(detached, accepted)))
      accepted.payload = "q"
      assert.are.equal("bad_signature", code_of(cose.verify(detached, accepted)))
      accepted.payload = "payload"
      assert.are.equal("not_cose", code_of(cose.verify(message, accepted)))
      accepted.payload = "p"
      assert.are.equal("p", assert(cose.verify(detached, accepted)).payload)
      accepted.payload = ""
      detached = assert(cose.sign1{ key = mine, payload = "", detached = true })
      assert.are.equal("", assert(cose.verify(detached, accepted)).payload)
    end)

    it("refuses a Sign1 signature as that of a COSE_Sign", function()
      local number = crypto.algorithms[algorithm]
      local protected = bstr(map(int(1), int(number)))
      local moved = array(protected, map(), bstr "payload", array(array(protected, map(), bstr(message:sub(-64)))))
      assert.are.equal("bad_signature", code_of(cose.verify(moved, accepted)))
    end)

    it("hands out payload, key, kid and algorithm", function()
      accepted.keys = { public(other), public(mine) }
      local verified = assert(cose.verify(message, accepted))
      assert.are.equal("payload", verified.payload)
      assert.are.equal(accepted.keys[2], verified.key)
      assert.are.equal(mine:thumbprint(), verified.kid)
      assert.are.equal(algorithm, verified.algorithm)
    end)

    it("verifies messages without tag or kid, of no and of many bytes", function()
      for _, payload in ipairs{ "", "\0", ("x"):rep(70000) } do
        local plain = assert(cose.sign1{ key = mine, payload = payload, untagged = true, no_kid = true })
        local shape = assert(cose.parse(plain))
        assert.is_false(shape.tagged)
        assert.is_nil(shape.signers[1].kid)
        accepted.keys = { public(other), public(mine) }
        assert.are.equal(payload, assert(cose.verify(plain, accepted)).payload)
      end
    end)

    it("checks 16 signatures of one message, no more", function()
      local bare = assert(cose.sign1{ key = mine, payload = "p", no_kid = true })
      accepted.keys = keys_of(algorithm, 16)
      assert.are.equal("bad_signature", code_of(cose.verify(bare, accepted)))
      accepted.keys[16] = mine
      assert.is_truthy(cose.verify(bare, accepted))
      table.insert(accepted.keys, 1, other)
      assert.are.equal("limit_reached", code_of(cose.verify(bare, accepted)))
      accepted.keys[#accepted.keys] = nil
      assert.are.equal("bad_signature", code_of(cose.verify(bare, accepted)))
      accepted.keys = keys_of(algorithm, 20)
      accepted.keys[21] = mine
      assert.is_truthy(cose.verify(message, accepted))
    end)
  end

  providers.each(function(has)
    for _, algorithm in ipairs{ "ESP256", "ES256", "Ed25519", "EdDSA" } do
      if has(algorithm) then
        describe("and " .. algorithm, function() describe_algorithm(algorithm) end)
      end
    end
  end)

  describe("with several signers (T-106)", function()
    local esp256, other, es256, message

    before_each(function()
      esp256, other = table.unpack(keys_of("ESP256", 2))
      es256 = assert(key.generate{ algorithm = "ES256" })
      message = assert(cose.sign{ keys = { esp256, es256 }, payload = "query" })
    end)

    local function verify(keys, algorithms, input)
      return cose.verify(input or message, { keys = keys, algorithms = algorithms })
    end

    it("tells bad_signature before unknown_key before algorithm_not_allowed", function()
      local damaged = message:sub(1, -2) .. string.char(message:byte(-1) ~ 1)
      assert.are.equal("algorithm_not_allowed", code_of(verify({ esp256 }, { "EdDSA" })))
      assert.are.equal("unknown_key", code_of(verify({ other }, { "ESP256" })))
      assert.are.equal("unknown_key", code_of(verify({ other }, { "ESP256", "ES256" })))
      assert.are.equal("bad_signature", code_of(verify({ es256 }, { "ESP256", "ES256" }, damaged)))
    end)

    it("refuses a signature under the body of another message", function()
      local changed = flip(message, message:find("query", 1, true), 1)
      assert.are.equal("bad_signature", code_of(verify({ esp256, es256 }, { "ESP256", "ES256" }, changed)))
      local body = "\x84" .. bstr(map(int(3), int(0))) .. message:sub(5)
      assert.is_truthy(cose.parse(body))
      assert.are.equal("bad_signature", code_of(verify({ esp256, es256 }, { "ESP256", "ES256" }, body)))
    end)

    it("is satisfied with one good signature by an accepted key", function()
      assert.are.equal("ESP256", assert(verify({ esp256 }, { "ESP256" })).algorithm)
      assert.are.equal("ES256", assert(verify({ es256 }, { "ES256" })).algorithm)
      local damaged = message:sub(1, -2) .. string.char(message:byte(-1) ~ 1)
      local verified = assert(verify({ es256, esp256 }, { "ESP256", "ES256" }, damaged))
      assert.are.equal(esp256, verified.key)
      assert.are.equal("query", verified.payload)
    end)

    it("reads h'a0' for an empty body header (RFC 9052 section 3)", function()
      local older = message:sub(1, 3) .. "\x41\xa0" .. message:sub(5)
      assert.are.equal("query", assert(verify({ esp256 }, { "ESP256" }, older)).payload)
    end)

    it("leaves tag, payload and kid out when asked", function()
      local bare = assert(cose.sign{ keys = { esp256 }, payload = "p", untagged = true, detached = true, no_kid = true })
      assert.are.same({ structure = "sign", tagged = false, signers = { { algorithm = -9 } } }, cose.parse(bare))
      local given = { keys = { esp256 }, algorithms = { "ESP256" }, payload = "p" }
      assert.are.equal("p", assert(cose.verify(bare, given)).payload)
    end)
  end)
end)
