--- Records are copied in and out: what a caller does to its tables changes nothing in the store.
local assert = require "luassert"
local records = require "store.records"

local agent, manifest, update = records.agent, records.manifest, records.update

local function spoil(record)
  for name, value in pairs(record) do
    if type(value) == "table" then spoil(value) end
    record[name] = nil
  end
end

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("records are copies:", function()
    local cases = {
      agent = { made = agent, put = function(db, made) return db:agent_put(made) end,
        get = function(db) return db:agent("kid") end },
      ["agent of a list"] = { made = agent, put = function(db, made) return db:agent_put(made) end,
        get = function(db) return db:agents()[1] end },
      manifest = { made = manifest, put = function(db, made) return db:manifest_put(made) end,
        get = function(db) return db:manifest("hello") end },
      ["component list"] = { made = function() return { { component_id = "a", digest = "d" }, { component_id = "b" } } end,
        put = function(db, made) return db:tc_list_put("kid", made) end, get = function(db) return db:tc_list("kid") end },
    }
    for name, case in pairs(cases) do
      it(name, function()
        local given = case.made()
        assert(case.put(rig.db, given))
        spoil(given)
        local found = case.get(rig.db)
        assert.are.same(case.made(), found)
        spoil(found)
        assert.are.same(case.made(), case.get(rig.db))
      end)
    end

    it("manifests of a list", function()
      assert(rig.db:manifest_put(manifest()))
      spoil(rig.db:manifests())
      assert.are.equal("hello", rig.db:manifests()[1].id)
    end)

    it("update", function()
      local given = update()
      assert(rig.db:update_put(given))
      spoil(given)
      assert.are.same(update(), rig.db:update_take("hash"))
    end)

    it("what was taken in a transaction that failed is whole again", function()
      assert(rig.db:update_put(update()))
      rig.db:transaction(function()
        spoil(rig.db:update_take("hash"))
        return nil, "undo", "busy"
      end)
      assert.are.same(update(), rig.db:update_take("hash"))
    end)
  end)
end
