local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local examples <const> = require "fixtures.suit_encryption"
local flip <const> = require("fixtures.bytes").flip
local raw <const> = require "fixtures.suit_raw"
local secrets <const> = require "fixtures.suit_secrets"
local suit <const> = require "teep.suit"

local by_write <const>, by_copy <const> = secrets.by_write, secrets.by_copy
local stated <const>, plaintext <const> = secrets.stated, secrets.plaintext

describe("encrypted payloads", function()
  local sim

  before_each(function() sim = secrets.new() end)
  after_each(function() sim:close() end)

  describe("are refused", function()
    it("by a device that has none of the keys", function()
      for _, recipients in ipairs{ { examples.device }, { examples.symmetric("A128KW", ("b"):rep(16), "other") } } do
        sim:refused("unknown_key", 11, sim:decrypts(by_write(sim:secret("A128GCM", recipients))))
      end
    end)

    it("when the key is another than the kid says", function()
      sim.keys = { examples.symmetric("A128KW", ("x"):rep(16), "kid-1") }
      sim:refused("operation_failed", 11, sim:decrypts(by_write(sim:secret("A128GCM", { examples.kek }))))
    end)

    it("when a byte of the ciphertext or its tag is another (S-096)", function()
      for _, algorithm in ipairs{ "A128GCM", "A256GCM", "ChaCha20/Poly1305" } do
        for _, last in ipairs{ false, true } do
          local made <const> = sim:secret(algorithm)
          made.ciphertext = flip(made.ciphertext, last and #made.ciphertext or 1, 1)
          sim:refused("operation_failed", 11, sim:decrypts(by_write(made)))
          sim:refused("operation_failed", 11, sim:decrypts(by_copy(made)))
        end
      end
    end)

    it("when a ciphertext without tag has another digest, before it is decrypted (S-096)", function()
      local made <const> = sim:secret "A128CTR"
      local outcome <const> = sim:decrypts(by_copy(made, { sent = flip(made.ciphertext, 3, 1) }))
      sim:refused("operation_failed", 11, outcome)
      assert.matches("the ciphertext has another digest", outcome.message)
    end)

    it("when the plaintext of a ciphertext without tag has another digest (S-096)", function()
      local made <const> = sim:secret "A128CTR"
      local outcome <const> = sim:decrypts(by_copy(made, { before = false, sent = flip(made.ciphertext, 3, 1) }))
      sim:refused("operation_failed", 11, outcome)
      assert.matches("the plaintext has another digest", outcome.message)
    end)

    it("when a ciphertext without tag changes between its measurement and its use (S-096)", function()
      local made <const> = sim:secret "A128CTR"
      local changing <const> = setmetatable({}, { __index = function(_, name)
        return function(_, ...)
          if name == "read" then return flip(made.ciphertext, 3, 1) end
          return sim.driver[name](sim.driver, ...)
        end
      end })
      local txn <const> = assert(sim.driver:txn())
      local slot <const> = assert(txn:stage(secrets.source))
      slot:write(made.ciphertext)
      slot:finish()
      assert(txn:commit())
      local copy <const> = raw.make{
        components = { raw.component, secrets.source }, shared = false,
        fields = { [24] = false, [20] = raw.sequence(12, 1, 20, raw.map{ [3] = stated(made.ciphertext) }, 12, 0, 20,
          raw.map{ [19] = made.info, [22] = 1 }, 22, 15) },
      }
      local outcome <const> = sim:process(copy, { decrypt = sim:decrypter(), driver = changing })
      assert.equal("operation_failed", outcome.code, outcome.message)
      assert.matches("the source changed", outcome.message)
      assert.is_nil(sim:content(raw.component))
      assert.is_true(sim:decrypts(copy).ok)
    end)

    it("without tag when neither digest is stated (S-090, S-096)", function()
      sim:refused("parameter_unset", 8, sim:decrypts(by_copy(sim:secret "A256CTR", { before = false, after = false })))
      assert.is_true(sim:decrypts(by_copy(sim:secret "A256GCM", { before = false, after = false })).ok)
    end)

    it("with a wrapped key that is another", function()
      local made <const> = sim:secret("A128GCM", { examples.kek })
      made.info = flip(made.info, #made.info, 1)
      sim:refused("operation_failed", 11, sim:decrypts(by_write(made)))
    end)

    it("with an algorithm that encrypts nothing, by its own reason", function()
      local info <const> = cbor.encode(cbor.tag(96, cbor.array{ cbor.encode(cbor.map{ { 1, -7 } }),
        cbor.map{ { 5, ("i"):rep(12) } }, cbor.null,
        cbor.array{ cbor.array{ "", cbor.map{ { 1, -3 }, { 4, "kid-1" } }, ("w"):rep(24) } } }))
      sim:refused("algorithm_not_allowed", 3, sim:decrypts(by_write{ info = info, ciphertext = "c" }))
    end)

    it("with an encryption-info that is none: untagged, attached, COSE_Encrypt0, not COSE", function()
      local good <const> = sim:secret("A128GCM", { examples.kek })
      local attached <const> = assert(cose.encrypt{ recipients = { examples.kek }, algorithm = "A128GCM",
        plaintext = plaintext, other = "SUIT Payload Encryption" })
      local zero <const> = assert(cose.encrypt0{ key = examples.symmetric("A128GCM", ("k"):rep(16), "kid-1"),
        plaintext = plaintext, detached = true })
      for _, info in ipairs{ good.info:sub(3), attached, zero, "\xA0", "" } do
        local outcome <const> = sim:decrypts(by_write{ info = info, ciphertext = good.ciphertext })
        sim:refused(outcome.code, info == "" and 1 or 2, outcome)
      end
    end)

    it("with another purpose in the key derivation (S-093)", function()
      local info <const>, ciphertext <const> = cose.encrypt{ recipients = { sim:public() }, algorithm = "A128GCM",
        plaintext = plaintext, detached = true, other = "SUIT Report Encryption" }
      sim:refused("operation_failed", 11, sim:decrypts(by_write{ info = info, ciphertext = ciphertext }))
    end)

    it("with a protected header where AES-CTR has none (S-094, P-18)", function()
      local info <const> = cbor.encode(cbor.tag(96, cbor.array{ cbor.encode(cbor.map{ { 1, -65534 } }),
        cbor.map{ { 5, ("i"):rep(16) } }, cbor.null,
        cbor.array{ cbor.array{ "", cbor.map{ { 1, -3 }, { 4, "kid-1" } },
          crypto.wrap{ algorithm = "A128KW", key = ("a"):rep(16), secret = ("c"):rep(16) } } } }))
      local outcome <const> = sim:decrypts(by_write{ info = info, ciphertext = "c" })
      assert.is_false(outcome.ok)
      sim:refused(outcome.code, outcome.reason, outcome)
    end)

    it("beyond the limit for what an AEAD has to keep", function()
      local made <const> = sim:secret("A128GCM", { examples.kek })
      assert.is_true(sim:decrypts(by_write(made), { buffered_bytes = #made.ciphertext }).ok)
      assert(sim:process(raw.make(), { procedure = "uninstall" }).ok)
      sim:refused("too_large", 1, sim:decrypts(by_write(made), { buffered_bytes = #made.ciphertext - 1 }))
    end)

    it("without telling which step failed", function()
      local made <const>, messages <const> = sim:secret("A128GCM", { examples.kek }), {}
      messages[1] = sim:decrypts(by_write{ info = made.info, ciphertext = flip(made.ciphertext, #made.ciphertext, 1) }).message
      messages[2] = sim:decrypts(by_write{ info = flip(made.info, #made.info, 1), ciphertext = made.ciphertext }).message
      sim.keys = { examples.symmetric("A128KW", ("x"):rep(16), "kid-1") }
      messages[3] = sim:decrypts(by_write(made)).message
      assert.same({ messages[1], messages[1], messages[1] }, messages)
    end)

    it("in a plaintext larger than image-size", function()
      sim:refused("operation_failed", 11, sim:decrypts(by_write(sim:secret "A128CTR", plaintext:sub(2))))
    end)

    it("where nothing decrypts, before anything runs", function()
      local outcome <const> = sim:process(by_write(sim:secret "A128GCM"))
      sim:refused("parameter_unsupported", 8, outcome)
      assert.same({}, outcome.records)
    end)
  end)

  it("throw for unknown options and limits", function()
    assert.has_error(function() suit.encrypt("", { recipients = { sim:public() }, cek = "" }) end)
    assert.error_matches(function() suit.encrypt("", { recipients = {} }) end, "1..8 recipients")
    assert.has_error(function() suit.decrypt_with(sim.keys, { key = sim:own() }) end)
    assert.has_error(function() sim:decrypter{ bytes = 1 } end)
  end)

  it("are not made for a key that cannot be a recipient's", function()
    local made <const>, message <const>, code <const> = suit.encrypt("", { recipients = { raw.signer } })
    assert.is_nil(made)
    assert.equal("wrong_key", code)
    assert.matches("encryption", message)
  end)
end)
