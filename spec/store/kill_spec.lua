-- Processes killed at random moments, in and between transactions, alone and in groups: at most once,
-- nothing acknowledged lost, no damage. LUATEEP_SOAK: how many (`make soak-store`: 500).
local child = require "child"
local sqlite = require "teep.sqlite"
local store = require "teep.store"

local kills = tonumber(os.getenv("LUATEEP_SOAK")) or 32

local program = [[
  local store, task = require "teep.store", require "teep.task"
  local uri, waits = ...
  local first, width = tonumber((select(3, ...))), tonumber((select(4, ...)))
  local timers = {}
  local db = assert(store.open(uri, {
    timer = function(_, fn) table.insert(timers, fn) end, group = { transactions = 5 },
  }))
  local await = waits == "true" and task.await or nil
  local function work(i)
    assert(db:transaction(function()
      assert(db:spend(("token %d"):format(i), i))
      db:manifest_remove "counter"
      assert(db:manifest_put{ id = "counter", sequence_number = i, digest = "d", signer = "", added = i,
        envelope = ("x"):rep(i * 7919 % 20000), components = { { component_id = "a" }, { component_id = "b" } } })
      return db:tc_list_put("kid", { { component_id = "a", size = i }, { component_id = "b", size = i } })
    end, await))
    print(i)
  end
  for start = first, math.maxinteger, width do
    for i = start, start + width - 1 do task.run(work, i) end
    while #timers > 0 do table.remove(timers, 1)() end
  end]]

describe("a store whose processes are killed", function()
  local folder, path

  before_each(function()
    folder = child.folder()
    path = folder .. "/db"
  end)
  after_each(function() child.remove(folder) end)

  -- What is stored must be the transactions 1..n, whole; returns n.
  local function check(acknowledged)
    local raw <close> = assert(sqlite.open(path))
    assert.are.equal("ok", raw:prepare("PRAGMA integrity_check"):row().integrity_check)
    assert.are.same({}, raw:prepare("PRAGMA foreign_key_check"):rows())
    local db = assert(store.open("sqlite:" .. path))
    local list, manifest = db:tc_list("kid"), db:manifest "counter"
    local last = list[1] and list[1].size or 0
    assert.are.equal(last, list[2] and list[2].size or 0)
    assert.are.equal(last, manifest and manifest.sequence_number or 0)
    assert.are.equal(last * 7919 % 20000, manifest and #manifest.envelope or 0)
    local spent = raw:prepare("SELECT count(*) AS n, coalesce(max(expires), 0) AS last FROM spent"):row()
    assert.are.same({ n = last, last = last }, spent)
    assert.is_true(last >= acknowledged, ("%d acknowledged, %d kept"):format(acknowledged, last))
    db:close()
    return last
  end

  -- Kill it after a few of its lines; the last number that it acknowledged.
  local function kill_one(first, waits)
    local victim = child.start(program, { "sqlite:" .. path, waits, first, math.random(1, 8) })
    local acknowledged = first - 1
    for _ = 1, math.random(0, 12) do acknowledged = tonumber(victim:line()) end
    os.execute(("kill -9 %s"):format(victim.pid))
    for number in victim:rest():gmatch("(%d+)\n") do acknowledged = tonumber(number) end
    local _, how, signal = victim:wait()
    assert.are.same({ "signal", 9 }, { how, signal })
    return acknowledged
  end

  for waits, what in pairs { [false] = "one COMMIT each", [true] = "a COMMIT for many" } do
    it(("loses nothing it acknowledged, keeps nothing by half (%d times, %s; D7, D21, D25)"):format(kills // 2, what),
      function()
        local last = 0
        for _ = 1, kills // 2 do last = check(kill_one(last + 1, waits)) end
        assert.is_true(last > 0)
      end)
  end
end)
