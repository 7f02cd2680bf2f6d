local crypto <const> = require "teep.crypto"
local outcome <const> = require "agent.outcome"
local scene <const> = require "agent.scene"

local succeeded <const>, failed <const> = outcome.succeeded, outcome.failed
local unchanged <const>, installed <const> = outcome.unchanged, outcome.installed

describe("teep.agent.update", function()
  teardown(scene.clean)

  local APP <const>, APP_SUIT <const> = { "app" }, { "app.suit" }
  local LIB <const>, LIB_SUIT <const> = { "lib" }, { "lib.suit" }

  describe("when it comes again", function()
    it("is refused and changes nothing (T-172, A-28)", function()
      local device = installed()
      local fields = { type = "update", token = "87654321", unneeded_manifest_list = { APP_SUIT } }
      succeeded(device:tell(fields))
      succeeded(device:update { scene.envelope { sequence = 5 } })
      unchanged(device, function()
        local answer = failed(device:tell(fields), "permanent_error", "processed before")
        assert.equal("87654321", answer.token)
        device:restart()
        failed(device:tell(fields), "permanent_error", "processed before")
      end)
    end)

    it("is refused as well after a failure", function()
      local device = scene.new()
      local fields = { type = "update", token = "87654321",
        manifest_list = { scene.envelope { signer = scene.key "stranger" } } }
      failed(device:tell(fields), "manifest_processing_failed")
      failed(device:tell(fields), "permanent_error", "processed before")
    end)

    it("does not confuse the tokens of two TAMs (T-001)", function()
      local second = scene.key "second tam"
      local device = scene.new { trust = { tams = { scene.key "tam", second }, signers = {} } }
      local fields = { type = "update", token = "87654321" }
      succeeded(device:tell(fields))
      succeeded(device:tell(fields, second))
      failed(device:tell(fields, second), "permanent_error")
    end)

    it("is known as long as the cache holds it, and not longer", function()
      local device = scene.new { limits = { update_tokens = 2 } }
      local function update(token) return device:tell { type = "update", token = token } end
      succeeded(update "token--1")
      succeeded(update "token--2")
      failed(update "token--1", "permanent_error")
      succeeded(update "token--3")
      failed(update "token--2", "permanent_error")
      succeeded(update "token--1")
    end)
  end)

  describe("while another one is processed", function()
    it("is asked to come again, and a query is answered (T-172)", function()
      local device
      device = scene.new { fetch = function(_, _, sink)
        coroutine.yield()
        return sink "from afar"
      end }
      local digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", "from afar") }
      local remote = scene.envelope { components = { { APP, uri = "coap://x/app", digest = digest, size = 9 } } }
      local first = coroutine.create(function() return device:update { remote } end)
      assert(coroutine.resume(first))
      assert.equal("suspended", coroutine.status(first))
      local lib = scene.envelope { id = LIB_SUIT, component = LIB }
      local fields = { type = "update", token = "87654321", manifest_list = { lib } }
      failed(device:tell(fields), "temporary_error")
      assert.equal("query-response", device:tell(scene.query()).type)
      local _, answer = assert(coroutine.resume(first))
      succeeded(answer)
      assert.equal("from afar", device:read(APP))
      succeeded(device:tell(fields))
    end)

    it("is served when the one before it died", function()
      local device = scene.new { fetch = function() error "network on fire" end }
      local digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", "x") }
      local remote = scene.envelope { components = { { APP, uri = "coap://x/app", digest = digest, size = 1 } } }
      pcall(device.update, device, { remote })
      succeeded(device:update { scene.envelope {} })
    end)
  end)
end)
