-- Each store call of a session fails once: the TAM says so, answers nothing, and the session that
-- starts anew succeeds.
local errors <const> = require "teep.errors"
local world <const> = require "tam.world"

describe("a TAM whose store fails at any call", function()
  after_each(world.clean)

  -- A store that fails at the n-th call from now on; transactions roll back as they do.
  local function failing(store)
    local faults <const> = { left = math.huge }
    return setmetatable({}, { __index = function(_, verb)
      return function(_, ...)
        faults.left = faults.left - 1
        if faults.left == 0 then return errors.fail("busy", "%s", verb) end
        return store[verb](store, ...)
      end
    end }), faults
  end

  -- One session: connect, QueryResponse, a temporary Error, Success; the first failure ends it.
  local function session(w)
    local tam <const> = w.tam
    local function open(bytes, message, code)
      if not bytes then return nil, message, code or "nothing" end
      return world.open(bytes)
    end
    local request <const>, m1, c1 = open(tam:connect(w.session))
    if not request then return nil, m1, c1 end
    local update <const>, m2, c2 = open(tam:receive(w.session, world.signed {
      type = "query-response", token = request.token, tc_list = {}, requested_tc_list = { { component_id = { "app" } } },
    }))
    if not update then return nil, m2, c2 end
    local again <const>, m3, c3 = open(tam:receive(w.session, world.signed {
      type = "error", token = update.token, err_code = "temporary_error",
    }))
    if not again then return nil, m3, c3 end
    return tam:receive(w.session, world.signed { type = "success", token = again.token })
  end

  it("reports it, answers nothing, and goes on with the next session", function()
    local w <const> = world.new { policy = world.policy {
      plan = function(facts)
        return { verb = #facts.requested_tc_list > 0 and "update" or "nothing", install = { "app.suit" } }
      end,
      settle = function(facts) return { verb = facts.outcome == "error" and "retry" or "accept" } end,
    } }
    assert(w.tam:add_manifest(world.envelope {}))
    local faults
    w.tam.store, faults = failing(w.store)
    local calls = 0
    repeat
      calls = calls + 1
      faults.left = calls
      local answer <const>, message, code = session(w)
      assert.is_nil(answer)
      local failed <const> = faults.left <= 0
      if failed then assert.equal("busy", code, message) else assert.is_nil(code, message) end
    until not failed
    assert.is_true(calls > 20, calls .. " calls")
    faults.left = math.huge
    assert.is_nil((select(3, session(w))))
    assert.equal("app.suit", w.store:tc_list(world.key("device"):thumbprint())[1].manifest)
  end)

  it("reports a quarantine that was not kept", function()
    local w <const> = world.new { policy = world.policy { settle = function() return { verb = "quarantine" } end } }
    local update_store <const>, faults = failing(w.store)
    local token <const> = w:request().token
    w.tam.store = update_store
    faults.left = 7 -- transaction, spend, agent, agent_put, then transaction and agent go before
    local _, message, code <const> = w:receive(world.signed { type = "error", token = token, err_code = "permanent_error" })
    assert.same({ "busy", "agent_put" }, { code, message })
  end)
end)
