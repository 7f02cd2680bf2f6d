--- Killing and closing of a store.
local assert = require "luassert"
local child = require "child"
local has_failed = require "has_failed"
local store = require "teep.store"

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("a killed process", function()
    it("loses nothing it acknowledged and leaves nothing half-done (D21, D25)", function()
      local program = [[
        local db = assert(require("teep.store").open((...)))
        for i = tonumber((select(2, ...))), math.maxinteger do
          assert(db:transaction(function()
            assert(db:spend("token " .. i, 10))
            return db:tc_list_put("kid", { { component_id = "a", size = i }, { component_id = "b", size = i } })
          end))
          print(i)
        end]]
      local last = 0
      for _, count in ipairs { 1, 7, 2, 20 } do
        local victim = child.start(program, { rig.uri, last + 1 })
        local acknowledged
        for _ = 1, count do acknowledged = tonumber(victim:line()) end
        victim:kill()
        local list = rig.db:tc_list("kid")
        last = list[1].size
        assert.are.same({ { component_id = "a", size = last }, { component_id = "b", size = last } }, list)
        assert.is_true(last >= acknowledged)
        for i = 1, last do has_failed("token_spent", rig.db:spend("token " .. i, 10)) end
        assert.is_true(rig.db:spend("token " .. last + 1, -1))
        assert.are.equal(1, rig.db:expire(0).spent)
      end
    end)

    it("inside a transaction leaves no trace and no lock (D21)", function()
      local victim = child.start([[
        local db = assert(require("teep.store").open((...)))
        db:transaction(function()
          assert(db:spend("a", 10))
          assert(db:agent_put{ kid = "kid", public_key = "", algorithm = "", first_seen = 1, last_seen = 1,
            status = "" })
          print("inside")
          os.execute("exec sleep 10 >/dev/null")
        end)]], { rig.uri })
      assert.are.equal("inside", victim:line())
      victim:kill()
      has_failed("not_found", rig.db:agent("kid"))
      assert.is_true(rig.db:spend("a", 10))
    end)
  end)

  it("throws when used after closing", function()
    local other = assert(store.open(rig.uri))
    other:close()
    other:close()
    assert.has_error(function() other:spend("a", 10) end)
    assert.has_error(function() other:transaction(function() end) end)
  end)
end
