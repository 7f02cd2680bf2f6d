-- A broker between a real agent and a TAM that the spec plays.
local broker <const> = require "teep.broker"
local rig <const> = require "broker.rig"
local scene <const> = require "agent.scene"
local task <const> = require "teep.task"

describe("teep.broker", function()
  teardown(scene.clean)

  local function none() return "" end

  describe("with a flow of its own", function()
    local function flow(run) return { api = 1, name = "mine", version = "1", summary = "s", run = run } end

    it("runs it", function()
      local peer, slept = rig.tam(rig.installing()), nil
      local mine = flow(function(session, verbs)
        assert.equal("request", session.cause)
        verbs.wait(7)
        local connection = verbs.connect(session.tam_uri)
        while verbs.exchange(connection) do assert.is_table(connection) end
        return true
      end)
      local one = rig.new(scene.new(), { connect = peer.connect, flow = mine, sleep = function(seconds) slept = seconds end })
      assert.equal("installed", one:request("app").outcome)
      assert.equal(7, slept)
      assert.equal(1, peer.closed)
    end)

    it("survives one that throws, and closes its connections", function()
      local peer = rig.tam {}
      local one = rig.new(scene.new(), { connect = peer.connect, flow = flow(function(session, verbs)
        verbs.connect(session.tam_uri)
        error "oops"
      end) })
      local outcome, message, code = one:request "app"
      assert.is_nil(outcome)
      assert.equal("policy_failed", code)
      assert.is_truthy(message:find "oops")
      assert.equal(1, peer.closed)
      assert.same({}, one:status().sessions)
    end)

    it("throws at verbs misused", function()
      local one = rig.new(scene.new(), { flow = flow(function(_, verbs) verbs.exchange "x" end) })
      assert.equal("policy_failed", select(3, one:request "app"))
      one = rig.new(scene.new(), { flow = flow(function(_, verbs) verbs.connect(5) end) })
      assert.equal("policy_failed", select(3, one:request "app"))
    end)

    it("does not begin with a broken one", function()
      local made, _, code = broker.new { agents = { scene.new().agent }, connect = none, sleep = none, random = none,
        flow = "/nowhere.lua" }
      assert.is_nil(made)
      assert.equal("not_found", code)
    end)
  end)

  describe("with several requests at once", function()
    it("runs one session for each TAM at a time and tells each the truth", function()
      local device, resume_first = scene.new(), nil
      local peer = rig.tam(rig.installing())
      local one = rig.new(device, { connect = function(uri)
        task.await(function(done) resume_first = done end)
        return peer.connect(uri)
      end })
      local outcomes = {}
      task.run(function() outcomes[1] = one:request "app" end)
      task.run(function() outcomes[2] = one:request "app" end)
      assert.same({ scene.URI }, one:status().sessions)
      assert.equal(1, one:status().waiting)
      resume_first()
      assert.equal("installed", outcomes[1].outcome)
      assert.equal("installed", outcomes[2].outcome)
      assert.equal(1, peer.connections)
      assert.same({}, one:status().sessions)
    end)

    it("lets as many wait as allowed, and not one more", function()
      local one = rig.new(scene.new(), { limits = { waiting = 1 }, connect = function()
        return task.await(function() end)
      end })
      task.run(function() one:request "1" end)
      task.run(function() one:request "2" end)
      local outcome, _, code = one:request "3"
      assert.is_nil(outcome)
      assert.equal("limit_reached", code)
    end)
  end)

  it("shows what the agents hold", function()
    local first, second = scene.new(), scene.new()
    first:update { scene.envelope {} }
    second:update { scene.envelope { id = { "lib.suit" }, component = { "lib" } } }
    local status = rig.new(first, { agents = { first.agent, second.agent } }):status()
    assert.equal("app", status.components[1].component_id)
    assert.equal("lib", status.components[2].component_id)
    assert.equal(2, #status.manifests)
    assert.same({}, status.sessions)
  end)

  it("is not disturbed by a listener that fails", function()
    local one = rig.new(scene.new(), { connect = rig.tam(rig.installing()).connect, observe = function() error "observer" end })
    one:on("exchange", function() error "listener" end)
    assert.equal("installed", one:request("app").outcome)
  end)

  for name, options in pairs {
    ["an unknown option"] = { agent = {} }, ["no agents"] = { agents = {} }, ["an unknown limit"] = { limits = { tries = 1 } },
  } do
    it("throws at " .. name, function()
      assert.has_error(function() rig.new(scene.new(), options) end)
    end)
  end
end)
