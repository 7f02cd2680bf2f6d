--- What every store engine has to do. `engine.uri()` names a fresh, empty store that several processes
-- can open; `engine.remove()` does away with it.
local assert = require "luassert"
local child = require "child"
local store = require "teep.store"

local every_byte = {}
for i = 0, 255 do every_byte[#every_byte + 1] = string.char(i) end
every_byte = table.concat(every_byte)

local numbers = {
  ["0"] = 0, ["2^31"] = 1 << 31, ["2^53"] = 1 << 53, ["2^53 + 1"] = (1 << 53) + 1,
  ["2^63 - 1"] = math.maxinteger, ["2^63"] = math.mininteger, ["2^64 - 1"] = -1,
}

local function agent(fields)
  local made = {
    kid = "kid", public_key = "key", algorithm = "ESP256", first_seen = 1, last_seen = 2, status = "known",
  }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

local function manifest(fields)
  local made = {
    id = "hello", sequence_number = 7, digest = "digest", signer = "signer", envelope = every_byte, added = 9,
    components = {
      { component_id = "a", digest = "\0\1", digest_algorithm = "SHA-256", size = 1 << 40 },
      { component_id = "b" },
    },
  }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

local function update(fields)
  local made = {
    token_hash = "hash", agent = "kid", expires = 100, attempt = 1,
    manifests = { { id = "z", sequence_number = -1 }, { id = "a", sequence_number = 0 } },
    remove = { "old", "older" },
  }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

local function without_envelope(given)
  local copy = {}
  for name, value in pairs(given) do copy[name] = value end
  copy.envelope = nil
  return copy
end

local function has_failed(code, ...)
  local result, message, found = ...
  assert.is_nil(result)
  assert.are.equal(code, found)
  assert.is_string(message)
  assert.is_nil(message:find("\n", 1, true))
  return message
end

-- The second argument is the environment of the spec: describe, it and so on live there.
return function(engine, _ENV) -- luacheck: ignore 212/_ENV
  local uri, db

  before_each(function()
    uri = engine.uri()
    db = assert(store.open(uri))
  end)

  after_each(function()
    db:close()
    engine.remove()
  end)

  local function reopen()
    db:close()
    db = assert(store.open(uri))
  end

  describe("tokens", function()
    it("are not spent twice, also not after reopening (D7)", function()
      assert.is_true(db:spend(every_byte, 10))
      has_failed("token_spent", db:spend(every_byte, 10))
      reopen()
      has_failed("token_spent", db:spend(every_byte, 11))
    end)

    it("differ in every byte, NUL included", function()
      assert.is_true(db:spend("a\0b", 10))
      assert.is_true(db:spend("a\0c", 10))
      assert.is_true(db:spend("a", 10))
      assert.is_true(db:spend("", 10))
    end)

    it("are forgotten after they expired, not before", function()
      assert(db:spend("a", 10))
      assert(db:spend("b", 11))
      assert.are.same({ spent = 0, updates = 0 }, db:expire(10))
      assert.are.same({ spent = 1, updates = 0 }, db:expire(11))
      has_failed("token_spent", db:spend("b", 11))
      assert.is_true(db:spend("a", 10))
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
      local racers = { child.start(program, { uri, count }), child.start(program, { uri, count }) }
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
      has_failed("crypto_failed", db:secret("s", function() return nil, "no entropy", "crypto_failed" end))
    end)

    it("are made once and shared by all processes", function()
      assert.are.equal(every_byte, db:secret("s", function() return every_byte end))
      assert.are.equal(every_byte, db:secret("s", function() error("made twice") end))
      assert.are.equal("other", db:secret("t", function() return "other" end))
      local reader = child.start([[
        local db = assert(require("teep.store").open((...)))
        local value = db:secret("s", function() error("made twice") end)
        print((value:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)))]], { uri })
      assert.are.equal((every_byte:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)), reader:line())
      reader:wait()
    end)

    it("end as the first one when two make them at the same time", function()
      local mine = db:secret("s", function()
        assert.are.equal("theirs", db:secret("s", function() return "theirs" end))
        return "mine"
      end)
      assert.are.equal("theirs", mine)
    end)
  end)

  describe("updates", function()
    it("are refused under a token that is in use", function()
      assert(db:update_put(update()))
      has_failed("conflict", db:update_put(update { agent = "other", manifests = {} }))
      assert.are.same(update(), db:update_take("hash"))
    end)

    it("are unknown unless put", function()
      has_failed("not_found", db:update_take("hash"))
      assert(db:update_put(update()))
      has_failed("not_found", db:update_take("hash\0"))
    end)

    it("are taken once, in the order given, also after reopening", function()
      assert(db:update_put(update { token_hash = every_byte }))
      reopen()
      assert.are.same(update { token_hash = every_byte }, db:update_take(every_byte))
      has_failed("not_found", db:update_take(every_byte))
      assert(db:update_put(update { token_hash = every_byte, manifests = {}, remove = {} }))
      assert.are.same({}, db:update_take(every_byte).manifests)
    end)

    it("expire with what belongs to them", function()
      assert(db:update_put(update { expires = 10 }))
      assert(db:update_put(update { token_hash = "later", expires = 11 }))
      assert.are.same({ spent = 0, updates = 1 }, db:expire(11))
      has_failed("not_found", db:update_take("hash"))
      assert.are.same(update { token_hash = "later", expires = 11 }, db:update_take("later"))
      assert(db:update_put(update()))
    end)

    it("are refused when a field is missing, unknown or mistyped", function()
      assert.has_error(function() db:update_put { token_hash = "hash" } end)
      assert.has_error(function() db:update_put(update { bogus = 1 }) end)
      assert.has_error(function() db:update_put(update { manifests = { { id = "a" } } }) end)
      assert.has_error(function() db:update_put(update { remove = { {} } }) end)
      has_failed("not_found", db:update_take("hash"))
    end)
  end)

  describe("agents", function()
    it("are unknown unless put", function()
      has_failed("not_found", db:agent("kid"))
      assert.are.same({}, db:agents())
    end)

    it("are replaced as a whole", function()
      assert(db:agent_put(agent()))
      assert(db:agent_put(agent { status = "quarantined", last_seen = 3, public_key = every_byte }))
      reopen()
      assert.are.same(agent { status = "quarantined", last_seen = 3, public_key = every_byte }, db:agent("kid"))
    end)

    it("come ordered by kid, bytewise", function()
      for _, kid in ipairs { "b", "\255", "a\0", "a", "" } do assert(db:agent_put(agent { kid = kid })) end
      local kids = {}
      for i, found in ipairs(db:agents()) do kids[i] = found.kid end
      assert.are.same({ "", "a", "a\0", "b", "\255" }, kids)
    end)

    for name, number in pairs(numbers) do
      it("keep " .. name .. " as a time", function()
        assert(db:agent_put(agent { last_seen = number }))
        assert.are.equal(number, db:agent("kid").last_seen)
        assert.are.equal("integer", math.type(db:agent("kid").last_seen))
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
      assert.are.same({}, db:tc_list("kid"))
    end)

    it("keep order and every field", function()
      assert(db:tc_list_put("kid", list))
      assert(db:tc_list_put("kid\0", { { component_id = "other" } }))
      reopen()
      assert.are.same(list, db:tc_list("kid"))
    end)

    it("replace the one before as a whole", function()
      assert(db:tc_list_put("kid", list))
      assert(db:tc_list_put("kid", { { component_id = "new" } }))
      assert.are.same({ { component_id = "new" } }, db:tc_list("kid"))
      assert(db:tc_list_put("kid", {}))
      assert.are.same({}, db:tc_list("kid"))
    end)

    it("stay as they were when an entry is refused", function()
      assert(db:tc_list_put("kid", list))
      assert.has_error(function() db:tc_list_put("kid", { { component_id = "a" }, { digest = "d" } }) end)
      assert.are.same(list, db:tc_list("kid"))
    end)
  end)

  describe("manifests", function()
    it("are refused below the highest sequence number (D12)", function()
      assert(db:manifest_put(manifest { sequence_number = 8 }))
      local message = has_failed("rollback", db:manifest_put(manifest { sequence_number = 7 }))
      assert.is_truthy(message:find("7, have 8", 1, true))
      assert.are.equal(8, db:manifest("hello").sequence_number)
    end)

    it("are refused under a known sequence number with another digest", function()
      assert(db:manifest_put(manifest()))
      has_failed("conflict", db:manifest_put(manifest { digest = "other" }))
      assert.are.same(manifest(), db:manifest("hello"))
    end)

    it("are unknown unless put", function()
      has_failed("not_found", db:manifest("hello"))
      has_failed("not_found", db:manifest_remove("hello"))
      assert(db:manifest_put(manifest()))
      has_failed("not_found", db:manifest("hello", 8))
      has_failed("not_found", db:manifest("hell"))
    end)

    it("come back with every byte", function()
      assert(db:manifest_put(manifest { digest = every_byte, signer = every_byte }))
      reopen()
      assert.are.same(manifest { digest = every_byte, signer = every_byte }, db:manifest("hello"))
    end)

    it("compare sequence numbers as 64-bit unsigned (D6)", function()
      local ascending = { 0, 1, (1 << 32), math.maxinteger, math.mininteger, -2, -1 }
      for _, number in ipairs(ascending) do
        assert(db:manifest_put(manifest { sequence_number = number, digest = ("%x"):format(number) }))
        assert.are.equal(number, db:manifest("hello").sequence_number)
        assert.are.equal(number, db:manifests()[1].sequence_number)
      end
      for i = 1, #ascending - 1 do
        local number = ascending[i]
        has_failed("rollback", db:manifest_put(manifest { sequence_number = number, digest = ("%x"):format(number) }))
        assert.are.equal(("%x"):format(number), db:manifest("hello", number).digest)
      end
      local message = has_failed("rollback", db:manifest_put(manifest { sequence_number = math.mininteger }))
      assert.is_truthy(message:find("9223372036854775808, have 18446744073709551615", 1, true))
    end)

    it("may be put again, which replaces the envelope", function()
      assert(db:manifest_put(manifest()))
      assert(db:manifest_put(manifest { envelope = "severed", added = 10 }))
      assert.are.same(manifest { envelope = "severed", added = 10 }, db:manifest("hello"))
    end)

    it("are listed without envelopes, ordered by id, the highest of each", function()
      assert(db:manifest_put(manifest { id = "b" }))
      assert(db:manifest_put(manifest { id = "b", sequence_number = 8, components = {} }))
      assert(db:manifest_put(manifest { id = "a" }))
      assert.are.same({
        without_envelope(manifest { id = "a" }),
        without_envelope(manifest { id = "b", sequence_number = 8, components = {} }),
      }, db:manifests())
    end)

    it("are removed with all their sequence numbers", function()
      assert(db:manifest_put(manifest()))
      assert(db:manifest_put(manifest { sequence_number = 8 }))
      assert(db:manifest_put(manifest { id = "other" }))
      assert.is_true(db:manifest_remove("hello"))
      has_failed("not_found", db:manifest("hello"))
      has_failed("not_found", db:manifest("hello", 7))
      assert.are.equal(1, #db:manifests())
      assert(db:manifest_put(manifest { sequence_number = 1 }))
      assert.are.same(manifest { sequence_number = 1 }, db:manifest("hello"))
    end)
  end)

  describe("a transaction", function()
    it("rolls back when its function fails", function()
      local message = has_failed("policy_denied", db:transaction(function()
        assert(db:spend("a", 10))
        assert(db:tc_list_put("kid", { { component_id = "a" } }))
        return nil, "denied it", "policy_denied"
      end))
      assert.are.equal("denied it", message)
      assert.are.same({}, db:tc_list("kid"))
      assert.is_true(db:spend("a", 10))
    end)

    it("rolls back when its function throws, and throws on", function()
      local thrown = {}
      local ok, reason = pcall(db.transaction, db, function()
        assert(db:spend("a", 10))
        error(thrown)
      end)
      assert.is_false(ok)
      assert.are.equal(thrown, reason)
      assert.is_true(db:spend("a", 10))
    end)

    it("rolls back when a verb in it fails and that is passed on", function()
      assert(db:spend("b", 10))
      has_failed("token_spent", db:transaction(function()
        assert(db:spend("a", 10))
        return db:spend("b", 10)
      end))
      assert.is_true(db:spend("a", 10))
    end)

    it("does not nest", function()
      assert.has_error(function()
        db:transaction(function() db:transaction(function() end) end)
      end)
      assert.is_true(db:transaction(function() end))
    end)

    it("cannot suspend a task in its middle", function()
      local task = coroutine.wrap(function()
        return pcall(db.transaction, db, function()
          assert(db:spend("a", 10))
          coroutine.yield("suspended")
        end)
      end)
      assert.is_false((task()))
      assert.is_true(db:spend("a", 10))
    end)

    it("cannot close the store", function()
      assert.has_error(function() db:transaction(function() db:close() end) end)
      assert.is_true(db:spend("a", 10))
    end)

    it("gives what its function gave, nil and false included", function()
      assert.are.same({ n = 3, "a", nil, false }, table.pack(db:transaction(function() return "a", nil, false end)))
      assert.are.same({ n = 1, nil }, table.pack(db:transaction(function() return nil end)))
    end)

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
      assert(db:tc_list_put("kid", { { component_id = "a", size = 0 } }))
      local counters = { child.start(program, { uri }), child.start(program, { uri }) }
      for _, counter in ipairs(counters) do
        assert.are.equal("end\n", counter:rest())
        counter:wait()
      end
      assert.are.equal(100, db:tc_list("kid")[1].size)
    end)

    it("keeps all it did", function()
      assert.is_true(db:transaction(function()
        assert(db:spend("a", 10))
        assert(db:update_put(update()))
        assert(db:tc_list_put("kid", { { component_id = "a" } }))
        assert(db:manifest_put(manifest()))
        return db:agent_put(agent())
      end))
      reopen()
      has_failed("token_spent", db:spend("a", 10))
      assert.are.same(update(), db:update_take("hash"))
      assert.are.same({ { component_id = "a" } }, db:tc_list("kid"))
      assert.are.same(manifest(), db:manifest("hello"))
      assert.are.same(agent(), db:agent("kid"))
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
        local victim = child.start(program, { uri, last + 1 })
        local acknowledged
        for _ = 1, count do acknowledged = tonumber(victim:line()) end
        victim:kill()
        local list = db:tc_list("kid")
        last = list[1].size
        assert.are.same({ { component_id = "a", size = last }, { component_id = "b", size = last } }, list)
        assert.is_true(last >= acknowledged)
        for i = 1, last do has_failed("token_spent", db:spend("token " .. i, 10)) end
        assert.is_true(db:spend("token " .. last + 1, -1))
        assert.are.equal(1, db:expire(0).spent)
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
        end)]], { uri })
      assert.are.equal("inside", victim:line())
      victim:kill()
      has_failed("not_found", db:agent("kid"))
      assert.is_true(db:spend("a", 10))
    end)
  end)

  it("throws when used after closing", function()
    local other = assert(store.open(uri))
    other:close()
    other:close()
    assert.has_error(function() other:spend("a", 10) end)
    assert.has_error(function() other:transaction(function() end) end)
  end)
end
