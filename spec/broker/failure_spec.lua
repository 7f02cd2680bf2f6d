-- A broker whose transport fails, or whose TAM is hostile.
local rig <const> = require "broker.rig"
local scene <const> = require "agent.scene"

describe("teep.broker", function()
  teardown(scene.clean)

  local function none() return "" end

  local function events_of(one, ...)
    local list = {}
    for _, event in ipairs { ... } do one:on(event, function(details) table.insert(list, { event, details }) end) end
    return list
  end

  describe("when the transport fails", function()
    it("tries again with growing waits, then gives up (T-128)", function()
      local slept = {}
      local device = scene.new()
      local outcome, message, code = rig.new(device, { limits = { attempts = 4 },
        sleep = function(seconds) slept[#slept + 1] = seconds end }):request "app"
      assert.is_nil(outcome)
      assert.equal("not_connected", code)
      assert.equal("no route", message)
      assert.same({ 1.0, 2.0, 4.0 }, slept)
    end)

    it("tells the agent and drops the session (T-156, T-157)", function()
      local device = scene.new()
      local peer = rig.tam { scene.query(), function() return nil, "reset by peer" end }
      local one = rig.new(device, { connect = peer.connect, limits = { attempts = 1 } })
      local events = events_of(one, "transport_failed", "session")
      local outcome, message, code = one:request "app"
      assert.is_nil(outcome)
      assert.equal("not_connected", code)
      assert.equal("reset by peer", message)
      assert.same({ tam_uri = scene.URI, reason = "reset by peer" }, device:event("failed"))
      assert.equal(1, peer.closed)
      assert.equal("begun", events[1][2].state)
      assert.equal("reset by peer", events[2][2].reason)
      assert.equal("failed", events[3][2].state)
    end)

    it("succeeds at a later attempt, and closes the earlier connections", function()
      local device, failures = scene.new(), 2
      local peer = rig.tam(rig.installing())
      local one = rig.new(device, { connect = function(uri)
        failures = failures - 1
        if failures == 1 then return nil, "no route" end
        local line = peer.connect(uri)
        return failures == 0 and { exchange = function() return nil, "reset" end, close = line.close } or line
      end })
      assert.equal("installed", one:request("app").outcome)
      assert.equal(2, peer.closed)
    end)

    it("keeps the request for the next check", function()
      local device = scene.new()
      rig.new(device, { limits = { attempts = 1 } }):request "app"
      assert.same({ "app" }, rig.new(device, { connect = rig.tam(rig.installing()).connect }):check().installed)
    end)
  end)

  describe("with a hostile TAM", function()
    it("ends a session that would never end (D33)", function()
      local one = rig.new(scene.new(), { limits = { exchanges = 5, attempts = 1 }, connect = function()
        return { exchange = function() return scene.message(scene.query()) end, close = none }
      end })
      local outcome, message, code = one:request "app"
      assert.is_nil(outcome)
      assert.equal("not_connected", code)
      assert.is_truthy(message:find "5 exchanges")
    end)

    it("allows as many exchanges as the limit says", function()
      local function outcome(exchanges)
        local limits = { exchanges = exchanges, attempts = 1 }
        return assert(rig.new(scene.new(), { limits = limits, connect = rig.tam(rig.installing()).connect }):request "app")
      end
      assert.is_truthy(outcome(2).message:find "2 exchanges")
      assert.is_nil(outcome(3).message)
    end)

    it("fails a session whose message the agent drops", function()
      local device = scene.new { on_unauthenticated = "drop" }
      local peer = rig.tam { scene.message(scene.query(), scene.key "stranger") }
      local outcome, message, code = rig.new(device, { connect = peer.connect, limits = { attempts = 1 } }):request "app"
      assert.is_nil(outcome)
      assert.equal("not_connected", code)
      assert.is_truthy(message:find "dropped")
      assert.is_nil(device:event "failed")
    end)
  end)
end)
