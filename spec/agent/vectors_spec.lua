-- The SUIT examples of the TEEP draft, sent to an agent in Updates of either draft.
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"
local vectors <const> = require "fixtures.suit_vectors"
local wire <const> = require "teep.wire"

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

    it("suit_personalization, refuses what it cannot decrypt and says so in its report", function()
      local answer <const> = fails(vectors.example "suit_personalization")
      local report <const> = assert(suit.read_report(answer.suit_reports[1]))
      assert.equal(require("teep.errors").numbers.parameter_unsupported, report.failure.code)
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
