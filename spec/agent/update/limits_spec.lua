local outcome <const> = require "agent.outcome"
local scene <const> = require "agent.scene"

local succeeded <const>, failed <const> = outcome.succeeded, outcome.failed

describe("teep.agent.update", function()
  teardown(scene.clean)

  describe("at its limits", function()
    local function envelope(n) return scene.envelope { id = { "m", tostring(n) }, component = { "c", tostring(n) } } end

    it("takes as many manifests as allowed in one Update, and not one more (T-129)", function()
      local device = scene.new { limits = { manifests = 2 } }
      failed(device:update { envelope(1), envelope(2), envelope(3) }, "permanent_error", "limit is 2")
      assert.same({}, device.agent:status().components)
      succeeded(device:update { envelope(1), envelope(2) })
    end)

    it("installs as many manifests as allowed, and not one more (T-129)", function()
      local device = scene.new { limits = { installed = 2 } }
      succeeded(device:update { envelope(1), envelope(2) })
      failed(device:update { envelope(3) }, "manifest_processing_failed", "limit is 2")
      succeeded(device:update { envelope(2) })
      succeeded(device:update({ envelope(3) }, { unneeded_manifest_list = { { "m", "1" } } }))
    end)

    it("installs as many components as allowed, and not one more (T-129)", function()
      local device = scene.new { limits = { components = 2 } }
      succeeded(device:update { envelope(1), envelope(2) })
      failed(device:update { envelope(3) }, "manifest_processing_failed", "limit is 2")
      succeeded(device:update { envelope(2) })
    end)

    it("knows as many manifests as allowed, uninstalled ones included (T-129)", function()
      local device = scene.new { limits = { known = 2 } }
      succeeded(device:update { envelope(1), envelope(2) })
      succeeded(device:uninstall { "m", "1" })
      failed(device:update { envelope(3) }, "manifest_processing_failed", "limit is 2")
      succeeded(device:update { envelope(1) })
    end)

    it("installs nothing when the ledger is full, but still removes", function()
      local device = scene.new()
      succeeded(device:update { envelope(1) })
      local size = #device.driver:seal_get "ledger"
      device.options.limits = { ledger = size }
      device:restart()
      failed(device:update { envelope(2) }, "manifest_processing_failed", "ledger")
      succeeded(device:uninstall { "m", "1" })
    end)
  end)
end)
