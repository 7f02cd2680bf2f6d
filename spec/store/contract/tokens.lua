--- Tokens and secrets in a store.
local assert = require "luassert"
local has_failed = require "has_failed"
local records = require "store.records"

local every_byte = records.every_byte

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("tokens", function()
    it("are not spent twice, also not after reopening (D7)", function()
      assert.is_true(rig.db:spend(every_byte, 10))
      has_failed("token_spent", rig.db:spend(every_byte, 10))
      rig.reopen()
      has_failed("token_spent", rig.db:spend(every_byte, 11))
    end)

    it("differ in every byte, NUL included", function()
      assert.is_true(rig.db:spend("a\0b", 10))
      assert.is_true(rig.db:spend("a\0c", 10))
      assert.is_true(rig.db:spend("a", 10))
      assert.is_true(rig.db:spend("", 10))
    end)

    it("are forgotten after they expired, not before", function()
      assert(rig.db:spend("a", 10))
      assert(rig.db:spend("b", 11))
      assert.are.same({ spent = 0, updates = 0 }, rig.db:expire(10))
      assert.are.same({ spent = 1, updates = 0 }, rig.db:expire(11))
      has_failed("token_spent", rig.db:spend("b", 11))
      assert.is_true(rig.db:spend("a", 10))
    end)
  end)

  describe("secrets", function()
    it("are made once", function()
      assert.are.equal(every_byte, rig.db:secret("s", function() return every_byte end))
      assert.are.equal(every_byte, rig.db:secret("s", function() error("made twice") end))
      assert.are.equal("other", rig.db:secret("t", function() return "other" end))
    end)

    it("report why one could not be made", function()
      has_failed("crypto_failed", rig.db:secret("s", function() return nil, "no entropy", "crypto_failed" end))
    end)

    it("end as the first one when two make them at the same time", function()
      local mine = rig.db:secret("s", function()
        assert.are.equal("theirs", rig.db:secret("s", function() return "theirs" end))
        return "mine"
      end)
      assert.are.equal("theirs", mine)
    end)
  end)
end
