-- Payloads by URI for a real agent, from a line that the spec plays.
local crypto <const> = require "teep.crypto"
local line <const> = require "broker.line"
local rig <const> = require "broker.rig"
local scene <const> = require "agent.scene"
local task <const> = require "teep.task"

describe("teep.broker fetch", function()
  teardown(scene.clean)

  describe("for a real agent", function()
    local APP <const> = { "app" }

    local function remote(payload, size)
      local digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", payload) }
      return scene.envelope { components = { { APP, uri = line.URI, digest = digest, size = size or #payload } } }
    end

    local function site(envelope, attempt, given)
      local one
      local here = scene.new { fetch = function(...) return one:fetch(...) end }
      local options = { agents = { here.agent }, connect = rig.tam(rig.installing(envelope)).connect, download = attempt }
      for name, value in pairs(given or {}) do options[name] = value end
      one = line.broker(options)
      return one, here
    end

    it("suspends inside of the exchange, lets others in, and installs (T-172)", function()
      local arrive, slept
      local one, here = site(remote(line.PAYLOAD), function(_, offset, sink)
        if not task.await(function(done) arrive = done end) then return nil, "reset", "not_connected" end
        return sink(line.PAYLOAD:sub(offset + 1))
      end, { sleep = function() task.await(function(done) slept = done end) end })
      local outcomes = {}
      task.run(function() outcomes[1] = one:request "app" end)
      task.run(function() outcomes[2] = one:request "app" end)
      task.run(function() outcomes[3] = one:check() end)
      assert.same({ { uri = line.SHOWN, received = 0, attempts = 1 } }, one:status().downloads)
      assert.equal(2, one:status().waiting)
      assert.is_nil(here:installed(APP))
      arrive(false)
      assert.is_nil(outcomes[1])
      slept()
      arrive(true)
      assert.equal("installed", outcomes[1].outcome)
      assert.equal("installed", outcomes[2].outcome)
      assert.equal("checked", outcomes[3].outcome)
      assert.equal(line.PAYLOAD, here:read(APP))
      local status = one:status()
      assert.same({ {}, {}, 0 }, { status.downloads, status.sessions, status.waiting })
    end)

    for name, case in pairs {
      ["other bytes than the manifest says"] = { remote "ABCDEFGHIJ", "digest" },
      ["more bytes than the manifest says"] = { remote(line.PAYLOAD, 9), "exceeds 9 bytes" },
      ["fewer bytes than the manifest says"] = { remote(line.PAYLOAD .. "x"), "" },
    } do
      it("stays as it was when it gets " .. name, function()
        local attempts = 0
        local one, here = site(case[1], function(_, _, sink)
          attempts = attempts + 1
          return sink(line.PAYLOAD)
        end)
        here.agent:request(APP)
        local before = here:snapshot(APP)
        local outcome = assert(one:request "app")
        assert.equal("not_installed", outcome.outcome)
        assert.matches(case[2], outcome.message, 1, true)
        assert.matches("manifest_processing_failed", outcome.message, 1, true)
        assert.equal(1, attempts)
        assert.is_nil(here:read(APP))
        assert.same(before[2], here:snapshot(APP)[2])
        assert.same({}, here.agent:status().components)
      end)
    end
  end)
end)
