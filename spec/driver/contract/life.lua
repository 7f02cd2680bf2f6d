--- Closing, finalizing and killing of a TEE driver.
local assert = require "luassert"
local child = require "child"
local driver = require "teep.driver"
local has_failed = require "has_failed"

return function(engine, rig, _ENV) -- luacheck: ignore 212/_ENV
  it("throws when used after closing, but keeps its name", function()
    rig.tee:close()
    rig.tee:close()
    assert.has_error(function() rig.tee:probe { "a" } end)
    assert.has_error(function() rig.tee:read({ "a" }, 0, 1) end)
    assert.has_error(function() rig.tee:txn() end)
    assert.has_error(function() rig.tee:key("a", "ESP256") end)
    assert.has_error(function() rig.tee:seal_put("a", "") end)
    assert.has_error(function() rig.tee:seal_get("a") end)
    assert.are.equal(rig.options.name, rig.tee.name)
  end)

  it("says what it is", function()
    assert.is_string(rig.tee.isolation)
    assert.is_boolean(rig.tee.hardware_root)
    assert.is_nil(rig.tee.nothing)
  end)

  it("is finalized in any order", function()
    rig.tee:close()
    local program = [[
      local open = require("teep.driver").open
      local options = { name = "]] .. rig.options.name .. [[", path = (...) }
      local tee = assert(open(options))
      local txn = assert(tee:txn())
      local slot = assert(txn:stage { "a" })
      local key = assert(tee:key("agent", "ESP256"))
      local how = select(2, ...)
      if how == "driver first" then tee:close() end
      if how == "slot last" then tee, txn, key = nil, nil, nil end
      if how == "txn last" then tee, slot, key = nil, nil, nil end
      collectgarbage()
      collectgarbage()
      if how == "slot last" then assert(slot:write("x")) end
      print "end"
      os.exit(true, true)]]
    for _, how in ipairs { "driver first", "slot last", "txn last", "all at once" } do
      local run = child.start(program, { rig.options.path, how })
      assert.are.equal("end\n", run:rest())
      assert.is_true(run:wait())
    end
  end)

  describe("a killed process", function()
    it("leaves the old state and nothing staged (D21)", function()
      rig.install({ "a" }, "old")
      rig.tee:close()
      local victim = child.start([[
        local tee = assert(require("teep.driver").open { name = select(2, ...), path = (...) })
        local txn = assert(tee:txn())
        for i = 1, 3 do
          local slot = assert(txn:stage { i == 1 and "a" or "b" .. i })
          assert(slot:write(("new"):rep(10000)))
          if i < 3 then assert(slot:finish()) end
        end
        print("staged")
        while true do end]], { rig.options.path, rig.options.name })
      assert.are.equal("staged", victim:line())
      engine.check_staged(3)
      has_failed("busy", driver.open(rig.options))
      victim:kill()
      rig.open()
      engine.check_staged(0)
      assert.are.equal("old", rig.content_of { "a" })
      has_failed("not_found", rig.tee:probe { "b2" })
    end)

    it("loses nothing it acknowledged and leaves every component whole (D21)", function()
      local program = [[
        local tee = assert(require("teep.driver").open { name = select(2, ...), path = (...) })
        for i = tonumber((select(3, ...))), math.maxinteger do
          local txn = assert(tee:txn())
          for _, id in ipairs { "a", "b" } do
            local slot = assert(txn:stage { id })
            assert(slot:write(("%08d"):format(i):rep(1000)))
            assert(slot:finish())
          end
          assert(txn:commit())
          assert(tee:seal_put("state", ("%08d"):format(i):rep(1000)))
          print(i)
        end]]
      local last = 0
      for _, count in ipairs { 1, 5, 2, 9, 3 } do
        rig.tee:close()
        local victim = child.start(program, { rig.options.path, rig.options.name, last + 1 })
        local acknowledged
        for _ = 1, count do acknowledged = tonumber(victim:line()) end
        victim:kill()
        rig.open()
        local found = { rig.content_of { "a" }, rig.content_of { "b" }, rig.tee:seal_get("state") }
        for _, content in ipairs(found) do
          local number = tonumber(content:sub(1, 8))
          assert.are.equal(("%08d"):format(number):rep(1000), content)
          assert.is_true(number >= acknowledged)
          last = math.max(last, number)
        end
        assert.are.equal(3, #found)
      end
    end)
  end)
end
