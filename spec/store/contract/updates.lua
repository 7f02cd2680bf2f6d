--- Updates under way in a store.
local assert = require "luassert"
local has_failed = require "has_failed"
local records = require "store.records"

local every_byte, update = records.every_byte, records.update

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("updates", function()
    it("are refused under a token that is in use", function()
      assert(rig.db:update_put(update()))
      has_failed("conflict", rig.db:update_put(update { agent = "other", manifests = {} }))
      assert.are.same(update(), rig.db:update_take("hash"))
    end)

    it("are unknown unless put", function()
      has_failed("not_found", rig.db:update_take("hash"))
      assert(rig.db:update_put(update()))
      has_failed("not_found", rig.db:update_take("hash\0"))
    end)

    it("are taken once, in the order given, also after reopening", function()
      assert(rig.db:update_put(update { token_hash = every_byte }))
      rig.reopen()
      assert.are.same(update { token_hash = every_byte }, rig.db:update_take(every_byte))
      has_failed("not_found", rig.db:update_take(every_byte))
      assert(rig.db:update_put(update { token_hash = every_byte, manifests = {}, remove = {} }))
      assert.are.same({}, rig.db:update_take(every_byte).manifests)
    end)

    it("expire with what belongs to them", function()
      assert(rig.db:update_put(update { expires = 10 }))
      assert(rig.db:update_put(update { token_hash = "later", expires = 11 }))
      assert.are.same({ spent = 0, updates = 1 }, rig.db:expire(11))
      has_failed("not_found", rig.db:update_take("hash"))
      assert.are.same(update { token_hash = "later", expires = 11 }, rig.db:update_take("later"))
      assert(rig.db:update_put(update()))
    end)

    it("are refused when a field is missing, unknown or mistyped", function()
      assert.has_error(function() rig.db:update_put { token_hash = "hash" } end)
      assert.has_error(function() rig.db:update_put(update { bogus = 1 }) end)
      assert.has_error(function() rig.db:update_put(update { manifests = { { id = "a" } } }) end)
      assert.has_error(function() rig.db:update_put(update { remove = { {} } }) end)
      has_failed("not_found", rig.db:update_take("hash"))
    end)
  end)
end
