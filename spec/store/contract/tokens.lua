--- Tokens and secrets in a store.
local assert = require "luassert"
local child = require "child"
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

    it("are won by exactly one of two processes (D7)", function()
      local count = 300
      local program = [[
        local db = assert(require("teep.store").open((...)))
        for i = 1, tonumber(select(2, ...)) do
          local won, message, code = db:spend("token " .. i, 10)
          if won then print(i) else assert(code == "token_spent", message) end
        end
        print("end")]]
      local racers = { child.start(program, { rig.uri, count }), child.start(program, { rig.uri, count }) }
      local wins, total = {}, 0
      for _, racer in ipairs(racers) do
        local line = racer:line()
        while line and line ~= "end" do
          assert.is_nil(wins[line])
          wins[line] = true
          total = total + 1
          line = racer:line()
        end
        assert.are.equal("end", line)
        assert.is_true(racer:wait())
      end
      assert.are.equal(count, total)
    end)
  end)

  describe("secrets", function()
    it("report why one could not be made", function()
      has_failed("crypto_failed", rig.db:secret("s", function() return nil, "no entropy", "crypto_failed" end))
    end)

    it("are made once and shared by all processes", function()
      assert.are.equal(every_byte, rig.db:secret("s", function() return every_byte end))
      assert.are.equal(every_byte, rig.db:secret("s", function() error("made twice") end))
      assert.are.equal("other", rig.db:secret("t", function() return "other" end))
      local reader = child.start([[
        local db = assert(require("teep.store").open((...)))
        local value = db:secret("s", function() error("made twice") end)
        print((value:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)))]], { rig.uri })
      assert.are.equal((every_byte:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)), reader:line())
      reader:wait()
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
