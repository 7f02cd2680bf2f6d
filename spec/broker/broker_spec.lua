-- A broker between a real agent and a TAM that the spec plays.
local broker = require "teep.broker"
local scene = require "agent.scene"
local task = require "teep.task"

describe("teep.broker", function()
  teardown(scene.clean)

  local APP <const> = { "app" }
  local OTHER <const> = "wss://other.example/teep"

  local function none() return "" end

  -- A TAM: the answer to the n-th message of a connection is `answers[n]`, a message or a function.
  local function tam(answers)
    local seen = { connections = 0, closed = 0, messages = {}, uris = {} }
    function seen.connect(uri)
      seen.connections = seen.connections + 1
      table.insert(seen.uris, uri)
      local count = 0
      return {
        exchange = function(_, bytes)
          count = count + 1
          table.insert(seen.messages, bytes)
          local answer = answers[count] or ""
          if type(answer) == "function" then return answer(bytes) end
          return type(answer) == "table" and scene.message(answer) or answer
        end,
        close = function() seen.closed = seen.closed + 1 end,
      }
    end
    return seen
  end

  local function new(device, given)
    local options = {
      agents = { device.agent }, connect = function() return nil, "no route" end,
      sleep = function() end, random = function(n) return ("\xff"):rep(n) end,
    }
    for name, value in pairs(given) do options[name] = value end
    return assert(broker.new(options))
  end

  local function update(changes)
    local fields = { type = "update", token = "87654321" }
    for name, value in pairs(changes or {}) do fields[name] = value end
    return fields
  end

  local function installing() return { scene.query(), update { manifest_list = { scene.envelope {} } } } end

  local function events_of(one, ...)
    local list = {}
    for _, event in ipairs { ... } do one:on(event, function(details) table.insert(list, { event, details }) end) end
    return list
  end

  describe("request", function()
    it("asks the TAM to begin, relays to the end and tells what was installed (T-151, T-153)", function()
      local device = scene.new()
      local peer = tam(installing())
      local outcome = assert(new(device, { connect = peer.connect }):request "app")
      assert.equal("installed", outcome.outcome)
      assert.equal("app", outcome.component_id)
      assert.equal(device.driver:probe(APP).digest, outcome.digest)
      assert.equal(5, outcome.size)
      assert.is_nil(outcome.message)
      assert.equal("", peer.messages[1])
      assert.equal(3, #peer.messages)
      assert.equal(1, peer.closed)
    end)

    it("passes bytes on unread, in both directions (T-170)", function()
      local device = scene.new()
      local heard, said = {}, {}
      local proxy = setmetatable({ receive = function(_, uri, bytes)
        table.insert(heard, bytes)
        local reply, message, code = device.agent:receive(uri, bytes)
        table.insert(said, reply)
        return reply, message, code
      end }, { __index = function(_, name)
        return function(_, ...) return device.agent[name](device.agent, ...) end
      end })
      local peer = tam { "\0no TEEP message at all\xff" }
      new(device, { agents = { proxy }, connect = peer.connect }):request "app"
      assert.same({ "\0no TEEP message at all\xff" }, heard)
      assert.same({ "", said[1] }, peer.messages)
    end)

    it("goes to the TAM the agent names (T-150)", function()
      local device = scene.new()
      local peer = tam(installing())
      assert(new(device, { connect = peer.connect }):request("app", OTHER))
      assert.same({ scene.URI }, peer.uris)
    end)

    it("contacts nobody for what is installed (T-089)", function()
      local device = scene.new()
      device:update { scene.envelope {} }
      local peer = tam {}
      local outcome = assert(new(device, { connect = peer.connect }):request(APP))
      assert.equal("already_installed", outcome.outcome)
      assert.equal(5, outcome.size)
      assert.equal(0, peer.connections)
    end)

    it("says so when the TAM does not offer it", function()
      local outcome = assert(new(scene.new(), { connect = tam { scene.query() }.connect }):request "app")
      assert.equal("not_installed", outcome.outcome)
      assert.equal("the TAM did not offer it", outcome.message)
    end)

    it("passes on why the agent refused", function()
      local bad = update { manifest_list = { scene.envelope { signer = scene.key "stranger" } } }
      local outcome = assert(new(scene.new(), { connect = tam({ scene.query(), bad }).connect }):request "app")
      assert.equal("not_installed", outcome.outcome)
      assert.is_truthy(outcome.message:find "manifest_processing_failed")
    end)

    it("passes on what the TAM reports", function()
      local report = update { err_code = "permanent_error", err_msg = "device is quarantined" }
      local outcome = assert(new(scene.new(), { connect = tam({ scene.query(), report }).connect }):request "app")
      assert.equal("not_installed", outcome.outcome)
      assert.is_truthy(outcome.message:find "device is quarantined")
    end)

    it("tells the truth when the line breaks after the installation", function()
      local answers = installing()
      answers[3] = function() return nil, "reset by peer" end
      local outcome = assert(new(scene.new(), { connect = tam(answers).connect, limits = { attempts = 1 } }):request "app")
      assert.equal("installed", outcome.outcome)
      assert.is_truthy(outcome.message:find "reset by peer")
    end)

    it("throws at text that is no identifier", function()
      assert.has_error(function() new(scene.new(), {}):request "a b" end)
    end)

    it("fails when the agent has no room for requests", function()
      local outcome, _, code = new(scene.new { limits = { requested = 0 } }, {}):request "app"
      assert.is_nil(outcome)
      assert.equal("limit_reached", code)
    end)
  end)

  describe("unrequest", function()
    local function installed()
      local device = scene.new()
      device:update { scene.envelope {} }
      return device
    end

    it("tells that the TAM had it removed", function()
      local peer = tam { scene.query(), update { unneeded_manifest_list = { { "app.suit" } } } }
      local outcome = assert(new(installed(), { connect = peer.connect }):unrequest "app")
      assert.same({ outcome = "removed", component_id = "app" }, outcome)
    end)

    it("goes to the TAM it was installed from (T-150)", function()
      local device = scene.new { tam_uris = { scene.URI, OTHER } }
      assert(new(device, { connect = tam(installing()).connect }):request("app", OTHER))
      local peer = tam { scene.query() }
      assert(new(device, { connect = peer.connect }):unrequest "app")
      assert.same({ OTHER }, peer.uris)
    end)

    it("tells that it stayed when the TAM decided so", function()
      local device = installed()
      local outcome = assert(new(device, { connect = tam({ scene.query() }).connect }):unrequest "app")
      assert.equal("not_removed", outcome.outcome)
      assert.equal("hello", device:read(APP))
    end)

    it("contacts nobody for what is not there", function()
      local device = scene.new()
      assert.equal("not_installed", new(device, {}):unrequest("app").outcome)
      device.agent:request(APP)
      assert.equal("cancelled", new(device, {}):unrequest("app").outcome)
      assert.equal("not_installed", new(device, {}):unrequest("app").outcome)
    end)
  end)

  describe("check", function()
    it("has nothing to do on a quiet device", function()
      local outcome = assert(new(scene.new(), {}):check())
      assert.same({ outcome = "nothing_pending", sessions = 0, installed = {}, removed = {} }, outcome)
    end)

    it("goes to every TAM that something is pending for (T-092, T-155)", function()
      local device = scene.new { tam_uris = { OTHER } }
      device.agent:request(APP)
      device.agent:request({ "x" }, OTHER)
      local peer = tam(installing())
      peer.uris = {}
      local outcome = assert(new(device, { connect = function(uri)
        local line = peer.connect(uri)
        return uri == OTHER and { exchange = none, close = line.close } or line
      end }):check())
      assert.same({ scene.URI, OTHER }, peer.uris)
      assert.same({ outcome = "checked", sessions = 2, installed = { "app" }, removed = {} }, outcome)
    end)

    it("tries them all, then tells the first failure", function()
      local device = scene.new { tam_uris = { OTHER } }
      device.agent:request(APP)
      device.agent:request({ "x" }, OTHER)
      local uris = {}
      local one = new(device, { limits = { attempts = 1 }, connect = function(uri)
        uris[#uris + 1] = uri
        return nil, "no route to " .. uri
      end })
      local outcome, message, code = one:check()
      assert.is_nil(outcome)
      assert.equal("not_connected", code)
      assert.is_truthy(message:find(scene.URI, 1, true))
      assert.same({ scene.URI, OTHER }, uris)
    end)
  end)

  describe("when the transport fails", function()
    it("tries again with growing waits, then gives up (T-128)", function()
      local slept = {}
      local device = scene.new()
      local outcome, message, code = new(device, { limits = { attempts = 4 },
        sleep = function(seconds) slept[#slept + 1] = seconds end }):request "app"
      assert.is_nil(outcome)
      assert.equal("not_connected", code)
      assert.equal("no route", message)
      assert.same({ 1.0, 2.0, 4.0 }, slept)
    end)

    it("tells the agent and drops the session (T-156, T-157)", function()
      local device = scene.new()
      local peer = tam { scene.query(), function() return nil, "reset by peer" end }
      local one = new(device, { connect = peer.connect, limits = { attempts = 1 } })
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
      local peer = tam(installing())
      local one = new(device, { connect = function(uri)
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
      new(device, { limits = { attempts = 1 } }):request "app"
      assert.same({ "app" }, new(device, { connect = tam(installing()).connect }):check().installed)
    end)
  end)

  describe("with a hostile TAM", function()
    it("ends a session that would never end (D33)", function()
      local one = new(scene.new(), { limits = { exchanges = 5, attempts = 1 }, connect = function()
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
        return assert(new(scene.new(), { limits = limits, connect = tam(installing()).connect }):request "app")
      end
      assert.is_truthy(outcome(2).message:find "2 exchanges")
      assert.is_nil(outcome(3).message)
    end)

    it("fails a session whose message the agent drops", function()
      local device = scene.new { on_unauthenticated = "drop" }
      local peer = tam { scene.message(scene.query(), scene.key "stranger") }
      local outcome, message, code = new(device, { connect = peer.connect, limits = { attempts = 1 } }):request "app"
      assert.is_nil(outcome)
      assert.equal("not_connected", code)
      assert.is_truthy(message:find "dropped")
      assert.is_nil(device:event "failed")
    end)
  end)

  describe("with a flow of its own", function()
    local function flow(run) return { api = 1, name = "mine", version = "1", summary = "s", run = run } end

    it("runs it", function()
      local peer, slept = tam(installing()), nil
      local mine = flow(function(session, verbs)
        assert.equal("request", session.cause)
        verbs.wait(7)
        local connection = verbs.connect(session.tam_uri)
        while verbs.exchange(connection) do assert.is_table(connection) end
        return true
      end)
      local one = new(scene.new(), { connect = peer.connect, flow = mine, sleep = function(seconds) slept = seconds end })
      assert.equal("installed", one:request("app").outcome)
      assert.equal(7, slept)
      assert.equal(1, peer.closed)
    end)

    it("survives one that throws, and closes its connections", function()
      local peer = tam {}
      local one = new(scene.new(), { connect = peer.connect, flow = flow(function(session, verbs)
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
      local one = new(scene.new(), { flow = flow(function(_, verbs) verbs.exchange "x" end) })
      assert.equal("policy_failed", select(3, one:request "app"))
      one = new(scene.new(), { flow = flow(function(_, verbs) verbs.connect(5) end) })
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
      local peer = tam(installing())
      local one = new(device, { connect = function(uri)
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
      local one = new(scene.new(), { limits = { waiting = 1 }, connect = function()
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
    local status = new(first, { agents = { first.agent, second.agent } }):status()
    assert.equal("app", status.components[1].component_id)
    assert.equal("lib", status.components[2].component_id)
    assert.equal(2, #status.manifests)
    assert.same({}, status.sessions)
  end)

  it("is not disturbed by a listener that fails", function()
    local one = new(scene.new(), { connect = tam(installing()).connect, observe = function() error "observer" end })
    one:on("exchange", function() error "listener" end)
    assert.equal("installed", one:request("app").outcome)
  end)

  for name, options in pairs {
    ["an unknown option"] = { agent = {} }, ["no agents"] = { agents = {} }, ["an unknown limit"] = { limits = { tries = 1 } },
  } do
    it("throws at " .. name, function()
      assert.has_error(function() new(scene.new(), options) end)
    end)
  end
end)
