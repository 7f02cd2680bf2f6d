local outcome <const> = require "agent.outcome"
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"

local succeeded <const>, failed <const> = outcome.succeeded, outcome.failed
local unchanged <const>, installed <const> = outcome.unchanged, outcome.installed

describe("teep.agent.update", function()
  teardown(scene.clean)

  local APP <const> = { "app" }
  local LIB <const> = { "lib" }

  describe("with manifests", function()
    it("installs and reports with the token as nonce (T-050, T-052, T-101, S-140)", function()
      local device = scene.new()
      local answer = succeeded(device:tell { type = "update", token = "87654321", manifest_list = { scene.envelope {} } })
      assert.equal("87654321", answer.token)
      assert.equal(1, #answer.suit_reports)
      local report = assert(suit.read_report(answer.suit_reports[1]))
      assert.is_true(report.ok)
      assert.equal("87654321", report.nonce)
      assert.equal("hello", device:read(APP))
      assert.equal(device.driver:probe(APP).digest, device:installed(APP).digest)
    end)

    it("answers without token when there was none (T-050)", function()
      local answer = succeeded(scene.new():tell { type = "update", manifest_list = { scene.envelope {} } })
      assert.is_nil(answer.token)
      assert.is_nil(suit.read_report(answer.suit_reports[1]).nonce)
    end)

    it("remembers what is installed when the device goes off and on", function()
      local device = installed()
      local before = device.agent:status()
      before.last_answer = nil
      device:restart()
      assert.same(before, device.agent:status())
    end)

    it("refuses a manifest of an untrusted signer (S-001)", function()
      local device = installed()
      unchanged(device, function()
        local other = scene.envelope { sequence = 6, payload = "evil", signer = scene.key "stranger" }
        local answer = failed(device:update { other }, "manifest_processing_failed")
        assert.is_nil(answer.suit_reports)
      end)
    end)

    it("refuses a manifest signed by the TAM", function()
      local device = installed()
      unchanged(device, function()
        failed(device:update { scene.envelope { sequence = 6, signer = scene.key "tam" } }, "manifest_processing_failed")
      end)
    end)

    it("refuses a payload that is not the one signed for, and reports it (T-060, S-140)", function()
      local device = installed()
      local altered = scene.envelope({ sequence = 6, payload = "payload" }):gsub("payload$", "PAYLOAD")
      unchanged(device, function()
        local answer = failed(device:update { altered }, "manifest_processing_failed", "app.suit")
        local report = assert(suit.read_report(answer.suit_reports[1]))
        assert.is_false(report.ok)
        assert.equal(answer.token, report.nonce)
      end)
    end)

    it("refuses a lower sequence number, also after a restart (S-008, D12)", function()
      local device = installed()
      unchanged(device, function()
        failed(device:update { scene.envelope { sequence = 4, payload = "older" } }, "manifest_processing_failed")
      end)
      device:restart()
      failed(device:update { scene.envelope { sequence = 4, payload = "older" } }, "manifest_processing_failed")
    end)

    it("takes the same sequence number again, and a higher one with other bytes (P-12)", function()
      local device = installed()
      succeeded(device:update { scene.envelope { sequence = 5 } })
      succeeded(device:update { scene.envelope { sequence = 6, payload = "newer" } })
      assert.equal("newer", device:read(APP))
      assert.equal(1, #device.agent:status().manifests)
      assert.equal(6, device.agent:status().manifests[1].sequence_number)
    end)

    it("counts sequence numbers for each manifest on its own (P-13)", function()
      local device = installed()
      local other = { id = { "other.suit" }, component = { "other" }, sequence = 1 }
      succeeded(device:update { scene.envelope(other) })
      failed(device:update { scene.envelope { sequence = 4 } }, "manifest_processing_failed")
    end)

    it("takes sequence numbers beyond 2^63 as unsigned (D6)", function()
      local device = scene.new()
      succeeded(device:update { scene.envelope { sequence = -1 } })
      failed(device:update { scene.envelope { sequence = math.maxinteger } }, "manifest_processing_failed")
      assert.equal(-1, device.agent:status().manifests[1].sequence_number)
      device = scene.new()
      succeeded(device:update { scene.envelope { sequence = math.maxinteger } })
      succeeded(device:update { scene.envelope { sequence = -1 } })
      failed(device:update { scene.envelope { sequence = math.maxinteger } }, "manifest_processing_failed")
    end)

    it("installs all components of a manifest or none", function()
      local device = scene.new()
      local both = { { APP, "one" }, { LIB, "two" } }
      local altered = scene.envelope({ components = both }):gsub("two$", "TWO")
      unchanged(device, function() failed(device:update { altered }, "manifest_processing_failed") end)
      succeeded(device:update { scene.envelope { components = both } })
      assert.equal("one", device:read(APP))
      assert.equal("two", device:read(LIB))
    end)

    it("removes a component that the next version no longer has", function()
      local device = scene.new()
      succeeded(device:update { scene.envelope { components = { { APP, "one" }, { LIB, "two" } } } })
      succeeded(device:update { scene.envelope { sequence = 2, payload = "three" } })
      assert.equal("three", device:read(APP))
      assert.is_nil(device:read(LIB))
    end)

    it("clears the request for what it installed", function()
      local device = scene.new()
      device.agent:request(APP)
      device.agent:request(LIB)
      succeeded(device:update { scene.envelope {} })
      assert.same({ { component_id = "lib", tam_uri = scene.URI } }, device.agent:status().requested)
    end)
  end)
end)
