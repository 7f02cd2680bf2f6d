local faults <const> = require "agent.faults"
local outcome <const> = require "agent.outcome"
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"

local succeeded <const>, failed <const> = outcome.succeeded, outcome.failed
local unchanged <const>, installed <const> = outcome.unchanged, outcome.installed

describe("teep.agent.update", function()
  teardown(scene.clean)

  local APP <const>, APP_SUIT <const> = { "app" }, { "app.suit" }
  local LIB <const>, LIB_SUIT <const> = { "lib" }, { "lib.suit" }

  describe("with a component of two manifests", function()
    local function shared()
      local device = scene.new()
      succeeded(device:update { scene.envelope {} })
      succeeded(device:update { scene.envelope { id = LIB_SUIT } })
      return device
    end

    it("keeps it until the last one goes (T-175, S-074)", function()
      local device = shared()
      assert.same({ "app.suit", "lib.suit" }, device:installed(APP).manifests)
      succeeded(device:uninstall(APP_SUIT))
      assert.equal("hello", device:read(APP))
      succeeded(device:uninstall(LIB_SUIT))
      assert.is_nil(device:read(APP))
    end)

    it("decrements once for each manifest (T-175, S-074)", function()
      local device = shared()
      succeeded(device:uninstall(APP_SUIT, APP_SUIT))
      succeeded(device:uninstall(APP_SUIT))
      assert.equal("hello", device:read(APP))
    end)

    it("refuses to overwrite it with other bytes (T-175, S-075)", function()
      local device = installed()
      unchanged(device, function()
        local other = scene.envelope { id = LIB_SUIT, payload = "other" }
        local answer = failed(device:update { other }, "manifest_processing_failed")
        assert.is_false(assert(suit.read_report(answer.suit_reports[1])).ok)
      end)
    end)

    it("counts the same after a restart (T-175)", function()
      local device = shared()
      device:restart()
      succeeded(device:uninstall(LIB_SUIT))
      assert.equal("hello", device:read(APP))
    end)
  end)

  describe("with unneeded manifests", function()
    it("removes manifest and component (T-041)", function()
      local device = installed()
      device.agent:unrequest(APP)
      succeeded(device:uninstall(APP_SUIT))
      assert.is_nil(device:read(APP))
      local status = device.agent:status()
      assert.same({ {}, {}, {} }, { status.components, status.manifests, status.unneeded })
    end)

    it("takes one it does not have for gone already", function()
      succeeded(installed():uninstall { "never.suit" })
    end)

    it("keeps the sequence number of what was uninstalled (D12)", function()
      local device = installed()
      succeeded(device:uninstall(APP_SUIT))
      device:restart()
      failed(device:update { scene.envelope { sequence = 4 } }, "manifest_processing_failed")
      succeeded(device:update { scene.envelope { sequence = 5 } })
    end)

    it("removes before it installs (S-140)", function()
      local device = installed()
      succeeded(device:update({ scene.envelope { id = LIB_SUIT, payload = "other" } },
        { unneeded_manifest_list = { APP_SUIT } }))
      assert.equal("other", device:read(APP))
    end)

    it("installs nothing when the removal fails (T-100)", function()
      local broken = false
      local device = scene.new({}, function(driver)
        return faults.wrap(driver, function(name)
          if broken and name == "commit" then return nil, "worn out", "io_failed" end
        end)
      end)
      succeeded(device:update { scene.envelope {} })
      unchanged(device, function()
        broken = true
        local lib = scene.envelope { id = LIB_SUIT, component = LIB }
        failed(device:update({ lib }, { unneeded_manifest_list = { APP_SUIT } }), "manifest_processing_failed", "app.suit")
      end)
    end)

    it("removes what it has no intact envelope of", function()
      for _, envelope in ipairs { "", "\xff", scene.envelope { id = LIB_SUIT, component = LIB } } do
        local device = installed()
        assert(device.driver:seal_put("manifest-1", envelope))
        succeeded(device:uninstall(APP_SUIT))
        assert.is_nil(device:read(APP))
      end
    end)

    it("removes what a signer signed who is no longer trusted", function()
      local device = installed()
      device.options.trust = { tams = { scene.key "tam" }, signers = { scene.key "new signer" } }
      device:restart()
      succeeded(device:uninstall(APP_SUIT))
      assert.is_nil(device:read(APP))
    end)
  end)
end)
