-- Encrypted payloads: ours from the author to the device, and the examples of the drafts.
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local encryption <const> = require "teep.suit.encryption"
local examples <const> = require "fixtures.suit_encryption"
local key <const> = require "teep.key"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"
local tree <const> = require "fixtures.suit_tree"
local vectors <const> = require "fixtures.suit_vectors"

local plaintext <const> = "The secret of this component: 7c1b8f2e-33d0"
local enc <const> = { "hello", "enc" }

local function parameters(values) return raw.map(values) end

local function stated(bytes) return cbor.encode(raw.digest(bytes)) end

describe("encrypted payloads", function()
  local sim, keys

  -- A key in the TEE, as devices have it, and one they share with the distributor.
  local function own() return assert(sim.driver:key("encryption", "ECDH-ES+A128KW")) end
  local function public() return assert(key.load(own():public())) end

  before_each(function()
    sim = device.new()
    keys = { own(), examples.kek }
  end)
  after_each(function() sim:close() end)

  local function decrypter(limits) return suit.decrypt_with(keys, { limits = limits }) end

  local function secret(algorithm, recipients, payload)
    return assert(suit.encrypt(payload or plaintext, { recipients = recipients or { public() }, algorithm = algorithm }))
  end

  -- The ciphertext stands in the manifest.
  local function by_write(made, wanted)
    return raw.make{
      shared = raw.sequence(20, raw.image(wanted or plaintext), 1, 15, 2, 15),
      fields = { [20] = raw.sequence(20, parameters{ [18] = made.ciphertext, [19] = made.info }, 18, 15, 3, 15) },
    }
  end

  -- The ciphertext is fetched into a component of its own; `before`, `after`: image digests of both, false for none.
  local function by_copy(made, options)
    options = options or {}
    local source <const> = options.before == nil and stated(made.ciphertext) or options.before
    local target <const> = options.after == nil and stated(plaintext) or options.after
    return raw.make{
      components = { raw.component, enc }, shared = false,
      fields = { [24] = false, [20] = raw.sequence(12, 1, 20, parameters{ [3] = source, [21] = cbor.text "#0" }, 21, 15,
        12, 0, 20, parameters{ [3] = target, [19] = made.info, [22] = 1 }, 22, 15) },
      envelope = { members = { ["#0"] = options.sent or made.ciphertext } },
    }
  end

  local function run(envelope, limits) return sim:process(envelope, { decrypt = decrypter(limits) }) end

  local function holds_plaintext()
    return os.execute(("grep -rqF '%s' '%s'"):format(plaintext, sim.path)) ~= nil
  end

  -- Nothing has changed, and the plaintext is nowhere below the folder of the TEE.
  local function refused(code, reason, outcome)
    assert.is_false(outcome.ok)
    assert.equal(code, outcome.code, outcome.message)
    assert.equal(reason, outcome.reason)
    assert.is_nil(sim:content(raw.component))
    assert.is_nil(sim:content(enc))
    assert.is_false(holds_plaintext())
  end

  local function altered(bytes, at)
    at = at < 0 and #bytes + 1 + at or at
    return bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ 1) .. bytes:sub(at + 1)
  end

  describe("are refused", function()
    it("by a device that has none of the keys", function()
      for _, recipients in ipairs{ { examples.device }, { examples.symmetric("A128KW", ("b"):rep(16), "other") } } do
        refused("unknown_key", 11, run(by_write(secret("A128GCM", recipients))))
      end
    end)

    it("when the key is another than the kid says", function()
      keys = { examples.symmetric("A128KW", ("x"):rep(16), "kid-1") }
      refused("operation_failed", 11, run(by_write(secret("A128GCM", { examples.kek }))))
    end)

    it("when a byte of the ciphertext or its tag is another (S-096)", function()
      for _, algorithm in ipairs{ "A128GCM", "A256GCM", "ChaCha20/Poly1305" } do
        for _, at in ipairs{ 1, -1 } do
          local made <const> = secret(algorithm)
          made.ciphertext = altered(made.ciphertext, at)
          refused("operation_failed", 11, run(by_write(made)))
          refused("operation_failed", 11, run(by_copy(made)))
        end
      end
    end)

    it("when a ciphertext without tag has another digest, before it is decrypted (S-096)", function()
      local made <const> = secret "A128CTR"
      local outcome <const> = run(by_copy(made, { sent = altered(made.ciphertext, 3) }))
      refused("operation_failed", 11, outcome)
      assert.matches("the ciphertext has another digest", outcome.message)
    end)

    it("when the plaintext of a ciphertext without tag has another digest (S-096)", function()
      local made <const> = secret "A128CTR"
      local outcome <const> = run(by_copy(made, { before = false, sent = altered(made.ciphertext, 3) }))
      refused("operation_failed", 11, outcome)
      assert.matches("the plaintext has another digest", outcome.message)
    end)

    it("when a ciphertext without tag changes between its measurement and its use (S-096)", function()
      local made <const> = secret "A128CTR"
      local changing <const> = setmetatable({}, { __index = function(_, name)
        return function(_, ...)
          if name == "read" then return altered(made.ciphertext, 3) end
          return sim.driver[name](sim.driver, ...)
        end
      end })
      local txn <const> = assert(sim.driver:txn())
      local slot <const> = assert(txn:stage(enc))
      slot:write(made.ciphertext)
      slot:finish()
      assert(txn:commit())
      local copy <const> = raw.make{
        components = { raw.component, enc }, shared = false,
        fields = { [24] = false, [20] = raw.sequence(12, 1, 20, parameters{ [3] = stated(made.ciphertext) }, 12, 0, 20,
          parameters{ [19] = made.info, [22] = 1 }, 22, 15) },
      }
      local outcome <const> = sim:process(copy, { decrypt = decrypter(), driver = changing })
      assert.equal("operation_failed", outcome.code, outcome.message)
      assert.matches("the source changed", outcome.message)
      assert.is_nil(sim:content(raw.component))
      assert.is_true(run(copy).ok)
    end)

    it("without tag when neither digest is stated (S-090, S-096)", function()
      refused("parameter_unset", 8, run(by_copy(secret "A256CTR", { before = false, after = false })))
      assert.is_true(run(by_copy(secret "A256GCM", { before = false, after = false })).ok)
    end)

    it("with a wrapped key that is another", function()
      local made <const> = secret("A128GCM", { examples.kek })
      made.info = altered(made.info, -1)
      refused("operation_failed", 11, run(by_write(made)))
    end)

    it("with an algorithm that encrypts nothing, by its own reason", function()
      local info <const> = cbor.encode(cbor.tag(96, cbor.array{ cbor.encode(cbor.map{ { 1, -7 } }),
        cbor.map{ { 5, ("i"):rep(12) } }, cbor.null,
        cbor.array{ cbor.array{ "", cbor.map{ { 1, -3 }, { 4, "kid-1" } }, ("w"):rep(24) } } }))
      refused("algorithm_not_allowed", 3, run(by_write{ info = info, ciphertext = "c" }))
    end)

    it("with an encryption-info that is none: untagged, attached, COSE_Encrypt0, not COSE", function()
      local good <const> = secret("A128GCM", { examples.kek })
      local attached <const> = assert(cose.encrypt{ recipients = { examples.kek }, algorithm = "A128GCM",
        plaintext = plaintext, other = "SUIT Payload Encryption" })
      local zero <const> = assert(cose.encrypt0{ key = examples.symmetric("A128GCM", ("k"):rep(16), "kid-1"),
        plaintext = plaintext, detached = true })
      for _, info in ipairs{ good.info:sub(3), attached, zero, "\xA0", "" } do
        local outcome <const> = run(by_write{ info = info, ciphertext = good.ciphertext })
        refused(outcome.code, info == "" and 1 or 2, outcome)
      end
    end)

    it("with another purpose in the key derivation (S-093)", function()
      local info <const>, ciphertext <const> = cose.encrypt{ recipients = { public() }, algorithm = "A128GCM",
        plaintext = plaintext, detached = true, other = "SUIT Report Encryption" }
      refused("operation_failed", 11, run(by_write{ info = info, ciphertext = ciphertext }))
    end)

    it("with a protected header where AES-CTR has none (S-094, P-18)", function()
      local info <const> = cbor.encode(cbor.tag(96, cbor.array{ cbor.encode(cbor.map{ { 1, -65534 } }),
        cbor.map{ { 5, ("i"):rep(16) } }, cbor.null,
        cbor.array{ cbor.array{ "", cbor.map{ { 1, -3 }, { 4, "kid-1" } },
          crypto.wrap{ algorithm = "A128KW", key = ("a"):rep(16), secret = ("c"):rep(16) } } } }))
      local outcome <const> = run(by_write{ info = info, ciphertext = "c" })
      assert.is_false(outcome.ok)
      refused(outcome.code, outcome.reason, outcome)
    end)

    it("beyond the limit for what an AEAD has to keep", function()
      local made <const> = secret("A128GCM", { examples.kek })
      assert.is_true(run(by_write(made), { buffered_bytes = #made.ciphertext }).ok)
      assert(sim:process(raw.make(), { procedure = "uninstall" }).ok)
      refused("too_large", 1, run(by_write(made), { buffered_bytes = #made.ciphertext - 1 }))
    end)

    it("without telling which step failed", function()
      local made <const>, messages <const> = secret("A128GCM", { examples.kek }), {}
      messages[1] = run(by_write{ info = made.info, ciphertext = altered(made.ciphertext, -1) }).message
      messages[2] = run(by_write{ info = altered(made.info, -1), ciphertext = made.ciphertext }).message
      keys = { examples.symmetric("A128KW", ("x"):rep(16), "kid-1") }
      messages[3] = run(by_write(made)).message
      assert.same({ messages[1], messages[1], messages[1] }, messages)
    end)

    it("in a plaintext larger than image-size", function()
      refused("operation_failed", 11, run(by_write(secret "A128CTR", plaintext:sub(2))))
    end)

    it("where nothing decrypts, before anything runs", function()
      local outcome <const> = sim:process(by_write(secret "A128GCM"))
      refused("parameter_unsupported", 8, outcome)
      assert.same({}, outcome.records)
    end)
  end)

  it("throw for unknown options and limits", function()
    assert.has_error(function() suit.encrypt("", { recipients = { public() }, cek = "" }) end)
    assert.error_matches(function() suit.encrypt("", { recipients = {} }) end, "1..8 recipients")
    assert.has_error(function() suit.decrypt_with(keys, { key = own() }) end)
    assert.has_error(function() decrypter{ bytes = 1 } end)
  end)

  it("are not made for a key that cannot be a recipient's", function()
    local made <const>, message <const>, code <const> = suit.encrypt("", { recipients = { raw.signer } })
    assert.is_nil(made)
    assert.equal("wrong_key", code)
    assert.matches("encryption", message)
  end)

  for _, algorithm in ipairs(encryption.algorithms) do
    it("reach the component by write and by copy, with " .. algorithm .. " (S-090, S-094, S-095)", function()
      for _, recipients in ipairs{ { public() }, { examples.kek }, { examples.device, examples.kek, public() } } do
        local made <const> = secret(algorithm, recipients)
        assert.is_nil(made.ciphertext:find(plaintext, 1, true))
        for _, envelope in ipairs{ by_write(made), by_copy(made) } do
          local outcome <const> = run(envelope)
          assert.is_true(outcome.ok, outcome.message)
          assert.equal(plaintext, sim:content(raw.component))
          assert.is_true(holds_plaintext())
        end
      end
    end)
  end

  it("have a key and an IV of their own each time (S-090, S-095)", function()
    local first <const>, second <const> = secret "A128CTR", secret "A128CTR"
    assert.not_equal(first.ciphertext, second.ciphertext)
    assert.not_equal(first.info, second.info)
  end)

  it("may be empty", function()
    for _, algorithm in ipairs{ "A128GCM", "A128CTR" } do
      local outcome <const> = run(by_write(secret(algorithm, nil, ""), ""))
      assert.is_true(outcome.ok, outcome.message)
      assert.equal("", sim:content(raw.component))
    end
  end)

  local function by_fetch(made, sent, digest, more)
    local commands <const> = { 20, parameters{ [3] = digest, [19] = made.info, [21] = cbor.text "#0" }, 21, 15 }
    for _, command in ipairs(more or {}) do commands[#commands + 1] = command end
    return raw.make{ shared = false, fields = { [20] = raw.sequence(table.unpack(commands)) },
      envelope = { members = { ["#0"] = sent or made.ciphertext } } }
  end

  local function run_on_fetch(envelope)
    return sim:process(envelope, { decrypt = decrypter(), rules = { decrypt_on_fetch = true } })
  end

  it("are fetched as they are: fetch does not decrypt unless the host says so (P-17)", function()
    local made <const> = secret "A128GCM"
    local outcome = run(by_fetch(made, nil, nil, { raw.compared(made.ciphertext) }))
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(made.ciphertext, sim:content(raw.component))
    outcome = run_on_fetch(by_fetch(made))
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(plaintext, sim:content(raw.component))
  end)

  it("that fetch decrypts are refused like any other (P-17, S-096)", function()
    local made <const> = secret "A128GCM"
    refused("operation_failed", 11, run_on_fetch(by_fetch(made, altered(made.ciphertext, 1))))
    local stream <const> = secret "A128CTR"
    refused("parameter_unset", 8, run_on_fetch(by_fetch(stream)))
    refused("operation_failed", 11, run_on_fetch(by_fetch(stream, altered(stream.ciphertext, 1), stated(plaintext))))
    local outcome <const> = run_on_fetch(by_fetch(stream, nil, stated(plaintext)))
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(plaintext, sim:content(raw.component))
  end)

  it("may be dependencies: those are decrypted when they are fetched (P-17)", function()
    local inner <const> = raw.make{ fields = { [5] = raw.array{ "inner" } } }
    local digest <const> = cbor.encode(raw.digest(cbor.encode(cbor.decode(inner):get(3))))
    for _, algorithm in ipairs{ "A128GCM", "A128CTR" } do
      local made <const> = secret(algorithm, nil, inner)
      local function outer(sent)
        return raw.make{
          components = { { "own" } }, shared = false,
          common = { [1] = raw.map{ [1] = raw.map{ [1] = cbor.array{ "inner" } } } },
          fields = { [24] = false,
            [15] = raw.sequence(12, 1, 20, parameters{ [3] = digest, [19] = made.info, [21] = cbor.text "#d" }, 21, 2, 7, 2),
            [20] = raw.sequence(12, 1, 7, 2, 11, 2) },
          envelope = { members = { ["#0"] = false, ["#d"] = sent } },
        }
      end
      assert.is_false(run(outer(altered(made.ciphertext, 40))).ok)
      assert.is_nil(sim:content(raw.component))
      local outcome <const> = run(outer(made.ciphertext))
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(raw.payload, sim:content(raw.component))
      assert(sim:process(raw.make(), { procedure = "uninstall" }).ok)
    end
  end)

  it("are confirmed by a dependency that they decrypt to only where their own digest was stated (S-096)", function()
    local made <const> = secret("A128CTR", nil, tree.child())
    local function copied(digest)
      return tree.parent{
        child = false, members = { ["#c"] = made.ciphertext },
        fields = {
          [15] = raw.sequence(12, 0, 20, parameters{ [21] = cbor.text "#c", [3] = digest }, 21, 2, 12, 1, 20,
            parameters{ [3] = tree.digest(tree.child_manifest()), [19] = made.info, [22] = 0 }, 22, 2, 7, 2),
          [20] = raw.sequence(12, 1, 11, 2), [24] = false,
        },
      }
    end
    local given <const> = { decrypt = decrypter(), rules = { lenient_completeness = true } }
    refused("payload_unconfirmed", 4, sim:process(copied(), given))
    local outcome <const> = sim:process(copied(cbor.encode(raw.digest(made.ciphertext))), given)
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(tree.child_content, sim:content(tree.child_component))
  end)

  it("are described by set-parameters and in a shared sequence as well (S-090, P-07)", function()
    local made <const> = secret "A128GCM"
    local outcome <const> = run(raw.make{
      shared = raw.sequence(19, parameters{ [18] = made.ciphertext, [19] = made.info }),
      fields = { [20] = raw.sequence(18, 15) },
    })
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(plaintext, sim:content(raw.component))
  end)

  it("pass through AES-CTR piece by piece, and through an AEAD at the end alone", function()
    local payload <const> = ("0123456789abcdef"):rep(4096)
    for algorithm, at_once in pairs{ A128CTR = true, A128GCM = false } do
      local made <const>, got <const> = secret(algorithm, nil, payload), {}
      local filter <const> = assert(decrypter()(made.info, function(bytes)
        got[#got + 1] = bytes
        return true
      end))
      for at = 1, #made.ciphertext, 1000 do assert(filter:update(made.ciphertext:sub(at, at + 999))) end
      assert.equal(at_once, #got > 60)
      assert(filter:finish())
      assert.equal(payload, table.concat(got))
    end
  end)

  for _, inline in ipairs{ true, false } do
    it("of the author tool are installed by " .. (inline and "write" or "copy") .. " (S-090, S-094)", function()
      local envelope <const> = assert(suit.sign(assert(suit.create{
        manifest_component_id = raw.manifest_id, sequence_number = 1,
        components = { {
          id = raw.component, payload = plaintext, encryption = secret "A128GCM", inline = inline or nil,
          staging = not inline and { "encrypted" } or nil,
          vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier,
        } },
      }), { key = raw.signer }))
      assert.is_nil(envelope:find(plaintext, 1, true))
      local outcome <const> = run(envelope)
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(plaintext, sim:content(raw.component))
      assert.equal(crypto.digest("SHA-256", plaintext), outcome.installed[1].digest)
    end)
  end

  it("say no more once the place they go to is full", function()
    local made <const> = secret "A128CTR"
    local filter <const> = assert(decrypter()(made.info, function() return nil, "full", "no_space" end))
    assert.same({ nil, "full", "no_space" }, { filter:update(made.ciphertext) })
  end)

  it("are checked against the digests at hand", function()
    local found <const> = { digest_algorithm = "SHA-256", digest = crypto.digest("SHA-256", "x") }
    local good <const>, bad <const> = { algorithm = "SHA-256", bytes = found.digest }, { algorithm = "SHA-256", bytes = "" }
    assert.is_true(encryption.check_plaintext(found, good))
    assert.is_true(encryption.check_plaintext(found))
    assert.is_nil((encryption.check_plaintext(found, bad)))
    assert.is_nil((encryption.check_plaintext(found, { algorithm = "SHA-384", bytes = found.digest })))
  end)

  -- The examples of draft-ietf-suit-firmware-encryption.
  local function with_files(description, names, fn)
    local contents <const> = {}
    for i, name in ipairs(names) do contents[i] = examples.file(name) end
    if #contents < #names then return pending(description .. " - " .. examples.absent) end
    it(description, function()
      keys = { examples.kek, examples.device }
      fn(table.unpack(contents))
    end)
  end

  for _, exchange in ipairs{ "aes-kw", "es-ecdh" } do
    for _, cipher in ipairs{ "aes-gcm", "aes-ctr" } do
      local name <const> = exchange .. "-" .. cipher
      with_files("of example " .. name .. " decrypt, also with their headers unsorted (S-093, S-095, P-19)",
        { "suit-encryption-info-" .. name .. ".hex", "encrypted-payload-" .. name .. ".hex" }, function(info, ciphertext)
          for _, outcome in ipairs{
            run(by_copy({ info = info, ciphertext = ciphertext }, { after = stated(examples.plaintext) })),
            run(by_write({ info = info, ciphertext = ciphertext }, examples.plaintext)),
          } do
            assert.is_true(outcome.ok, outcome.message)
            assert.equal(examples.plaintext, sim:content(raw.component))
          end
        end)
    end
  end

  -- As they are published: those with AES-KW have a MAC.
  local function verified(envelope)
    return assert(suit.verify(envelope, {
      keys = { vectors.signer(), examples.mac, examples.distributor }, algorithms = { "ESP256", "HMAC-256" },
    }))
  end

  for name, file in pairs{ ["aes-kw-content"] = false, ["es-ecdh-content"] = false,
    ["aes-kw"] = "encrypted-payload-aes-kw-aes-gcm.hex", ["aes-kw-slot"] = "encrypted-payload-aes-kw-aes-gcm.hex" } do
    with_files("of manifest " .. name .. " are installed (S-090)",
      { "suit-manifest-" .. name .. ".hex.signed", file or nil }, function(envelope, ciphertext)
        local manifest <const> = verified(envelope)
        local outcome <const> = sim:run(manifest, { decrypt = decrypter(),
          fetch = function(_, _, sink) return sink(ciphertext) end })
        assert.is_true(outcome.ok, outcome.message)
        local found
        for _, id in ipairs(manifest.components) do
          if sim:content(id) == examples.plaintext then found = id end
        end
        assert.is_truthy(found)
      end)
  end

  with_files("of manifest es-ecdh-dependency are installed: encrypted by the distributor for the author (P-16)",
    { "suit-manifest-es-ecdh-dependency.hex.signed" }, function(envelope)
      local manifest <const> = verified(envelope)
      local outcome <const> = sim:run(manifest, { decrypt = decrypter(), rules = { lenient_completeness = true } })
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(examples.plaintext, sim:content(manifest.components[1]))
    end)

  -- The personalization of the TEEP draft: encrypted data for a TA that is its dependency.
  local personalization <const>, uri <const> = vectors.example "suit_personalization", vectors.example "suit_uri"
  if not (personalization and uri) then
    pending("of the TEEP draft personalize a TA with the key of its device - " .. vectors.absent)
  else
    local function personalize()
      return sim:run(verified(personalization), {
        decrypt = decrypter(), device = vectors.device, rules = require("teep.suit.rules").lenient,
        fetch = function(from, _, sink)
          return sink(from:find "%.suit" and uri or from:find "%.ta" and vectors.payload or uri)
        end,
      })
    end
    local config <const> = { "TEEP-Device", "SecureFS", "config.json" }

    it("of the TEEP draft personalize a TA with the key of its device (T-165, T-166)", function()
      keys = { examples.device }
      local outcome <const> = personalize()
      assert.is_true(outcome.ok, outcome.message)
      assert.equal('{"name":"FOO Bar","secret":"0123456789abfcdef0123456789abcd"}', sim:content(config))
      assert.equal(vectors.payload, sim:content(vectors.component))
    end)

    it("of the TEEP draft do not open on another device, where nothing is left", function()
      local outcome <const> = personalize()
      assert.equal("operation_failed", outcome.code, outcome.message)
      assert.equal(11, outcome.reason)
      assert.is_nil(sim:content(config))
      assert.is_nil(sim:content(vectors.component))
    end)
  end
end)
