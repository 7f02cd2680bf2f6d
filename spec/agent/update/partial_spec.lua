local faults <const> = require "agent.faults"
local outcome <const> = require "agent.outcome"
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"

local failed <const> = outcome.failed

describe("teep.agent.update", function()
  teardown(scene.clean)

  local APP <const> = { "app" }
  local LIB <const>, LIB_SUIT <const> = { "lib" }, { "lib.suit" }

  describe("with manifests", function()
    describe("one of which is bad", function()
      local function bad(id)
        return (scene.envelope({ id = { id .. ".suit" }, component = { id }, payload = "payload" }):gsub("payload$", "PAYLOAD"))
      end

      local function outcomes(answer)
        local list = {}
        for i, bytes in ipairs(answer.suit_reports) do
          local report = assert(suit.read_report(bytes))
          assert.equal(answer.token, report.nonce)
          list[i] = report.ok
        end
        return list
      end

      it("installs the others and reports on every one attempted (A-26, T-101)", function()
        local device = scene.new()
        local last = scene.envelope { id = { "last.suit" }, component = { "last" } }
        local answer = failed(device:update { scene.envelope {}, bad "lib", last }, "manifest_processing_failed",
          "1 of 3 failed, lib.suit: ")
        assert.same({ true, false, true }, outcomes(answer))
        assert.same({ "hello", "hello" }, { device:read(APP), device:read { "last" } })
        assert.is_nil(device:read(LIB))
        device:restart()
        assert.equal(2, #device.agent:status().manifests)
      end)

      it("names the first of several", function()
        local answer = failed(scene.new():update { bad "one", bad "two" }, "manifest_processing_failed",
          "2 of 2 failed, one.suit: ")
        assert.same({ false, false }, outcomes(answer))
      end)

      it("tells by its place which has no trusted signer, without a report (S-001)", function()
        local device = scene.new()
        local stranger = scene.envelope { id = LIB_SUIT, component = LIB, signer = scene.key "stranger" }
        local answer = failed(device:update { stranger, scene.envelope {} }, "manifest_processing_failed",
          "1 of 2 failed, manifest-list[1]: ")
        assert.same({ true }, outcomes(answer))
        assert.equal("hello", device:read(APP))
      end)

      it("reports on one that is refused for a limit as well (T-060)", function()
        local device = scene.new { limits = { installed = 1 } }
        local lib = scene.envelope { id = LIB_SUIT, component = LIB }
        local answer = failed(device:update { scene.envelope {}, lib }, "manifest_processing_failed", "limit is 1")
        assert.same({ true, false }, outcomes(answer))
      end)

      it("refuses its token from then on (A-28)", function()
        local device = scene.new()
        local fields = { type = "update", token = "87654321", manifest_list = { bad "lib", scene.envelope {} } }
        failed(device:tell(fields), "manifest_processing_failed")
        failed(device:tell(fields), "permanent_error", "processed before")
      end)

      -- Two manifests whose payloads do not come, for these reasons.
      local function unreachable(first, second)
        local device = scene.new { fetch = function(uri)
          local code = uri:find "one" and first or second
          return nil, "no payload: " .. code, code
        end }
        local digest = { algorithm = "SHA-256", bytes = ("d"):rep(32) }
        local function remote(id)
          return scene.envelope { id = { id .. ".suit" },
            components = { { { id }, uri = "coap://x/" .. id, digest = digest, size = 9 } } }
        end
        return device, { remote "one", scene.envelope {}, remote "two" }
      end

      it("says that it will fail again where one will (T-060)", function()
        for _, codes in ipairs { { "digest_mismatch", "not_connected" }, { "timed_out", "refused" } } do
          local device, list = unreachable(table.unpack(codes))
          failed(device:update(list), "manifest_processing_failed", codes[1] == "timed_out" and "refused" or "digest_mismatch")
        end
      end)

      it("says that it may pass where every failure may (T-060)", function()
        for _, code in ipairs { "not_connected", "timed_out", "busy" } do
          local device, list = unreachable(code, "not_connected")
          local answer = failed(device:update(list), "temporary_error", "2 of 3 failed, one.suit: ")
          assert.same({ false, true, false }, outcomes(answer))
          assert.equal("hello", device:read(APP))
        end
      end)
    end)

    it("attempts no other manifest while it is unknown what the last one did (A-26)", function()
      local broken = false
      local device = scene.new({}, function(driver)
        return faults.wrap(driver, function(name, when)
          if name == "commit" and when == "before" then broken = true end
          if broken and name == "seal_put" then return nil, "worn out", "io_failed" end
        end)
      end)
      local lib = scene.envelope { id = LIB_SUIT, component = LIB }
      local answer = failed(device:update { scene.envelope {}, lib }, "temporary_error", "worn out")
      assert.equal(1, #answer.suit_reports)
      broken = false
      device:restart()
      assert.equal("hello", device:read(APP))
      assert.is_nil(device:read(LIB))
    end)
  end)
end)
