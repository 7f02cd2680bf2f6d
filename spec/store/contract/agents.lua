--- Agents and their component lists in a store.
local assert = require "luassert"
local has_failed = require "has_failed"
local records = require "store.records"

local every_byte, agent = records.every_byte, records.agent

local numbers = {
  ["0"] = 0, ["2^31"] = 1 << 31, ["2^53"] = 1 << 53, ["2^53 + 1"] = (1 << 53) + 1,
  ["2^63 - 1"] = math.maxinteger, ["2^63"] = math.mininteger, ["2^64 - 1"] = -1,
}

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("agents", function()
    it("are unknown unless put", function()
      has_failed("not_found", rig.db:agent("kid"))
      assert.are.same({}, rig.db:agents())
    end)

    it("are replaced as a whole", function()
      assert(rig.db:agent_put(agent()))
      assert(rig.db:agent_put(agent { status = "quarantined", last_seen = 3, public_key = every_byte }))
      rig.reopen()
      assert.are.same(agent { status = "quarantined", last_seen = 3, public_key = every_byte }, rig.db:agent("kid"))
    end)

    it("come ordered by kid, bytewise", function()
      for _, kid in ipairs { "b", "\255", "a\0", "a", "" } do assert(rig.db:agent_put(agent { kid = kid })) end
      local kids = {}
      for i, found in ipairs(rig.db:agents()) do kids[i] = found.kid end
      assert.are.same({ "", "a", "a\0", "b", "\255" }, kids)
    end)

    for name, number in pairs(numbers) do
      it("keep " .. name .. " as a time", function()
        assert(rig.db:agent_put(agent { last_seen = number }))
        assert.are.equal(number, rig.db:agent("kid").last_seen)
        assert.are.equal("integer", math.type(rig.db:agent("kid").last_seen))
      end)
    end
  end)

  describe("component lists", function()
    local list = {
      { component_id = "z/%00", digest = every_byte, digest_algorithm = "SHA-256", size = 1 << 53, manifest = "m",
        sequence_number = -1 },
      { component_id = "a" },
      { component_id = "z/%00", size = 0 },
    }

    it("are empty for an agent that never reported", function()
      assert.are.same({}, rig.db:tc_list("kid"))
    end)

    it("keep order and every field", function()
      assert(rig.db:tc_list_put("kid", list))
      assert(rig.db:tc_list_put("kid\0", { { component_id = "other" } }))
      rig.reopen()
      assert.are.same(list, rig.db:tc_list("kid"))
    end)

    it("replace the one before as a whole", function()
      assert(rig.db:tc_list_put("kid", list))
      assert(rig.db:tc_list_put("kid", { { component_id = "new" } }))
      assert.are.same({ { component_id = "new" } }, rig.db:tc_list("kid"))
      assert(rig.db:tc_list_put("kid", {}))
      assert.are.same({}, rig.db:tc_list("kid"))
    end)

    it("stay as they were when an entry is refused", function()
      assert(rig.db:tc_list_put("kid", list))
      assert.has_error(function() rig.db:tc_list_put("kid", { { component_id = "a" }, { digest = "d" } }) end)
      assert.are.same(list, rig.db:tc_list("kid"))
    end)
  end)
end
