-- Nothing is answered before it is durable, and nothing is kept of what could not be made so.
local sqlite <const> = require "teep.sqlite"
local store <const> = require "teep.store"
local task <const> = require "teep.task"
local transport <const> = require "teep.transport"
local world <const> = require "tam.world"

describe("a TAM with group commit", function()
  local w, timers, raw

  local function turn()
    while #timers > 0 do table.remove(timers, 1)() end
  end

  before_each(function()
    w = world.new()
    assert(w.tam:add_manifest(world.envelope {}))
    timers = {}
    w:stop()
    w.store = assert(store.open("sqlite:" .. w.path, { timer = function(_, fn) table.insert(timers, fn) end }))
    w.tam.store = w.store
    raw = assert(sqlite.open(w.path))
  end)

  after_each(function()
    raw:close()
    w.store:close()
    world.clean()
  end)

  -- Receive in a task: what came of it, `over` once it is.
  local function receive(fields)
    local result <const> = {}
    local bytes <const> = world.signed(fields)
    task.run(function()
      result.answer, result.message, result.code = w:receive(bytes)
      result.over = true
    end)
    return result
  end

  local function response(token)
    return { type = "query-response", token = token, tc_list = {}, requested_tc_list = { { component_id = { "app" } } } }
  end

  local function count(name) return raw:prepare("SELECT count(*) AS n FROM " .. name):row().n end

  -- One turn of the loop: the group's timer, then telling those who wait.
  local function commit()
    for _ = 1, 2 do table.remove(timers, 1)() end
  end

  it("answers once the token is spent and the Update is kept, durably (D25)", function()
    local result <const> = receive(response(w:request().token))
    assert.same({ nil, 0, 0 }, { result.over, count "spent", count "update_sent" })
    commit()
    assert.same({ nil, 1, 0 }, { result.over, count "spent", count "update_sent" })
    commit()
    assert.same({ true, 1, 1 }, { result.over, count "spent", count "update_sent" })
    assert.equal("update", world.open(result.answer).type)
  end)

  it("keeps what it was told when it is stopped before it could answer", function()
    local loop <const> = assert(transport.loop())
    local server <const> = assert(transport.serve(loop, { port = 0, path = "/teep", tam = w.tam }))
    local connection <const> = assert(transport.connect(loop, ("ws://127.0.0.1:%d/teep"):format(server.port)))
    local request <const> = world.open(assert(connection:exchange ""))
    local answer, code
    task.run(function() answer, code = connection:exchange(world.signed(response(request.token))) end)
    while #timers == 0 do loop:step() end
    server:close()
    w.store:close()
    assert.same({ 1, 1 }, { count "spent", count "update_sent" })
    loop:close()
    assert.is_nil(answer, code)
  end)

  it("commits for many devices at once", function()
    local results <const> = {}
    for i = 1, 20 do results[i] = receive(response(w:request().token)) end
    commit()
    assert.equal(20, count "spent")
    commit()
    assert.equal(20, count "update_sent")
    for i = 1, 20 do assert.equal("update", world.open(results[i].answer).type) end
  end)

  it("refuses the second use of a token that is spent in the same group (D7)", function()
    local fields <const> = response(w:request().token)
    local first <const>, second = receive(fields), receive(fields)
    turn()
    assert.truthy(first.answer)
    assert.same({ true, nil, "token_spent" }, { second.over, second.answer, second.code })
  end)

  for name, what in pairs { spent = "the token", update_sent = "the Update" } do
    it(("answers nothing when %s could not be made durable, and the device may try again"):format(what), function()
      assert(raw:exec(([[CREATE TABLE fault (k REFERENCES secret DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER fault AFTER INSERT ON %s BEGIN INSERT INTO fault VALUES ('none'); END]]):format(name)))
      local fields <const> = response(w:request().token)
      local result <const> = receive(fields)
      turn()
      assert.same({ true, nil, "conflict" }, { result.over, result.answer, result.code })
      assert.equal("conflict", w:event("dropped").code)
      assert.equal(0, count "update_sent")
      assert(raw:exec "DROP TRIGGER fault")
      local again <const> = receive(name == "spent" and fields or response(w:request().token))
      turn()
      assert.truthy(again.answer, again.message)
    end)
  end

  it("keeps a quarantine that was decided while the agent spoke again", function()
    w.tam.policy = world.policy { settle = function() return { verb = "quarantine" } end }
    local first <const>, second = w:request().token, w:request().token
    receive { type = "error", token = first, err_code = "permanent_error" }
    commit()
    receive { type = "query-response", token = second, tc_list = {} }
    turn()
    assert.equal("quarantined", w.store:agent(world.key("device"):thumbprint()).status)
  end)
end)
