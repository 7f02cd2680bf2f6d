-- What a TAM drops, and that it leaves no trace: the store is compared before and after.
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local key <const> = require "teep.key"
local message <const> = require "teep.message"
local world <const> = require "tam.world"

describe("the input gate of a TAM", function()
  local w
  before_each(function() w = world.new() end)
  after_each(world.clean)

  local function dropped(expected, bytes)
    local before <const> = w:dump()
    local answer <const>, reason, code = w:receive(bytes)
    assert.is_nil(answer)
    assert.equal(expected, code, reason)
    local stranger <const> = not w.session.kid or nil
    assert.same({ code = expected, message = reason, session = w.session, stranger = stranger }, w:event "dropped")
    assert.same(before, w:dump())
  end

  local function response(changes)
    local fields <const> = { type = "query-response", token = w:request().token, tc_list = {} }
    for name, value in pairs(changes or {}) do fields[name] = value or nil end
    return fields
  end

  local function payload(changes) return assert(message.encode(response(changes), { wire = "v26" })) end

  it("drops messages of one byte over the limit, not those at it (T-074)", function()
    w.options.limits = { message = #world.signed(response()) }
    w:stop()
    w:start()
    dropped("too_large", world.signed(response { selected_version = 0 }))
    assert.same({}, { w:receive(world.signed(response())) })
    w.options.limits = nil
  end)

  it("drops what is no CBOR (T-007)", function()
    dropped("truncated", "")
    dropped("truncated", "\xd2\x84")
    dropped("trailing_bytes", world.signed(response()) .. "\0")
    dropped("truncated", world.signed(payload():sub(1, -2)))
    dropped("trailing_bytes", world.signed(payload() .. "\0"))
  end)

  it("drops what is no COSE_Sign1 or COSE_Sign (T-008)", function()
    dropped("not_cose", "\x80")
    dropped("not_cose", payload())
    dropped("not_cose", assert(cose.sign1 { key = world.key "device", payload = payload(), detached = true }))
  end)

  it("drops critical headers it does not understand (T-009)", function()
    local protected <const> = cbor.encode(cbor.map { { 1, -9 }, { 2, cbor.array { 99 } }, { 99, 1 } })
    dropped("critical_header",
      cbor.encode(cbor.tag(18, cbor.array { protected, cbor.map {}, payload(), ("s"):rep(64) })))
  end)

  it("drops types a TAM does not receive, and unknown ones", function()
    for _, fields in ipairs { { type = "update", token = w:request().token }, w:request() } do
      fields.algorithm = nil
      dropped("wrong_direction", world.signed(fields))
    end
    dropped("unknown_message", world.signed(cbor.encode(cbor.array { 7, cbor.map {}, 1 })))
    dropped("wrong_type", world.signed(cbor.encode(cbor.map {})))
  end)

  it("drops answers without a token", function()
    dropped("token_missing", world.signed(response { token = false }))
    dropped("wrong_type", world.signed(cbor.encode(cbor.array { 4, cbor.map { { 19, 5 } } })))
  end)

  it("drops tokens it did not issue", function()
    dropped("token_invalid", world.signed(response { token = ("x"):rep(16) }))
    local other <const> = world.new()
    dropped("token_invalid", world.signed(response { token = other:request().token }))
  end)

  it("drops tokens altered in any byte (D8)", function()
    local token <const> = w:request().token
    for i = 1, #token do
      local bad <const> = token:sub(1, i - 1) .. string.char(token:byte(i) ~ 1) .. token:sub(i + 1)
      dropped("token_invalid", world.signed(response { token = bad }))
    end
  end)

  it("drops a token one second after its expiry, not at it (T-016, T-075)", function()
    local fields <const> = response()
    w.now = w.now + 4 * 3600 + 1
    dropped("token_expired", world.signed(fields))
    w.now = w.now - 1
    assert.same({}, { w:receive(world.signed(fields)) })
  end)

  it("lets the life of a token be configured (T-076, T-123)", function()
    w.options.limits = { token_life = 10 }
    w:stop()
    w:start()
    local fields <const> = response()
    w.now = w.now + 11
    dropped("token_expired", world.signed(fields))
  end)

  it("drops agents it does not know and messages without kid (T-167)", function()
    local stranger <const> = assert(key.generate { algorithm = "ESP256" })
    dropped("unknown_key", world.signed(response(), stranger))
    dropped("unknown_key", assert(cose.sign1 { key = world.key "device", payload = payload(), no_kid = true }))
  end)

  it("spends no signature check on tokens it did not issue, nor on strangers (D1)", function()
    local stranger <const> = assert(key.generate { algorithm = "ESP256" })
    local function unsigned(fields, signer) return (world.signed(fields, signer):gsub(".$", "\0")) end
    dropped("too_large", ("x"):rep(1024 * 1024 + 1))
    dropped("token_invalid", unsigned(response { token = ("x"):rep(43) }, stranger))
    dropped("token_invalid", unsigned(response { token = ("x"):rep(43) }))
    dropped("unknown_key", unsigned(response(), stranger))
  end)

  it("drops messages of a TAM, whose key is no agent's", function()
    dropped("unknown_key", world.signed(response(), world.key("tam")))
  end)

  it("drops altered messages, whichever byte of the payload or the signature it was (T-010, T-006)", function()
    local good <const> = world.signed(response())
    local seen <const> = {}
    for i = 1, #good do
      local bad <const> = good:sub(1, i - 1) .. string.char(good:byte(i) ~ 1) .. good:sub(i + 1)
      local before <const> = w:dump()
      local answer <const>, _, code = w:receive(bad)
      assert.is_nil(answer)
      assert.is_string(code, "byte " .. i)
      assert.same(before, w:dump())
      seen[code] = true
    end
    assert.is_true(seen.bad_signature and seen.token_invalid and seen.unknown_key)
    assert.same({}, { w:receive(good) }, "the message itself is good, and its token still is")
  end)

  it("drops a payload under the signature of another one", function()
    local first <const>, second <const> = world.signed(payload()), payload { selected_version = 0 }
    local shape <const> = assert(cose.parse(first))
    local start <const> = first:find(shape.payload, 1, true)
    local forged <const> = first:sub(1, start - 3) .. "\x58" .. string.char(#second) .. second
      .. first:sub(start + #shape.payload)
    dropped("bad_signature", forged)
  end)

  it("drops a message that claims the kid of another agent", function()
    local device <const>, other <const> = world.key("device"), world.key("other")
    local bytes <const> = world.signed(response(), other)
    local start <const>, finish <const> = bytes:find(other:thumbprint(), 1, true)
    dropped("bad_signature", bytes:sub(1, start - 1) .. device:thumbprint() .. bytes:sub(finish + 1))
  end)

  it("drops algorithms that are no TEEP suite", function()
    local es256 <const> = assert(key.generate { algorithm = "ES256" })
    w.options.trust = { agents = { assert(key.load(es256:public())) }, signers = {} }
    w:stop()
    w:start()
    dropped("algorithm_not_allowed", world.signed(response(), es256))
  end)

  it("takes two signatures, not three", function()
    local function sign(...) return assert(cose.sign { keys = { ... }, payload = payload() }) end
    local device <const>, ed25519 <const> = world.key("device"), world.key("device", "Ed25519")
    dropped("limit_reached", sign(device, ed25519, world.key "other"))
    assert.same({}, { w:receive(sign(device, ed25519)) })
  end)

  it("accepts untagged messages", function()
    assert.same({}, { w:receive(assert(cose.sign1 { key = world.key "device", payload = payload(), untagged = true })) })
  end)

  it("drops messages that break the structure of their type, and keeps their token good (T-011)", function()
    local token <const> = w:request().token
    local function raw(...)
      return world.signed(cbor.encode(cbor.array { 2, cbor.map { { 19, token }, { 7, cbor.array { ... } } } }))
    end
    dropped("wrong_type", raw(1))
    dropped("missing_field", raw(cbor.map {}))
    dropped("size_out_of_range", world.signed(cbor.encode(cbor.array { 4, cbor.map { { 19, token } }, 1 })))
    dropped("number_out_of_range", world.signed(cbor.encode(cbor.array { 5, cbor.map { { 19, token } }, 0 })))
    assert.same({}, { w:receive(raw()) })
  end)

  it("drops a token that was used, also after a restart (T-017, D7)", function()
    local bytes <const> = world.signed(response())
    assert.same({}, { w:receive(bytes) })
    dropped("token_spent", bytes)
    w:stop()
    w:start()
    dropped("token_spent", bytes)
    dropped("token_spent", world.signed(response { token = assert(message.decode(
      cose.parse(bytes).payload, { wire = "v26" })).token }, world.key "other"))
  end)

  it("drops what answers another message than it was asked (T-074)", function()
    assert(w.tam:add_manifest(world.envelope {}))
    dropped("unexpected_message", world.signed { type = "success", token = w:request().token })
    local update <const> = w:want "app"
    dropped("unexpected_message", world.signed(response { token = update.token }))
    assert.is_nil(w:tell { type = "success", token = update.token })
    assert.equal("success", w:event("message").type)
  end)
end)
