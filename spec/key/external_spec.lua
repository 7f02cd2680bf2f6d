local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local key = require "teep.key"

local function code_of(_, _, code) return code end

describe("a teep.key held elsewhere", function()
  local inner = assert(key.generate{ algorithm = "ESP256" })
  local public = inner:public()

  -- The signature over to_be_signed of a Sign1 with this payload, made by `inner`.
  local function signature_for(payload)
    return cose.sign1{ key = inner, payload = payload }:sub(-64)
  end

  local function failure_of(sign)
    local outer = assert(key.external{ public = public, sign = sign })
    local result, message, code = cose.sign1{ key = outer, payload = "p" }
    assert.is_nil(result)
    return code, message
  end

  it("fails with crypto_failed and the message when its function throws", function()
    local code, message = failure_of(function() error("the token is gone", 0) end)
    assert.are.equal("crypto_failed", code)
    assert.is_truthy(message:find("the token is gone", 1, true))
    assert.are.equal("crypto_failed", (failure_of(function() error({}) end)))
    assert.are.equal("crypto_failed", (failure_of(function() error() end)))
  end)

  it("fails with crypto_failed when its function returns anything but 64 bytes", function()
    for _, result in ipairs{ "", ("s"):rep(63), ("s"):rep(65), 64, {}, true } do
      assert.are.equal("crypto_failed", (failure_of(function() return result end)))
    end
    assert.are.equal("crypto_failed", (failure_of(function() end)))
  end)

  it("fails with crypto_failed when its function yields", function()
    local code
    coroutine.wrap(function() code = failure_of(coroutine.yield) end)()
    assert.are.equal("crypto_failed", code)
  end)

  it("refuses a public part that is no key", function()
    assert.are.equal("bad_key", code_of(key.external{ public = bytes.flip(public, #public, 1), sign = print }))
  end)

  it("signs through its function, in any coroutine, whatever else the function does", function()
    local outer
    local calls = 0
    outer = assert(key.external{ public = public, sign = function(to_be_signed)
      calls = calls + 1
      assert(to_be_signed:find("Signature1", 1, true))
      if calls == 1 then assert(cose.sign1{ key = outer, payload = "inner" }) end
      collectgarbage()
      return signature_for "p"
    end })
    assert.are.equal("external", outer:provider())
    assert.is_true(outer:can_sign())
    assert.are.equal("no_private_key", code_of(outer:private()))
    local bytes_signed = coroutine.wrap(function() return cose.sign1{ key = outer, payload = "p" } end)()
    assert.are.equal(2, calls)
    assert.are.equal("p", cose.verify(bytes_signed, { keys = { inner }, algorithms = { "ESP256" } }).payload)
  end)

  it("forgets private bytes that came with its public part", function()
    local outer = assert(key.external{ public = inner:private(), sign = print })
    assert.are.equal("no_private_key", code_of(outer:private()))
  end)

  it("signs several times in one message", function()
    local outer = assert(key.external{ public = public, sign = function() return ("s"):rep(64) end })
    local message = assert(cose.sign{ keys = { outer, outer, outer }, payload = "p" })
    assert.are.equal(3, #cose.parse(message).signers)
  end)
end)
