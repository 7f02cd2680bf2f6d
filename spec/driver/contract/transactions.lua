--- Transactions of a TEE driver: all or nothing.
local assert = require "luassert"
local has_failed = require "has_failed"

return function(engine, rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("a transaction", function()
    it("changes nothing before its commit", function()
      rig.install({ "a" }, "old")
      local txn = assert(rig.tee:txn())
      rig.stage(txn, { "a" }, "new")
      rig.stage(txn, { "b" }, "new")
      assert(txn:remove { "a" })
      assert.are.equal("old", rig.content_of { "a" })
      has_failed("not_found", rig.tee:probe { "b" })
      txn:abort()
      assert.are.equal("old", rig.content_of { "a" })
      rig.reopen()
      assert.are.equal("old", rig.content_of { "a" })
      has_failed("not_found", rig.tee:probe { "b" })
    end)

    it("makes all its changes at its commit", function()
      rig.install({ "a" }, "old")
      rig.install({ "b" }, "old")
      local txn = assert(rig.tee:txn())
      rig.stage(txn, { "a" }, "new")
      assert(txn:remove { "b" })
      rig.stage(txn, { "c" }, "new")
      assert.is_true(txn:commit())
      rig.reopen()
      assert.are.equal("new", rig.content_of { "a" })
      has_failed("not_found", rig.tee:probe { "b" })
      assert.are.equal("new", rig.content_of { "c" })
    end)

    it("may remove what is absent", function()
      local txn = assert(rig.tee:txn())
      assert.is_true(txn:remove { "a" })
      assert.is_true(txn:commit())
    end)

    it("may be empty", function()
      assert.is_true(assert(rig.tee:txn()):commit())
    end)

    it("lets a later change replace an earlier one to the same component", function()
      rig.install({ "gone" }, "old")
      local txn = assert(rig.tee:txn())
      local unfinished = assert(txn:stage { "a" })
      rig.stage(txn, { "a" }, "first")
      rig.stage(txn, { "a" }, "second")
      rig.stage(txn, { "gone" }, "new")
      assert(txn:remove { "gone" })
      assert(txn:remove { "back" })
      rig.stage(txn, { "back" }, "new")
      has_failed("conflict", unfinished:write("x"))
      assert.is_true(txn:commit())
      assert.are.equal("second", rig.content_of { "a" })
      has_failed("not_found", rig.tee:probe { "gone" })
      assert.are.equal("new", rig.content_of { "back" })
    end)

    it("is refused while a component is neither finished nor aborted", function()
      rig.install({ "a" }, "old")
      local txn = assert(rig.tee:txn())
      rig.stage(txn, { "a" }, "new")
      assert(txn:stage { "b" })
      has_failed("conflict", txn:commit())
      assert.are.equal("old", rig.content_of { "a" })
      assert.has_error(function() txn:commit() end)
    end)

    it("leaves out a component that was aborted, finished or not", function()
      local txn = assert(rig.tee:txn())
      local slot = assert(txn:stage { "a" })
      assert(slot:write("half"))
      slot:abort()
      slot:abort()
      assert.has_error(function() slot:write("x") end)
      slot = assert(txn:stage { "a" })
      assert(slot:finish())
      slot:abort()
      rig.stage(txn, { "b" }, "whole")
      assert.is_true(txn:commit())
      has_failed("not_found", rig.tee:probe { "a" })
      assert.are.equal("whole", rig.content_of { "b" })
    end)

    it("runs beside others", function()
      local first, second = assert(rig.tee:txn()), assert(rig.tee:txn())
      rig.stage(first, { "a" }, "first")
      rig.stage(second, { "b" }, "second")
      rig.stage(second, { "c" }, "second")
      second:abort()
      assert.is_true(first:commit())
      assert.are.equal("first", rig.content_of { "a" })
      has_failed("not_found", rig.tee:probe { "b" })
    end)

    it("is aborted with the driver, whichever ended before it", function()
      for ended = 1, 3 do
        local txns = {}
        for i = 1, 3 do
          txns[i] = assert(rig.tee:txn())
          rig.stage(txns[i], { "a" }, "new")
        end
        txns[ended]:abort()
        rig.reopen()
        for i = 1, 3 do assert.has_error(function() txns[i]:commit() end) end
        engine.check_staged(0)
      end
    end)

    it("throws when used after its end, and so do its slots", function()
      for _, ending in ipairs { "commit", "abort" } do
        local txn = assert(rig.tee:txn())
        local slot = assert(txn:stage { "a" })
        slot:finish()
        local open = assert(txn:stage { "a" })
        txn[ending](txn)
        for _, use in ipairs { "commit", "abort" } do assert.has_error(function() txn[use](txn) end) end
        assert.has_error(function() txn:stage { "a" } end)
        assert.has_error(function() txn:remove { "a" } end)
        for _, used in ipairs { slot, open } do
          assert.has_error(function() used:write("x") end)
          assert.has_error(function() used:finish() end)
          assert.has_error(function() used:abort() end)
        end
      end
    end)

    it("throws when a finished component is written", function()
      local txn = assert(rig.tee:txn())
      local slot = assert(txn:stage { "a" })
      slot:finish()
      assert.has_error(function() slot:write("x") end)
      assert.has_error(function() slot:finish() end)
      txn:abort()
    end)

    it("ends when it leaves its scope or is collected", function()
      do
        local txn <close> = assert(rig.tee:txn())
        rig.stage(txn, { "a" }, "new")
      end
      engine.check_staged(0)
      do rig.stage(assert(rig.tee:txn()), { "a" }, "new") end
      collectgarbage()
      collectgarbage()
      engine.check_staged(0)
      has_failed("not_found", rig.tee:probe { "a" })
    end)

    it("is aborted when the driver is closed", function()
      local txn = assert(rig.tee:txn())
      local slot = assert(txn:stage { "a" })
      rig.reopen()
      assert.has_error(function() txn:commit() end)
      assert.has_error(function() slot:write("x") end)
      engine.check_staged(0)
      has_failed("not_found", rig.tee:probe { "a" })
    end)
  end)
end
