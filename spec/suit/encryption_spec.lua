local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local encryption <const> = require "teep.suit.encryption"
local key <const> = require "teep.key"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local function symmetric(algorithm) return assert(key.generate{ algorithm = algorithm }) end

local recipient <const> = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" })
local public <const> = assert(key.load(recipient:public()))

-- What a processor gets out of an info and a ciphertext, fed in pieces of 7 bytes.
local function open(keys, info, ciphertext, given)
  local pieces <const> = {}
  local filter <const>, message <const>, code <const> = suit.decrypt_with(keys, given)(info, function(bytes)
    pieces[#pieces + 1] = bytes
    return true
  end)
  if not filter then return filter, message, code end
  for at = 1, #ciphertext, 7 do
    local ok <const>, why <const>, reason <const> = filter:update(ciphertext:sub(at, at + 6))
    if not ok then return ok, why, reason end
  end
  local ok <const>, why <const>, reason <const> = filter:finish()
  if not ok then return ok, why, reason end
  return table.concat(pieces)
end

describe("teep.suit.encrypt", function()
  it("refuses what is no recipient, and algorithms that are none", function()
    for _, case in ipairs{
      { { raw.trusted[1] }, "A128GCM" }, { { public }, "SHA-256" },
    } do
      local made <const>, message <const> = suit.encrypt("payload", { recipients = case[1], algorithm = case[2] })
      assert.is_nil(made)
      assert.equal("string", type(message))
    end
    assert.error_matches(function() suit.encrypt("payload", {}) end, "missing option: recipients")
    assert.error_matches(function() suit.encrypt("payload", { recipients = {} }) end, "1..8 recipients")
  end)

  it("gives other bytes each time (S-090)", function()
    local first <const> = suit.encrypt("x", { recipients = { public } })
    local second <const> = suit.encrypt("x", { recipients = { public } })
    assert.not_equal(first.info, second.info)
    assert.not_equal(first.ciphertext, second.ciphertext)
  end)

  for _, algorithm in ipairs(encryption.algorithms) do
    it("is opened by each recipient, with " .. algorithm, function()
      local shared <const> = symmetric "A128KW"
      local made <const> = assert(suit.encrypt(raw.payload, { recipients = { public, shared }, algorithm = algorithm }))
      assert.is_nil(made.ciphertext:find(raw.payload, 1, true))
      for _, mine in ipairs{ recipient, shared } do
        assert.equal(raw.payload, open({ mine }, made.info, made.ciphertext))
      end
    end)
  end
end)

describe("teep.suit.decrypt_with", function()
  local made

  lazy_setup(function() made = assert(suit.encrypt(raw.payload, { recipients = { public } })) end)

  local function refused(code, ...)
    local plaintext <const>, message <const>, found <const> = open(...)
    assert.is_nil(plaintext)
    assert.equal(code, found, message)
    return message
  end

  it("does not tell which step failed", function()
    local other <const> = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" })
    local flipped <const> = string.char(made.ciphertext:byte(1) ~ 1) .. made.ciphertext:sub(2)
    local messages <const> = {
      refused("operation_failed", { other }, made.info, made.ciphertext),
      refused("operation_failed", {}, made.info, made.ciphertext),
      refused("operation_failed", { recipient }, made.info, flipped),
      refused("operation_failed", { recipient }, made.info, made.ciphertext:sub(1, -2)),
      refused("operation_failed", { recipient }, "\x80", made.ciphertext),
    }
    for _, message in ipairs(messages) do assert.equal(messages[1], message) end
  end)

  it("tells that an algorithm is not supported", function()
    refused("unsupported_algorithm", { recipient }, made.info, made.ciphertext, { algorithms = { "A256GCM" } })
  end)

  it("keeps a ciphertext as large as the limit, none larger", function()
    local size <const> = #made.ciphertext
    assert.equal(raw.payload, open({ recipient }, made.info, made.ciphertext, { limits = { payload_bytes = size } }))
    refused("operation_failed", { recipient }, made.info, made.ciphertext, { limits = { payload_bytes = size - 1 } })
  end)

  it("stops when the sink does", function()
    local filter <const> = assert(suit.decrypt_with{ recipient }(made.info, function() return nil, "full", "no_space" end))
    assert.is_true(filter:update(made.ciphertext))
    assert.same({ nil, "full", "no_space" }, { filter:finish() })
  end)

  for _, inline in ipairs{ true, false } do
    it("serves a processor that " .. (inline and "writes" or "copies") .. " (S-090, S-094)", function()
      local sim <const> = device.new()
      finally(function() sim:close() end)
      local envelope <const> = assert(suit.sign(assert(suit.create{
        manifest_component_id = raw.manifest_id, sequence_number = 1,
        components = { {
          id = raw.component, payload = raw.payload, encryption = made, inline = inline or nil,
          staging = not inline and { "encrypted" } or nil,
          vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier,
        } },
      }), { key = raw.signer }))
      assert.is_nil(envelope:find(raw.payload, 1, true))
      local outcome <const> = sim:process(envelope, { decrypt = suit.decrypt_with{ recipient } })
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(raw.payload, sim:content(raw.component))
      assert.equal(crypto.digest("SHA-256", raw.payload), outcome.installed[1].digest)
    end)
  end
end)
