local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local cose_keys = require "fixtures.cose_keys"

local array, bstr, flip, int, map, null = bytes.array, bytes.bstr, bytes.flip, bytes.int, bytes.map, bytes.null
local new = cose_keys.new

local function code_of(_, _, code) return code end

describe("teep.cose.decryptor", function()
  it("refuses a message with its ciphertext, and what decrypt refuses", function()
    local mine <const> = new "A128GCM"
    local given <const> = { keys = { mine }, algorithms = { "A128GCM" } }
    assert.are.equal("not_cose", code_of(cose.decryptor(cose.encrypt0{ key = mine, plaintext = "p" }, given)))
    local message <const> = cose.encrypt0{ key = mine, plaintext = "p", detached = true }
    assert.are.equal("truncated", code_of(cose.decryptor(message:sub(1, -2), given)))
    given.algorithms = { "A128CTR" }
    assert.are.equal("algorithm_not_allowed", code_of(cose.decryptor(message, given)))
    given.algorithms, given.tagged = { "A128GCM" }, false
    assert.are.equal("not_cose", code_of(cose.decryptor(message, given)))
    given.tagged, given.keys = nil, {}
    assert.are.equal("unknown_key", code_of(cose.decryptor(message, given)))
    given.keys = { mine }
    local bare <const> = array(bstr(map(int(1), int(1))), map(), null)
    assert.are.equal("bad_header", code_of(cose.decryptor(bare, given)))
    given.iv = ("i"):rep(12)
    assert.is_truthy(cose.decryptor(bare, given))
  end)

  it("gives no plaintext of an AEAD before its tag matched", function()
    local mine <const> = new "ChaCha20/Poly1305"
    local message <const>, ciphertext <const> = cose.encrypt0{ key = mine, plaintext = ("p"):rep(9000), detached = true }
    local given <const> = { keys = { mine }, algorithms = { "ChaCha20/Poly1305" } }
    local stream = assert(cose.decryptor(message, given))
    assert.are.equal("", stream:update "")
    assert.are.equal("", stream:update(ciphertext))
    assert.are.equal(("p"):rep(9000), assert(stream:finish()))
    stream = assert(cose.decryptor(message, given))
    assert.are.equal("", stream:update(flip(ciphertext, 1, 1)))
    assert.are.equal("bad_signature", code_of(stream:finish()))
    stream = assert(cose.decryptor(message, given))
    assert.are.equal("size_out_of_range", code_of(stream:finish()))
  end)

  it("keeps `limit` bytes, no more", function()
    local mine <const> = new "A128GCM"
    local message <const>, ciphertext <const> = cose.encrypt0{ key = mine, plaintext = ("p"):rep(5000), detached = true }
    local given <const> = { keys = { mine }, algorithms = { "A128GCM" }, limit = #ciphertext }
    local stream = assert(cose.decryptor(message, given))
    assert.are.equal("", stream:update(ciphertext))
    assert.are.equal("too_large", code_of(stream:update "x"))
    assert.are.equal(("p"):rep(5000), stream:finish())
    given.limit = #ciphertext - 1
    stream = assert(cose.decryptor(message, given))
    assert.are.equal("too_large", code_of(stream:update(ciphertext)))
    assert.are.equal("", stream:update(ciphertext:sub(1, -2)))
    assert.are.equal("bad_signature", code_of(stream:finish()))
    given.limit = nil
    stream = assert(cose.decryptor(message, given))
    assert.are.equal("", stream:update(("x"):rep(1 << 20)))
    assert.are.equal("too_large", code_of(stream:update "x"))
  end)

  it("ends once", function()
    local mine <const> = new "A128CTR"
    local message <const>, ciphertext <const> = cose.encrypt0{ key = mine, plaintext = "plaintext", detached = true }
    local given <const> = { keys = { mine }, algorithms = { "A128CTR" }, limit = 0 }
    local stream = assert(cose.decryptor(message, given))
    assert.are.equal("", stream:update "")
    assert.are.equal("plaintext", stream:update(ciphertext))
    assert.are.equal("", stream:finish())
    assert.has_error(function() stream:update "x" end)
    assert.has_error(function() stream:finish() end)
    stream:close()
    stream = assert(cose.decryptor(message, given))
    stream:close()
    stream:close()
    assert.has_error(function() stream:finish() end)
  end)

  it("keeps the key it uses", function()
    local message, ciphertext, stream
    do
      local mine <const> = new "A128GCM"
      message, ciphertext = cose.encrypt0{ key = mine, plaintext = "p", detached = true }
      stream = assert(cose.decryptor(message, { keys = { mine }, algorithms = { "A128GCM" } }))
    end
    collectgarbage()
    collectgarbage()
    stream:update(ciphertext)
    assert.are.equal("p", stream:finish())
  end)
end)
