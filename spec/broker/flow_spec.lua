local flow = require "teep.broker.flow"
local scene = require "agent.scene"

describe("teep.broker.flow", function()
  teardown(scene.clean)

  local function script(text)
    local path = scene.folder() .. "/flow.lua"
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    return path
  end

  local function fake_session(verbs)
    return { verbs = function() return verbs or {} end, facts = function() return { tam_uri = "ws://tam" } end }
  end

  local function table_flow(run) return { api = 1, name = "f", version = "1", summary = "s", run = run } end

  for name, broken in pairs {
    ["without api"] = { name = "f", version = "1", summary = "s", run = print },
    ["of another api"] = { api = 2, name = "f", version = "1", summary = "s", run = print },
    ["without run"] = { api = 1, name = "f", version = "1", summary = "s" },
  } do
    it("refuses a flow " .. name, function() assert.equal("policy_failed", select(3, flow.load(broken, {}))) end)
  end

  it("refuses a file that does not parse, and one that is not there", function()
    assert.equal("policy_failed", select(3, flow.load(script "return {", {})))
    assert.equal("not_found", select(3, flow.load("/nowhere/flow.lua", {})))
  end)

  it("gives a file its verbs and nothing of the outside", function()
    local path = script [[return { api = 1, name = "f", version = "1", summary = "s",
      run = function(session) return wait(5) == "waited" and session.tam_uri == "ws://tam" and io == nil end }]]
    assert.is_true(flow.run(path, fake_session { wait = function() return "waited" end }))
  end)

  it("gives a table its verbs as second argument", function()
    local given = { wait = function() end }
    local seen
    assert.is_true(flow.run(table_flow(function(_, verbs) seen = verbs return true end), fake_session(given)))
    assert.equal(given, seen)
  end)

  for name, case in pairs {
    ["gave up"] = { function() return nil, "no network" end, "not_connected", "no network" },
    ["gave up silently"] = { function() end, "not_connected", "gave up" },
    threw = { function() error "oops" end, "policy_failed", "oops" },
    ["returned something else"] = { function() return 5 end, "policy_failed", "number" },
  } do
    it("tells that the flow " .. name, function()
      local ok, message, code = flow.run(table_flow(case[1]), fake_session())
      assert.is_nil(ok)
      assert.equal(case[2], code)
      assert.is_truthy(message:find(case[3], 1, true), message)
    end)
  end

  it("ships a default flow that loads", function() assert.equal("default_flow", flow.load("default_flow", {}).name) end)
end)
