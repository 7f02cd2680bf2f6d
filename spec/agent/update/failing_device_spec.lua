local agent <const> = require "teep.agent"
local faults <const> = require "agent.faults"
local outcome <const> = require "agent.outcome"
local scene <const> = require "agent.scene"

local succeeded <const>, failed <const> = outcome.succeeded, outcome.failed
local unchanged <const>, installed <const> = outcome.unchanged, outcome.installed

describe("teep.agent.update", function()
  teardown(scene.clean)

  local APP <const> = { "app" }

  describe("on a failing device", function()
    local function failing(method, code)
      local broken = { on = false }
      local device = scene.new({}, function(driver)
        return faults.wrap(driver, function(name, when)
          if broken.on and name == method and when == "before" then return nil, "out of order", code end
        end)
      end)
      return device, broken
    end

    for method, code in pairs { txn = "io_failed", stage = "io_failed", commit = "io_failed" } do
      it(("refuses and stays as it was when %s fails"):format(method), function()
        local device, broken = failing(method, code)
        unchanged(device, function()
          broken.on = true
          failed(device:update { scene.envelope {} }, "manifest_processing_failed")
        end)
        broken.on = false
        succeeded(device:update { scene.envelope {} })
      end)
    end

    it("asks for another try when the device is busy, and takes the same Update then", function()
      local device, broken = failing("txn", "busy")
      local fields = { type = "update", token = "87654321", manifest_list = { scene.envelope {} } }
      broken.on = true
      failed(device:tell(fields), "temporary_error")
      broken.on = false
      succeeded(device:tell(fields))
    end)

    it("does not say Success before the ledger is durable (T-102)", function()
      local device, broken = failing("seal_put", "io_failed")
      broken.on = true
      assert.equal("error", device:update({ scene.envelope {} }).type)
      assert.is_nil(device:read(APP))
    end)

    it("does not open on a damaged ledger", function()
      local device = installed()
      assert(device.driver:seal_put("ledger", "\xff"))
      local options = { driver = device.driver, device = { vendor_identifier = ("v"):rep(16), class_identifier = ("c"):rep(16) },
        trust = { tams = {}, signers = {} }, clock = os.time }
      local opened, _, code = agent.new(options)
      assert.is_nil(opened)
      assert.equal("corrupt", code)
    end)
  end)
end)
