-- What users ask of a broker: a real agent, and a TAM that the spec plays.
local rig <const> = require "broker.rig"
local scene <const> = require "agent.scene"

describe("teep.broker", function()
  teardown(scene.clean)

  local APP <const> = { "app" }
  local OTHER <const> = "wss://other.example/teep"

  local function none() return "" end

  describe("request", function()
    it("asks the TAM to begin, relays to the end and tells what was installed (T-151, T-153)", function()
      local device = scene.new()
      local peer = rig.tam(rig.installing())
      local outcome = assert(rig.new(device, { connect = peer.connect }):request "app")
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
      local peer = rig.tam { "\0no TEEP message at all\xff" }
      rig.new(device, { agents = { proxy }, connect = peer.connect }):request "app"
      assert.same({ "\0no TEEP message at all\xff" }, heard)
      assert.same({ "", said[1] }, peer.messages)
    end)

    it("goes to the TAM the agent names (T-150)", function()
      local device = scene.new()
      local peer = rig.tam(rig.installing())
      assert(rig.new(device, { connect = peer.connect }):request("app", OTHER))
      assert.same({ scene.URI }, peer.uris)
    end)

    it("contacts nobody for what is installed (T-089)", function()
      local device = scene.new()
      device:update { scene.envelope {} }
      local peer = rig.tam {}
      local outcome = assert(rig.new(device, { connect = peer.connect }):request(APP))
      assert.equal("already_installed", outcome.outcome)
      assert.equal(5, outcome.size)
      assert.same({ { manifest_component_id = "app.suit", sequence_number = 1 } }, outcome.manifests)
      assert.equal("a newer version is for its TAM to offer", outcome.message)
      assert.equal(0, peer.connections)
    end)

    it("says so when the TAM does not offer it", function()
      local outcome = assert(rig.new(scene.new(), { connect = rig.tam { scene.query() }.connect }):request "app")
      assert.equal("not_installed", outcome.outcome)
      assert.equal("the TAM did not offer it", outcome.message)
    end)

    it("passes on why the agent refused", function()
      local bad = rig.update { manifest_list = { scene.envelope { signer = scene.key "stranger" } } }
      local outcome = assert(rig.new(scene.new(), { connect = rig.tam({ scene.query(), bad }).connect }):request "app")
      assert.equal("not_installed", outcome.outcome)
      assert.is_truthy(outcome.message:find "manifest_processing_failed")
    end)

    it("passes on what the TAM reports", function()
      local report = rig.update { err_code = "permanent_error", err_msg = "device is quarantined" }
      local outcome = assert(rig.new(scene.new(), { connect = rig.tam({ scene.query(), report }).connect }):request "app")
      assert.equal("not_installed", outcome.outcome)
      assert.is_truthy(outcome.message:find "device is quarantined")
    end)

    it("tells the truth when the line breaks after the installation", function()
      local answers = rig.installing()
      answers[3] = function() return nil, "reset by peer" end
      local one = rig.new(scene.new(), { connect = rig.tam(answers).connect, limits = { attempts = 1 } })
      local outcome = assert(one:request "app")
      assert.equal("installed", outcome.outcome)
      assert.is_truthy(outcome.message:find "reset by peer")
    end)

    it("throws at text that is no identifier", function()
      assert.has_error(function() rig.new(scene.new(), {}):request "a b" end)
    end)

    it("fails when the agent has no room for requests", function()
      local outcome, _, code = rig.new(scene.new { limits = { requested = 0 } }, {}):request "app"
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
      local peer = rig.tam { scene.query(), rig.update { unneeded_manifest_list = { { "app.suit" } } } }
      local outcome = assert(rig.new(installed(), { connect = peer.connect }):unrequest "app")
      assert.same({ outcome = "removed", component_id = "app" }, outcome)
    end)

    it("goes to the TAM it was installed from (T-150)", function()
      local device = scene.new { tam_uris = { scene.URI, OTHER } }
      assert(rig.new(device, { connect = rig.tam(rig.installing()).connect }):request("app", OTHER))
      local peer = rig.tam { scene.query() }
      assert(rig.new(device, { connect = peer.connect }):unrequest "app")
      assert.same({ OTHER }, peer.uris)
    end)

    it("tells that it stayed when the TAM decided so", function()
      local device = installed()
      local outcome = assert(rig.new(device, { connect = rig.tam({ scene.query() }).connect }):unrequest "app")
      assert.equal("not_removed", outcome.outcome)
      assert.equal("hello", device:read(APP))
    end)

    it("contacts nobody for what is not there", function()
      local device = scene.new()
      assert.equal("not_installed", rig.new(device, {}):unrequest("app").outcome)
      device.agent:request(APP)
      assert.equal("cancelled", rig.new(device, {}):unrequest("app").outcome)
      assert.equal("not_installed", rig.new(device, {}):unrequest("app").outcome)
    end)
  end)

  describe("check", function()
    it("has nothing to do on a quiet device", function()
      local outcome = assert(rig.new(scene.new(), {}):check())
      assert.same({ outcome = "nothing_pending", sessions = 0, installed = {}, removed = {} }, outcome)
    end)

    it("goes to every TAM that something is pending for (T-092, T-155)", function()
      local device = scene.new { tam_uris = { OTHER } }
      device.agent:request(APP)
      device.agent:request({ "x" }, OTHER)
      local peer = rig.tam(rig.installing())
      peer.uris = {}
      local outcome = assert(rig.new(device, { connect = function(uri)
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
      local one = rig.new(device, { limits = { attempts = 1 }, connect = function(uri)
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
end)
