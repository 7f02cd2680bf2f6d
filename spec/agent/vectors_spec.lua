-- The SUIT examples of the TEEP draft, sent to an agent in Updates of either draft.
local encryption <const> = require "fixtures.suit_encryption"
local numbers <const> = require("teep.errors").numbers
local rules <const> = require "teep.suit.rules"
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"
local vectors <const> = require "fixtures.suit_vectors"
local wire <const> = require "teep.wire"

local CONFIG <const> = { "TEEP-Device", "SecureFS", "config.json" }
local PAYLOAD <const> = "8d82573a-926d-4754-9353-32dc29997f74.ta"

for _, dialect in ipairs(wire.dialects) do
  describe("an agent of " .. dialect .. ", given the draft's", function()
    if not vectors.example "suit_uri" then return pending(vectors.absent) end

    local device, fetched
    before_each(function()
      fetched = {}
      device = scene.new {
        wire = dialect, device = vectors.device,
        trust = { tams = { scene.key "tam" }, signers = { vectors.signer() } },
        fetch = function(uri, _, sink)
          table.insert(fetched, uri)
          return sink(vectors.file(PAYLOAD))
        end,
      }
    end)
    after_each(scene.clean)

    -- The Update ends in an Error and nothing of it stays.
    local function fails(envelope)
      local answer <const> = device:update { envelope }
      assert.same({ "error", "manifest_processing_failed" }, { answer.type, answer.err_code })
      assert.is_nil(device:read(vectors.component))
      assert.same({}, device.agent:status().manifests)
      return answer
    end

    local function failure(answer)
      return assert(suit.read_report(answer.suit_reports[1])).failure.code
    end

    it("suit_personalization, is strict about its dependency unless told otherwise (P-03)", function()
      assert.equal(numbers.dependency_unchecked, failure(fails(vectors.example "suit_personalization")))
    end)

    local function personalize(keys)
      device.options.rules, device.options.decryption_keys = rules.lenient, keys
      device.options.fetch = function(uri, _, sink)
        return sink(uri:find "%.ta$" and vectors.file(PAYLOAD) or vectors.example "suit_uri")
      end
      device:restart()
      return device:update { vectors.example "suit_personalization" }
    end

    it("suit_personalization, installs data for a TA with the key it is encrypted to (T-165, T-166)", function()
      assert.equal("success", personalize({ encryption.device }).type)
      assert.equal('{"name":"FOO Bar","secret":"0123456789abfcdef0123456789abcd"}', device:read(CONFIG))
      assert.equal(vectors.payload, device:read(vectors.component))
    end)

    it("suit_personalization, installs nothing with another key and reports it", function()
      local answer <const> = personalize()
      assert.same({ "error", "manifest_processing_failed" }, { answer.type, answer.err_code })
      assert.equal(numbers.operation_failed, failure(answer))
      assert.is_nil(device:read(CONFIG))
      assert.is_nil(device:read(vectors.component))
    end)

    it("update, accepts no manifest signed with ES256", function()
      fails(vectors.example("update"):sub(-334))
    end)

    it("suit_integrated, installs the published bytes and keeps them", function()
      assert.equal("success", device:update({ vectors.example "suit_integrated" }).type)
      assert.equal(vectors.payload, device:read(vectors.component))
      assert.same({}, fetched)
      device:restart()
      assert.equal(vectors.payload, device:read(vectors.component))
    end)

    it("suit_uri, fetches and installs the published bytes", function()
      assert.equal("success", device:update({ vectors.example "suit_uri" }).type)
      assert.same({ "https://example.org/" .. PAYLOAD }, fetched)
      assert.equal(vectors.payload, device:read(vectors.component))
    end)
  end)
end
