--- What every TEE driver has to do. `engine.options()` gives the options of a fresh, empty back end;
-- `engine.remove()` does away with it.
local assert = require "luassert"
local child = require "child"
local cose = require "teep.cose"
local crypto = require "teep.crypto"
local driver = require "teep.driver"

local every_byte = {}
for i = 0, 255 do every_byte[#every_byte + 1] = string.char(i) end
every_byte = table.concat(every_byte)

local function has_failed(code, ...)
  local result, message, found = ...
  assert.is_nil(result)
  assert.are.equal(code, found)
  assert.is_string(message)
  assert.is_nil(message:find("\n", 1, true))
  return message
end

-- Identifiers that would do harm as file names, or look alike.
local function hostile_ids()
  local ids = {
    {}, { "" }, { "", "" }, { "a" }, { "A" }, { "a", "b" }, { "ab" }, { "ab", "c" }, { "a", "bc" },
    { "a/b" }, { "a", "", "b" }, { "a\0b" },
    { "a\0" }, { "\0" }, { "." }, { ".." }, { "..", ".." }, { "../.." }, { "../../etc/passwd" }, { "/" },
    { "/etc/passwd" }, { "//" }, { "\\..\\.." }, { "lock" }, { "staged", "0" }, { "components" }, { "~" }, { "$HOME" },
    { "`id`" }, { "-rf" }, { "*" }, { "CON" }, { "a." }, { "a " }, { "\n" }, { "\27[2J" }, { "%2e%2e%2f" },
    { "é" }, { "e\u{301}" }, { "\u{212B}" }, { "\u{C5}" }, { "\u{430}" }, { "\u{202E}a" }, { "\xC0\xAE" },
    { "\xFF" }, { ("x"):rep(255) }, { ("x"):rep(256) }, { ("../"):rep(2000) }, { ("y"):rep(65536) },
    { "x", ("z"):rep(65535) },
  }
  local many = {}
  for i = 1, 500 do many[i] = "s" .. i end
  ids[#ids + 1] = many
  for byte = 0, 255 do ids[#ids + 1] = { string.char(byte), "byte" } end
  return ids
end

-- The second argument is the environment of the spec: describe, it and so on live there.
return function(engine, _ENV) -- luacheck: ignore 212/_ENV
  local options, tee

  before_each(function()
    options = engine.options()
    tee = assert(driver.open(options))
  end)

  after_each(function()
    tee:close()
    engine.remove()
  end)

  local function reopen()
    tee:close()
    tee = assert(driver.open(options))
  end

  local function stage(txn, id, content)
    local slot = assert(txn:stage(id))
    assert.is_true(slot:write(content))
    return assert(slot:finish())
  end

  local function install(id, content)
    local txn = assert(tee:txn())
    stage(txn, id, content)
    assert.is_true(txn:commit())
  end

  local function content_of(id) return tee:read(id, 0, 1 << 24) end

  describe("components", function()
    it("are not found unless installed", function()
      has_failed("not_found", tee:probe { "a" })
      has_failed("not_found", tee:read({ "a" }, 0, 1))
    end)

    it("have the identifier {string,...}, anything else throws", function()
      local txn = assert(tee:txn())
      for _, bad in ipairs { "a", { 1 }, { "a", {} }, 7 } do
        assert.has_error(function() tee:probe(bad) end)
        assert.has_error(function() tee:read(bad, 0, 1) end)
        assert.has_error(function() txn:stage(bad) end)
        assert.has_error(function() txn:remove(bad) end)
      end
    end)

    it("are measured from their bytes", function()
      local content = every_byte:rep(100)
      local txn = assert(tee:txn())
      local slot = assert(txn:stage { "a" })
      for at = 1, #content, 1000 do assert(slot:write(content:sub(at, at + 999))) end
      local wanted = { size = #content, digest = crypto.digest("SHA-256", content), digest_algorithm = "SHA-256" }
      assert.are.same(wanted, slot:finish())
      assert(txn:commit())
      assert.are.same(wanted, tee:probe { "a" })
      reopen()
      assert.are.same(wanted, tee:probe { "a" })
      assert.are.equal(content, content_of { "a" })
    end)

    it("may be empty, which is not the same as absent", function()
      install({ "a" }, "")
      assert.are.same({ size = 0, digest = crypto.digest("SHA-256", ""), digest_algorithm = "SHA-256" },
        tee:probe { "a" })
      assert.are.equal("", tee:read({ "a" }, 0, 10))
    end)

    it("are read from any offset, shorter only at their end", function()
      install({ "a" }, "0123456789")
      assert.are.equal("345", tee:read({ "a" }, 3, 3))
      assert.are.equal("89", tee:read({ "a" }, 8, 3))
      assert.are.equal("", tee:read({ "a" }, 10, 3))
      assert.are.equal("", tee:read({ "a" }, math.maxinteger, 3))
      assert.are.equal("", tee:read({ "a" }, 0, 0))
    end)

    it("are read at most 16 MiB at a time", function()
      install({ "a" }, "a")
      assert.are.equal("a", tee:read({ "a" }, 0, 1 << 24))
      assert.has_error(function() tee:read({ "a" }, 0, (1 << 24) + 1) end)
      assert.has_error(function() tee:read({ "a" }, 0, -1) end)
      assert.has_error(function() tee:read({ "a" }, -1, 1) end)
    end)

    it("of hostile and similar identifiers stay apart and in their place (D18)", function()
      local ids = hostile_ids()
      assert.is_true(#ids >= 300)
      local txn = assert(tee:txn())
      for i, id in ipairs(ids) do stage(txn, id, "component " .. i) end
      assert(txn:commit())
      reopen()
      for i, id in ipairs(ids) do assert.are.equal("component " .. i, content_of(id)) end
      engine.check_place(#ids)
    end)
  end)

  describe("a transaction", function()
    it("changes nothing before its commit", function()
      install({ "a" }, "old")
      local txn = assert(tee:txn())
      stage(txn, { "a" }, "new")
      stage(txn, { "b" }, "new")
      assert(txn:remove { "a" })
      assert.are.equal("old", content_of { "a" })
      has_failed("not_found", tee:probe { "b" })
      txn:abort()
      assert.are.equal("old", content_of { "a" })
      reopen()
      assert.are.equal("old", content_of { "a" })
      has_failed("not_found", tee:probe { "b" })
    end)

    it("makes all its changes at its commit", function()
      install({ "a" }, "old")
      install({ "b" }, "old")
      local txn = assert(tee:txn())
      stage(txn, { "a" }, "new")
      assert(txn:remove { "b" })
      stage(txn, { "c" }, "new")
      assert.is_true(txn:commit())
      reopen()
      assert.are.equal("new", content_of { "a" })
      has_failed("not_found", tee:probe { "b" })
      assert.are.equal("new", content_of { "c" })
    end)

    it("may remove what is absent", function()
      local txn = assert(tee:txn())
      assert.is_true(txn:remove { "a" })
      assert.is_true(txn:commit())
    end)

    it("may be empty", function()
      assert.is_true(assert(tee:txn()):commit())
    end)

    it("lets a later change replace an earlier one to the same component", function()
      install({ "gone" }, "old")
      local txn = assert(tee:txn())
      local unfinished = assert(txn:stage { "a" })
      stage(txn, { "a" }, "first")
      stage(txn, { "a" }, "second")
      stage(txn, { "gone" }, "new")
      assert(txn:remove { "gone" })
      assert(txn:remove { "back" })
      stage(txn, { "back" }, "new")
      has_failed("conflict", unfinished:write("x"))
      assert.is_true(txn:commit())
      assert.are.equal("second", content_of { "a" })
      has_failed("not_found", tee:probe { "gone" })
      assert.are.equal("new", content_of { "back" })
    end)

    it("is refused while a component is neither finished nor aborted", function()
      install({ "a" }, "old")
      local txn = assert(tee:txn())
      stage(txn, { "a" }, "new")
      assert(txn:stage { "b" })
      has_failed("conflict", txn:commit())
      assert.are.equal("old", content_of { "a" })
      assert.has_error(function() txn:commit() end)
    end)

    it("leaves out a component that was aborted, finished or not", function()
      local txn = assert(tee:txn())
      local slot = assert(txn:stage { "a" })
      assert(slot:write("half"))
      slot:abort()
      slot:abort()
      assert.has_error(function() slot:write("x") end)
      slot = assert(txn:stage { "a" })
      assert(slot:finish())
      slot:abort()
      stage(txn, { "b" }, "whole")
      assert.is_true(txn:commit())
      has_failed("not_found", tee:probe { "a" })
      assert.are.equal("whole", content_of { "b" })
    end)

    it("runs beside others", function()
      local first, second = assert(tee:txn()), assert(tee:txn())
      stage(first, { "a" }, "first")
      stage(second, { "b" }, "second")
      stage(second, { "c" }, "second")
      second:abort()
      assert.is_true(first:commit())
      assert.are.equal("first", content_of { "a" })
      has_failed("not_found", tee:probe { "b" })
    end)

    it("is aborted with the driver, whichever ended before it", function()
      for ended = 1, 3 do
        local txns = {}
        for i = 1, 3 do
          txns[i] = assert(tee:txn())
          stage(txns[i], { "a" }, "new")
        end
        txns[ended]:abort()
        reopen()
        for i = 1, 3 do assert.has_error(function() txns[i]:commit() end) end
        engine.check_staged(0)
      end
    end)

    it("throws when used after its end, and so do its slots", function()
      for _, ending in ipairs { "commit", "abort" } do
        local txn = assert(tee:txn())
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
      local txn = assert(tee:txn())
      local slot = assert(txn:stage { "a" })
      slot:finish()
      assert.has_error(function() slot:write("x") end)
      assert.has_error(function() slot:finish() end)
      txn:abort()
    end)

    it("ends when it leaves its scope or is collected", function()
      do
        local txn <close> = assert(tee:txn())
        stage(txn, { "a" }, "new")
      end
      engine.check_staged(0)
      do stage(assert(tee:txn()), { "a" }, "new") end
      collectgarbage()
      collectgarbage()
      engine.check_staged(0)
      has_failed("not_found", tee:probe { "a" })
    end)

    it("is aborted when the driver is closed", function()
      local txn = assert(tee:txn())
      local slot = assert(txn:stage { "a" })
      reopen()
      assert.has_error(function() txn:commit() end)
      assert.has_error(function() slot:write("x") end)
      engine.check_staged(0)
      has_failed("not_found", tee:probe { "a" })
    end)
  end)

  describe("keys", function()
    local function verifies(key, signed)
      local public = require("teep.key").load(key:public())
      local verified = cose.verify(signed, { keys = { public }, algorithms = { key:algorithm() } })
      return verified and verified.payload == "payload"
    end

    for _, algorithm in ipairs { "ESP256", "Ed25519" } do
      it("sign with " .. algorithm .. " and stay the same", function()
        local key = assert(tee:key("agent", algorithm))
        assert.are.equal(algorithm, key:algorithm())
        assert.is_true(key:can_sign())
        assert.is_true(verifies(key, assert(cose.sign1 { key = key, payload = "payload" })))
        local kid = key:thumbprint()
        assert.are.equal(kid, tee:key("agent", algorithm):thumbprint())
        reopen()
        local again = assert(tee:key("agent", algorithm))
        assert.are.equal(kid, again:thumbprint())
        assert.is_true(verifies(key, assert(cose.sign1 { key = again, payload = "payload" })))
      end)
    end

    it("never hand out their private part", function()
      has_failed("no_private_key", assert(tee:key("agent", "ESP256")):private())
    end)

    it("have one algorithm each", function()
      assert(tee:key("agent", "ESP256"))
      has_failed("wrong_key", tee:key("agent", "Ed25519"))
      assert.are_not.equal(tee:key("agent", "ESP256"):thumbprint(), tee:key("other", "ESP256"):thumbprint())
    end)

    it("sign only, so an algorithm for something else is refused and nothing is kept", function()
      has_failed("unsupported_algorithm", tee:key("agent", "SHA-256"))
      assert(tee:key("agent", "ESP256"))
    end)

    it("keep their driver open until both are dropped", function()
      local key = assert(tee:key("agent", "ESP256"))
      tee = nil
      collectgarbage()
      collectgarbage()
      assert.is_true(verifies(key, assert(cose.sign1 { key = key, payload = "payload" })))
      key = nil -- luacheck: ignore 311
      collectgarbage()
      collectgarbage()
      tee = assert(driver.open(options))
    end)

    it("cannot sign once the driver is closed", function()
      local key = assert(tee:key("agent", "ESP256"))
      tee:close()
      has_failed("no_private_key", cose.sign1 { key = key, payload = "payload" })
    end)
  end)

  describe("sealed values", function()
    it("are not found unless put", function()
      has_failed("not_found", tee:seal_get("a"))
    end)

    it("come back with every byte, also after reopening", function()
      for name, value in pairs { empty = "", bytes = every_byte, large = every_byte:rep(40) } do
        assert.is_true(tee:seal_put(name, value))
        assert.are.equal(value, tee:seal_get(name))
      end
      reopen()
      assert.are.equal("", tee:seal_get("empty"))
      assert.are.equal(every_byte, tee:seal_get("bytes"))
      assert.are.equal(every_byte:rep(40), tee:seal_get("large"))
    end)

    it("replace the one before, also by a shorter one", function()
      assert(tee:seal_put("a", every_byte:rep(40)))
      assert(tee:seal_put("a", "new"))
      assert.are.equal("new", tee:seal_get("a"))
    end)

    it("have up to 1 MiB", function()
      local limit = ("x"):rep(1 << 20)
      assert.is_true(tee:seal_put("a", limit))
      assert.are.equal(limit, tee:seal_get("a"))
      has_failed("too_large", tee:seal_put("a", limit .. "x"))
      assert.are.equal(limit, tee:seal_get("a"))
    end)

    it("do not mix with keys of the same name", function()
      local kid = assert(tee:key("a", "ESP256")):thumbprint()
      has_failed("not_found", tee:seal_get("a"))
      assert(tee:seal_put("a", "value"))
      assert.are.equal(kid, tee:key("a", "ESP256"):thumbprint())
    end)
  end)

  it("takes names of 1 to 32 of a-z, 0-9, _ and - (D18)", function()
    for _, name in ipairs { "a", "0", "-", "_", ("x"):rep(32), "a-z_0-9" } do
      assert.is_true(tee:seal_put(name, name))
      assert(tee:key(name, "ESP256"))
    end
    for _, name in ipairs { "", ("x"):rep(33), "A", ".", "..", "a/b", "../x", "a b", "a\n", "é", "a." } do
      has_failed("name_invalid", tee:seal_put(name, ""))
      has_failed("name_invalid", tee:seal_get(name))
      has_failed("name_invalid", tee:key(name, "ESP256"))
    end
    assert.has_error(function() tee:seal_put("a\0", "") end)
    assert.has_error(function() tee:key("a\0", "ESP256") end)
  end)

  it("throws when used after closing, but keeps its name", function()
    tee:close()
    tee:close()
    assert.has_error(function() tee:probe { "a" } end)
    assert.has_error(function() tee:read({ "a" }, 0, 1) end)
    assert.has_error(function() tee:txn() end)
    assert.has_error(function() tee:key("a", "ESP256") end)
    assert.has_error(function() tee:seal_put("a", "") end)
    assert.has_error(function() tee:seal_get("a") end)
    assert.are.equal(options.name, tee.name)
  end)

  it("says what it is", function()
    assert.is_string(tee.isolation)
    assert.is_boolean(tee.hardware_root)
    assert.is_nil(tee.nothing)
  end)

  it("is finalized in any order", function()
    tee:close()
    local program = [[
      local open = require("teep.driver").open
      local options = { name = "]] .. options.name .. [[", path = (...) }
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
      local run = child.start(program, { options.path, how })
      assert.are.equal("end\n", run:rest())
      assert.is_true(run:wait())
    end
  end)

  describe("a killed process", function()
    it("leaves the old state and nothing staged (D21)", function()
      install({ "a" }, "old")
      tee:close()
      local victim = child.start([[
        local tee = assert(require("teep.driver").open { name = select(2, ...), path = (...) })
        local txn = assert(tee:txn())
        for i = 1, 3 do
          local slot = assert(txn:stage { i == 1 and "a" or "b" .. i })
          assert(slot:write(("new"):rep(10000)))
          if i < 3 then assert(slot:finish()) end
        end
        print("staged")
        os.execute("exec sleep 10 >/dev/null")]], { options.path, options.name })
      assert.are.equal("staged", victim:line())
      engine.check_staged(3)
      has_failed("busy", driver.open(options))
      victim:kill()
      tee = assert(driver.open(options))
      engine.check_staged(0)
      assert.are.equal("old", content_of { "a" })
      has_failed("not_found", tee:probe { "b2" })
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
        tee:close()
        local victim = child.start(program, { options.path, options.name, last + 1 })
        local acknowledged
        for _ = 1, count do acknowledged = tonumber(victim:line()) end
        victim:kill()
        tee = assert(driver.open(options))
        local found = { content_of { "a" }, content_of { "b" }, tee:seal_get("state") }
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
