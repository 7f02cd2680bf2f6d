--- Transactions of a store.
local assert = require "luassert"
local has_failed = require "has_failed"
local records = require "store.records"

local agent, manifest, update = records.agent, records.manifest, records.update

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("a transaction", function()
    it("rolls back when its function fails", function()
      local message = has_failed("policy_denied", rig.db:transaction(function()
        assert(rig.db:spend("a", 10))
        assert(rig.db:tc_list_put("kid", { { component_id = "a" } }))
        return nil, "denied it", "policy_denied"
      end))
      assert.are.equal("denied it", message)
      assert.are.same({}, rig.db:tc_list("kid"))
      assert.is_true(rig.db:spend("a", 10))
    end)

    it("rolls back when its function throws, and throws on", function()
      local thrown = {}
      local ok, reason = pcall(rig.db.transaction, rig.db, function()
        assert(rig.db:spend("a", 10))
        error(thrown)
      end)
      assert.is_false(ok)
      assert.are.equal(thrown, reason)
      assert.is_true(rig.db:spend("a", 10))
    end)

    it("rolls back when a verb in it fails and that is passed on", function()
      assert(rig.db:spend("b", 10))
      has_failed("token_spent", rig.db:transaction(function()
        assert(rig.db:spend("a", 10))
        return rig.db:spend("b", 10)
      end))
      assert.is_true(rig.db:spend("a", 10))
    end)

    it("does not nest", function()
      assert.has_error(function()
        rig.db:transaction(function() rig.db:transaction(function() end) end)
      end)
      assert.is_true(rig.db:transaction(function() end))
    end)

    it("cannot suspend a task in its middle", function()
      local task = coroutine.wrap(function()
        return pcall(rig.db.transaction, rig.db, function()
          assert(rig.db:spend("a", 10))
          coroutine.yield("suspended")
        end)
      end)
      assert.is_false((task()))
      assert.is_true(rig.db:spend("a", 10))
    end)

    it("cannot close the store", function()
      assert.has_error(function() rig.db:transaction(function() rig.db:close() end) end)
      assert.is_true(rig.db:spend("a", 10))
    end)

    it("gives what its function gave, nil and false included", function()
      assert.are.same({ n = 3, "a", nil, false }, table.pack(rig.db:transaction(function() return "a", nil, false end)))
      assert.are.same({ n = 1, nil }, table.pack(rig.db:transaction(function() return nil end)))
    end)

    it("keeps all it did", function()
      assert.is_true(rig.db:transaction(function()
        assert(rig.db:spend("a", 10))
        assert(rig.db:update_put(update()))
        assert(rig.db:tc_list_put("kid", { { component_id = "a" } }))
        assert(rig.db:manifest_put(manifest()))
        return rig.db:agent_put(agent())
      end))
      rig.reopen()
      has_failed("token_spent", rig.db:spend("a", 10))
      assert.are.same(update(), rig.db:update_take("hash"))
      assert.are.same({ { component_id = "a" } }, rig.db:tc_list("kid"))
      assert.are.same(manifest(), rig.db:manifest("hello"))
      assert.are.same(agent(), rig.db:agent("kid"))
    end)
  end)
end
