local examples <const> = require "fixtures.suit_encryption"
local raw <const> = require "fixtures.suit_raw"
local secrets <const> = require "fixtures.suit_secrets"
local suit <const> = require "teep.suit"
local vectors <const> = require "fixtures.suit_vectors"

local by_write <const>, by_copy <const>, stated <const> = secrets.by_write, secrets.by_copy, secrets.stated

describe("encrypted payloads", function()
  local sim

  before_each(function() sim = secrets.new() end)
  after_each(function() sim:close() end)

  -- The examples of draft-ietf-suit-firmware-encryption.
  local function with_files(description, names, fn)
    local contents <const> = {}
    for i, name in ipairs(names) do contents[i] = examples.file(name) end
    if #contents < #names then return pending(description .. " - " .. examples.absent) end
    it(description, function()
      sim.keys = { examples.kek, examples.device }
      fn(table.unpack(contents))
    end)
  end

  for _, exchange in ipairs{ "aes-kw", "es-ecdh" } do
    for _, cipher in ipairs{ "aes-gcm", "aes-ctr" } do
      local name <const> = exchange .. "-" .. cipher
      with_files("of example " .. name .. " decrypt, also with their headers unsorted (S-093, S-095, P-19)",
        { "suit-encryption-info-" .. name .. ".hex", "encrypted-payload-" .. name .. ".hex" }, function(info, ciphertext)
          for _, outcome in ipairs{
            sim:decrypts(by_copy({ info = info, ciphertext = ciphertext }, { after = stated(examples.plaintext) })),
            sim:decrypts(by_write({ info = info, ciphertext = ciphertext }, examples.plaintext)),
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
        local outcome <const> = sim:run(manifest, { decrypt = sim:decrypter(),
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
      local outcome <const> = sim:run(manifest, { decrypt = sim:decrypter(), rules = { lenient_completeness = true } })
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
        decrypt = sim:decrypter(), device = vectors.device, rules = require("teep.suit.rules").lenient,
        fetch = function(from, _, sink)
          return sink(from:find "%.suit" and uri or from:find "%.ta" and vectors.payload or uri)
        end,
      })
    end
    local config <const> = { "TEEP-Device", "SecureFS", "config.json" }

    it("of the TEEP draft personalize a TA with the key of its device (T-165, T-166)", function()
      sim.keys = { examples.device }
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
