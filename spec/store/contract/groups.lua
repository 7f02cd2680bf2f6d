--- Transactions that may wait, as every engine has them.
local assert = require "luassert"
local has_failed = require "has_failed"
local records = require "store.records"
local store = require "teep.store"
local task = require "teep.task"

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("a transaction that may wait", function()
    local db, timers

    -- Run what is due until nothing is.
    local function turn()
      while #timers > 0 do table.remove(timers, 1)() end
    end

    before_each(function()
      timers = {}
      db = assert(store.open(rig.uri, { timer = function(_, fn) table.insert(timers, fn) end }))
    end)
    after_each(function() db:close() end)

    -- Results of a transaction in a task; `n` once it is over.
    local function start(fn)
      local results = {}
      task.run(function()
        local got = table.pack(db:transaction(fn, task.await))
        for i = 1, got.n do results[i] = got[i] end
        results.n = got.n
      end)
      return results
    end

    it("gives what its function gave", function()
      local one, other = start(function() return "a", nil, false end), start(function() end)
      turn()
      assert.are.same({ n = 3, "a", nil, false }, one)
      assert.are.same({ n = 1, true }, other)
    end)

    it("fails alone", function()
      local one = start(function() return db:spend("a", 10) end)
      local other = start(function()
        assert(db:spend("b", 10))
        return db:spend("a", 10)
      end)
      local third = start(function() return db:spend("c", 10) end)
      turn()
      assert.are.same({ n = 1, true }, one)
      assert.are.same({ "token_spent", true }, { other[3], third[1] })
      assert.is_true(db:spend("b", 10))
      has_failed("token_spent", db:spend("c", 10))
    end)

    it("throws alone", function()
      local one = start(function() return db:spend("a", 10) end)
      local thrown = {}
      local ok, reason = pcall(db.transaction, db, function()
        assert(db:spend("b", 10))
        error(thrown)
      end, function() error("waits") end)
      assert.is_false(ok)
      assert.are.equal(thrown, reason)
      turn()
      assert.are.same({ n = 1, true }, one)
      assert.is_true(db:spend("b", 10))
      has_failed("token_spent", db:spend("a", 10))
    end)

    it("does not nest and does not suspend", function()
      for _, inside in ipairs {
        function() db:transaction(function() end, task.await) end, function() db:close() end, coroutine.yield,
      } do
        local failed
        task.run(function()
          failed = not pcall(db.transaction, db, function()
            assert(db:spend("a", 10))
            inside()
          end, task.await)
        end)
        turn()
        assert.is_true(failed)
      end
      assert.is_true(db:spend("a", 10))
    end)

    it("sees what those before it did", function()
      start(function() return db:manifest_put(records.manifest()) end)
      local seen = start(function() return db:manifest("hello").sequence_number end)
      turn()
      assert.are.equal(7, seen[1])
    end)

    it("is committed when the store is closed", function()
      local one = start(function() return db:spend("a", 10) end)
      db:close()
      assert.are.same({ n = 1, true }, one)
    end)

    it("may follow another in the same task, also while the store is being closed", function()
      local order = {}
      task.run(function()
        for i = 1, 3 do
          assert(db:transaction(function() return db:spend("token " .. i, 10) end, task.await))
          order[i] = i
        end
      end)
      db:close()
      assert.are.same({ 1, 2, 3 }, order)
    end)
  end)

  describe("opening with options", function()
    it("refuses those it does not know and limits that are none", function()
      for _, options in ipairs {
        { bogus = 1 }, { timer = 1 }, { group = { bogus = 1 } }, { group = { transactions = 0 } },
        { group = { transactions = 1.5 } }, { group = { seconds = -1 } }, { group = { seconds = 0 / 0 } },
      } do
        assert.has_error(function() store.open(rig.uri, options) end)
      end
      store.open(rig.uri, { group = { transactions = 1, seconds = 0 } }):close()
    end)
  end)
end
