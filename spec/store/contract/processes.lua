--- Several processes, and several handles of one, on the same store; killed ones too.
local assert = require "luassert"
local child = require "child"
local has_failed = require "has_failed"
local records = require "store.records"
local store = require "teep.store"

local every_byte, manifest, update = records.every_byte, records.manifest, records.update

-- Each line that the racers print, with how many of them printed it; all must come to their end.
local function tally(program, ...)
  local racers, counts, total = { child.start(program, { ... }), child.start(program, { ... }) }, {}, 0
  for _, racer in ipairs(racers) do
    local line = racer:line()
    while line and line ~= "end" do
      counts[line] = (counts[line] or 0) + 1
      total = total + 1
      line = racer:line()
    end
    assert.are.equal("end", line)
    assert.is_true(racer:wait())
  end
  return counts, total
end

local function assert_each_once(count, counts, total)
  assert.are.equal(count, total)
  for _, times in pairs(counts) do assert.are.equal(1, times) end
end

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("tokens", function()
    it("are won by exactly one of two processes (D7)", function()
      assert_each_once(300, tally([[
        local db = assert(require("teep.store").open((...)))
        for i = 1, 300 do
          local won, message, code = db:spend("token " .. i, 10)
          if won then print(i) else assert(code == "token_spent", message) end
        end
        print("end")]], rig.uri))
    end)

    it("are won by exactly one of two processes that commit in groups (D7)", function()
      assert_each_once(300, tally([[
        local task = require "teep.task"
        local timers = {}
        local db = assert(require("teep.store").open((...), {
          timer = function(_, fn) table.insert(timers, fn) end, group = { transactions = 7 },
        }))
        for first = 1, 300, 10 do
          for i = first, first + 9 do
            task.run(function()
              local won, message, code = db:transaction(function() return db:spend("token " .. i, 10) end, task.await)
              if won then print(i) else assert(code == "token_spent", message) end
            end)
          end
          while #timers > 0 do table.remove(timers, 1)() end
        end
        db:close()
        print("end")]], rig.uri))
    end)
  end)

  it("hands an Update to exactly one of two processes", function()
    for i = 1, 100 do assert(rig.db:update_put(update { token_hash = "token " .. i })) end
    assert_each_once(100, tally([[
      local db = assert(require("teep.store").open((...)))
      for i = 1, 100 do
        local taken, message, code = db:update_take("token " .. i)
        if taken then
          assert(#taken.manifests == 2 and #taken.remove == 2)
          print(i)
        else
          assert(code == "not_found", message)
        end
      end
      print("end")]], rig.uri))
  end)

  it("takes one of two manifests with the same sequence number", function()
    local _, total = tally([[
      local db = assert(require("teep.store").open((...)))
      local mine = require("teep.crypto").random(16)
      for i = 1, 100 do
        local put, message, code = db:manifest_put{ id = "m" .. i, sequence_number = 1, digest = mine, signer = "",
          envelope = mine, components = {}, added = 1 }
        if put then print(i) else assert(code == "conflict", message) end
      end
      print("end")]], rig.uri)
    assert.are.equal(100, total)
    for _, found in ipairs(rig.db:manifests()) do
      assert.are.equal(found.digest, rig.db:manifest(found.id).envelope)
    end
  end)

  describe("two handles of one process", function()
    local other

    before_each(function() other = assert(store.open(rig.uri)) end)
    after_each(function() other:close() end)

    it("see what the other committed", function()
      assert(rig.db:manifest_put(manifest()))
      assert.are.same(manifest(), other:manifest("hello"))
      assert(other:spend("a", 10))
      has_failed("token_spent", rig.db:spend("a", 10))
    end)

    it("do not see what the other has not committed, and wait for it no longer than they must", function()
      assert(other.writer.database:exec("PRAGMA busy_timeout = 1"))
      assert(rig.db:transaction(function()
        assert(rig.db:manifest_put(manifest()))
        has_failed("not_found", other:manifest("hello"))
        has_failed("busy", other:spend("a", 10))
        has_failed("busy", other:transaction(function() error("runs") end))
        return true
      end))
      assert.is_true(other:spend("a", 10))
    end)
  end)

  describe("secrets", function()
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
  end)

  describe("a transaction", function()
    it("is not overtaken between its reading and its writing", function()
      local program = [[
        local db = assert(require("teep.store").open((...)))
        for _ = 1, 50 do
          assert(db:transaction(function()
            local count = db:tc_list("kid")[1].size
            return db:tc_list_put("kid", { { component_id = "a", size = count + 1 } })
          end))
        end
        print "end"]]
      assert(rig.db:tc_list_put("kid", { { component_id = "a", size = 0 } }))
      local counters = { child.start(program, { rig.uri }), child.start(program, { rig.uri }) }
      for _, counter in ipairs(counters) do
        assert.are.equal("end\n", counter:rest())
        counter:wait()
      end
      assert.are.equal(100, rig.db:tc_list("kid")[1].size)
    end)
  end)

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
          while true do end
        end)]], { rig.uri })
      assert.are.equal("inside", victim:line())
      victim:kill()
      has_failed("not_found", rig.db:agent("kid"))
      assert.is_true(rig.db:spend("a", 10))
    end)
  end)
end
