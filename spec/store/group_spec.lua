-- Group commit over SQLite: what is told, and when; failing commits; killed processes.
local child = require "child"
local has_failed = require "has_failed"
local sqlite = require "teep.sqlite"
local store = require "teep.store"
local task = require "teep.task"

describe("a group of transactions", function()
  local folder, uri, db, timers, raw

  before_each(function()
    folder = child.folder()
    uri = "sqlite:" .. folder .. "/db"
    timers = {}
    db = assert(store.open(uri, {
      timer = function(seconds, fn) table.insert(timers, { seconds = seconds, fn = fn }) end, group = { transactions = 4 },
    }))
    raw = assert(sqlite.open(folder .. "/db"))
    assert(raw:exec("PRAGMA busy_timeout = 1"))
  end)

  after_each(function()
    raw:close()
    db:close()
    child.remove(folder)
  end)

  local function turn()
    while #timers > 0 do table.remove(timers, 1).fn() end
  end

  local function committed() return raw:prepare("SELECT count(*) AS n FROM spent"):row().n end

  local function start(fn)
    local results = {}
    task.run(function()
      local got = table.pack(db:transaction(fn, task.await))
      for i = 1, got.n do results[i] = got[i] end
      results.n = got.n
    end)
    return results
  end

  local function spend(name)
    return start(function() return db:spend(name, 10) end)
  end

  -- From now on each COMMIT after a token was spent fails.
  local function break_commit()
    assert(raw:exec([[CREATE TABLE fault (hash REFERENCES spent DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER fault AFTER INSERT ON spent BEGIN INSERT INTO fault VALUES (x'00FF'); END]]))
  end

  it("tells nobody before it is committed", function()
    local first, second = spend "a", spend "b"
    local refused = spend "a"
    assert.are.same({ {}, {}, {}, 0 }, { first, second, refused, committed() })
    turn()
    assert.are.same({ true, true, "token_spent", 2 }, { first[1], second[1], refused[3], committed() })
  end)

  it("waits for the time it was given", function()
    spend "a"
    assert.are.equal(0.005, timers[1].seconds)
    assert.are.equal(1, #timers)
  end)

  it("is committed when it is full, not one transaction earlier", function()
    for i = 1, 3 do spend(("%d"):format(i)) end
    assert.are.equal(0, committed())
    assert.are.same({ n = 1, true }, spend "4")
    assert.are.equal(4, committed())
  end)

  it("does not count on a timer of the group before", function()
    for i = 1, 4 do spend(("%d"):format(i)) end
    local late = spend "5"
    table.remove(timers, 1).fn()
    assert.are.same({ {}, 4 }, { late, committed() })
    turn()
    assert.are.same({ true, 5 }, { late[1], committed() })
  end)

  it("is invisible to verbs outside of transactions until it is committed", function()
    start(function() return db:tc_list_put("kid", { { component_id = "a" } }) end)
    assert.are.same({}, db:tc_list("kid"))
    turn()
    assert.are.equal(1, #db:tc_list("kid"))
  end)

  it("is committed before a verb that writes and before a transaction that does not wait", function()
    local first = spend "a"
    has_failed("token_spent", db:spend("a", 10))
    assert.are.equal(1, committed())
    local second = spend "b"
    has_failed("token_spent", db:transaction(function() return db:spend("b", 10) end))
    assert.are.equal(2, committed())
    turn()
    assert.are.same({ true, true }, { first[1], second[1] })
  end)

  it("fails for all when it cannot be committed, and keeps nothing", function()
    break_commit()
    local all = { spend "a", spend "b", start(function() return nil, "own", "policy_denied" end) }
    turn()
    for _, results in ipairs(all) do
      assert.are.equal("conflict", results[3])
      assert.are.same(all[1], results)
    end
    assert.are.equal(0, committed())
    assert(raw:exec("DROP TRIGGER fault"))
    local again = spend "a"
    turn()
    assert.are.same({ n = 1, true }, again)
  end)

  it("fails for all when SQLite undoes it midway, and the store goes on (D20)", function()
    assert(db:spend("before", 10))
    local pages = raw:prepare("PRAGMA page_count"):row().page_count
    assert(db.writer.database:exec(("PRAGMA max_page_count = %d"):format(pages)))
    local small = spend "small"
    local big = start(function() return db:spend(("x"):rep(1000000), 10) end)
    assert(db.writer.database:exec("PRAGMA max_page_count = 1000000"))
    local later = spend "later"
    assert.are.equal(1, committed())
    turn()
    assert.are.same({ "no_space", "no_space", true, 2 }, { small[3], big[3], later[1], committed() })
    assert.is_true(db:spend("small", 10))
    assert.are.equal("ok", raw:prepare("PRAGMA integrity_check"):row().integrity_check)
  end)

  it("is not begun while another process writes: busy", function()
    assert(db.writer.database:exec("PRAGMA busy_timeout = 1"))
    assert(raw:exec("BEGIN IMMEDIATE"))
    assert.are.equal("busy", spend("a")[3])
    assert(raw:exec("ROLLBACK"))
    local again = spend "a"
    turn()
    assert.is_true(again[1])
  end)

  it("tells the others when one that waited throws", function()
    local told = {}
    for i = 1, 3 do
      task.run(function()
        db:transaction(function() return db:spend("token " .. i, 10) end, task.await)
        told[#told + 1] = i
        if i == 1 then error("defect") end
      end)
    end
    assert.has_error(turn)
    turn()
    assert.are.same({ 1, 2, 3 }, told)
  end)

  it("lets nobody go on inside of another task", function()
    local inside, wrong = false, false
    local function run(i)
      task.run(function()
        db:transaction(function() return db:spend("token " .. i, 10) end, task.await)
        wrong = wrong or inside
      end)
    end
    for i = 1, 3 do run(i) end
    inside = true
    spend "last"
    assert.are.equal(4, committed())
    inside = false
    turn()
    assert.is_false(wrong)
  end)

  it("is lost with its process, and nobody was told (D21, D25)", function()
    local victim = child.start([[
      local task = require "teep.task"
      local db = assert(require("teep.store").open((...), { timer = function() end }))
      for i = 1, 9 do
        task.run(function() print(db:transaction(function() return db:spend("token " .. i, 10) end, task.await)) end)
      end
      print "open"
      while true do end]], { uri })
    assert.are.equal("open", victim:line())
    victim:kill()
    assert.are.equal(0, committed())
    assert.is_true(db:spend("token 1", 10))
  end)

  it("is committed by the loop of the transport", function()
    local program = child.start([[
      local loop = assert(require("teep.transport").loop())
      local task = require "teep.task"
      local db = assert(require("teep.store").open((...), { timer = function(s, fn) loop:timer(s, fn) end }))
      local left = 250
      for i = 1, 250 do
        task.run(function()
          assert(db:transaction(function() return db:spend("token " .. i, 10) end, task.await))
          left = left - 1
          if left == 0 then loop:stop() end
        end)
      end
      loop:run()
      print(left)]], { uri })
    assert.are.equal("0\n", program:rest())
    program:wait()
    assert.are.equal(250, committed())
  end)
end)
