local child = require "child"
local has_failed = require "has_failed"
local sqlite = require "teep.sqlite"

describe("teep.sqlite", function()
  local folder, db

  before_each(function()
    folder = child.folder()
    db = assert(sqlite.open(folder .. "/db"))
    assert(db:exec "CREATE TABLE t (k INTEGER PRIMARY KEY, v)")
  end)

  after_each(function()
    db:close()
    child.remove(folder)
  end)

  local function insert(...) return db:prepare("INSERT INTO t VALUES (?, ?)"):run(...) end

  local function value(k) return db:prepare("SELECT v, typeof(v) AS type FROM t WHERE k = ?"):row(k) end

  it("throws on a wrong number of arguments", function()
    local statement = db:prepare("INSERT INTO t VALUES (?, ?)")
    assert.has_error(function() statement:run(1) end)
    assert.has_error(function() statement:run(1, 2, 3) end)
    assert.are.equal(1, statement:run(1, nil))
  end)

  it("throws on arguments that SQL cannot hold", function()
    for _, bad in ipairs { {}, print, coroutine.create(print) } do
      assert.has_error(function() insert(1, bad) end)
    end
  end)

  it("throws when the database is closed, however often it is closed", function()
    local statement = db:prepare("SELECT 1")
    db:close()
    db:close()
    assert.has_error(function() statement:row() end)
    assert.has_error(function() db:exec("SELECT 1") end)
    assert.has_error(function() db:prepare("SELECT 1") end)
  end)

  it("reports faulty SQL, also in what follows a sound statement", function()
    has_failed("store_failed", db:prepare("SELEC 1"))
    has_failed("store_failed", db:exec("SELECT 1; SELECT nothing"))
  end)

  it("reports a violated constraint as conflict", function()
    assert(insert(1, 1))
    has_failed("conflict", insert(1, 2))
    assert.are.equal(1, value(1).v)
  end)

  it("reports a full database as no_space and keeps what was there (D20)", function()
    assert(insert(1, 1))
    local pages = db:prepare("PRAGMA page_count"):row().page_count
    assert(db:exec(("PRAGMA max_page_count = %d"):format(pages)))
    has_failed("no_space", insert(2, ("x"):rep(100000)))
    assert.are.equal(1, value(1).v)
  end)

  it("reports a database that may not be written as denied", function()
    assert(db:exec("PRAGMA query_only = 1"))
    has_failed("denied", insert(1, 1))
  end)

  it("reports a database that cannot be opened", function()
    has_failed("store_failed", sqlite.open(folder .. "/no/such/folder"))
  end)

  it("waits for a lock, then reports busy", function()
    local other = assert(sqlite.open(folder .. "/db"))
    assert(other:exec("PRAGMA busy_timeout = 1; BEGIN"))
    assert(db:exec("BEGIN IMMEDIATE"))
    has_failed("busy", other:exec("INSERT INTO t VALUES (9, 9)"))
    other:close()
    assert(db:exec("ROLLBACK"))
  end)

  it("binds strings as BLOB, NUL bytes and empty ones included", function()
    for k, bytes in ipairs { "", "\0", "a\0b", ("\255"):rep(70000) } do
      assert(insert(k, bytes))
      assert.are.same({ v = bytes, type = "blob" }, value(k))
    end
    local row = db:prepare("SELECT CAST(? AS TEXT) AS v, typeof(CAST('x' AS TEXT)) AS type"):row("a\0b")
    assert.are.same({ v = "a\0b", type = "text" }, row)
  end)

  it("keeps every kind of number, and NULL as an absent field", function()
    local given = { math.mininteger, math.maxinteger, -1, 0, 1 << 53, 0.5, math.huge, -0.0 }
    for k, number in ipairs(given) do
      assert(insert(k, number))
      assert.are.equal(number, value(k).v)
      assert.are.equal(math.type(number), math.type(value(k).v))
    end
    assert(insert(100, nil))
    assert.are.same({ type = "null" }, value(100))
    assert(insert(101, true))
    assert.are.equal(1, value(101).v)
    assert(insert(102, false))
    assert.are.equal(0, value(102).v)
  end)

  it("gives no row, one row, all rows", function()
    local statement = db:prepare("SELECT k FROM t WHERE k > ? ORDER BY k")
    assert.is_nil(statement:row(0))
    assert.are.same({}, statement:rows(0))
    for k = 1, 3 do assert(insert(k, k)) end
    assert.are.same({ k = 2 }, statement:row(1))
    assert.are.same({ { k = 2 }, { k = 3 } }, statement:rows(1))
    assert.are.equal(3, db:prepare("DELETE FROM t"):run())
  end)

  it("runs nothing more in a transaction that SQLite has rolled back", function()
    assert(insert(1, 1))
    local after
    has_failed("conflict", db:transaction(function()
      assert(insert(2, 2))
      has_failed("conflict", db:prepare("INSERT OR ROLLBACK INTO t VALUES (1, 1)"):run())
      after = table.pack(insert(3, 3))
      has_failed("conflict", db:exec("INSERT INTO t VALUES (4, 4)"))
      has_failed("conflict", db:prepare("SELECT 1"):row())
      has_failed("conflict", db:prepare("SELECT 1"):rows())
      return true
    end))
    has_failed("conflict", table.unpack(after, 1, 3))
    assert.are.same({ { k = 1 } }, db:prepare("SELECT k FROM t"):rows())
    assert.is_false(db:in_transaction())
  end)

  it("reports a commit that fails and rolls it back", function()
    assert(db:exec [[CREATE TABLE child (k REFERENCES t DEFERRABLE INITIALLY DEFERRED)]])
    has_failed("conflict", db:transaction(function() return db:exec("INSERT INTO child VALUES (77)") end))
    assert.are.equal(0, db:prepare("SELECT count(*) AS n FROM child"):row().n)
    assert(db:transaction(function() return insert(1, 1) end))
  end)

  -- In a process of its own: its heap is so small that building the rows takes the collector around often.
  describe("when a finalizer runs amid a statement", function()
    local program = [[
      local db = assert(require("teep.sqlite").open((...)))
      local statement = assert(db:prepare("SELECT k, v FROM t ORDER BY k"))
      local other = assert(db:prepare("SELECT v FROM t WHERE k = ?"))
      local acts = {
        close = function() db:close() end, same = function() statement:row() end,
        other = function() assert(tonumber(other:row(7).v) == 7) end,
      }
      local act, seen = acts[select(2, ...)], {}
      collectgarbage "stop" -- no finalizer before the statement runs
      collectgarbage "stop"
      for _ = 1, 50 do
        setmetatable({}, { __gc = function()
          local ok, message = pcall(act)
          seen[#seen + 1] = ok and "done" or message
        end })
      end
      collectgarbage "restart" -- not one finalizer has run yet
      collectgarbage "restart"
      local rows = assert(statement:rows())
      local wrong = 0
      for k, row in ipairs(rows) do
        if row.k ~= k or tonumber(row.v) ~= k then wrong = wrong + 1 end
      end
      print(#rows, wrong, #seen)
      for _, message in ipairs(seen) do print(message) end
      acts.close()
      print(pcall(db.exec, db, "SELECT 1"))]]

    -- What came of the acts.
    local function amid(act)
      assert(db:exec("WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 20000)"
        .. " INSERT INTO t SELECT k, printf('%0100d', k) FROM n"))
      local run = child.start(program, { folder .. "/db", act })
      assert.are.equal("20000\t0\t50", run:line())
      local messages = {}
      for _ = 1, 50 do messages[run:line()] = true end
      assert.matches("^false\t", run:rest())
      assert.is_true(run:wait())
      local only = next(messages)
      assert.is_nil(next(messages, only))
      return only
    end

    it("cannot close the database under it", function() assert.matches("a statement is running", amid "close") end)

    it("cannot run the same statement", function() assert.matches("the statement is running", amid "same") end)

    it("can run another one", function() assert.are.equal("done", amid "other") end)
  end)

  it("runs a statement again after a run that threw", function()
    local statement = db:prepare("INSERT INTO t VALUES (?, ?)")
    assert.has_error(function() statement:run(1, {}) end)
    assert.are.equal(1, statement:run(1, 2))
    db:close()
  end)

  it("undoes a transaction alone after begin, and everything when it is not committed", function()
    assert(db:begin())
    assert.is_true(db:has_begun())
    assert(db:transaction(function() return insert(1, 1) end))
    has_failed("conflict", db:transaction(function()
      assert(insert(2, 2))
      return insert(1, 1)
    end))
    assert.has_error(function() db:begin() end)
    assert.has_error(function() db:transaction(function() db:commit() end) end)
    assert.is_true(db:commit())
    assert.is_false(db:has_begun())
    assert.are.same({ { k = 1 } }, db:prepare("SELECT k FROM t"):rows())
    assert(db:begin())
    assert(db:transaction(function() return insert(3, 3) end))
    db:close()
    db = assert(sqlite.open(folder .. "/db"))
    assert.are.same({ { k = 1 } }, db:prepare("SELECT k FROM t"):rows())
  end)

  it("is finalized in any order", function()
    local program = [[
      local sqlite = require "teep.sqlite"
      local db = assert(sqlite.open((...)))
      local kept = {}
      for i = 1, 50 do kept[i] = db:prepare("SELECT " .. i) end
      if select(2, ...) == "close" then db:close() end
      db = select(2, ...) == "drop" and db or nil
      collectgarbage()
      print(select(2, ...) ~= "close" and kept[50]:row()["50"])
      kept = nil
      collectgarbage()
      print "end"
      os.exit(true, true)]]
    for order, first in pairs { drop = "50", close = "false", keep = "50" } do
      local run = child.start(program, { folder .. "/other", order })
      assert.are.equal(first, run:line())
      assert.are.equal("end\n", run:rest())
      assert.is_true(run:wait())
    end
  end)
end)
