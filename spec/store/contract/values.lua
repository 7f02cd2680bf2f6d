--- Every field keeps every value that it may have, and refuses all others (D6).
local assert = require "luassert"
local has_failed = require "has_failed"
local limits = require "teep.store.records"
local records = require "store.records"

local integers = { 0, 1, -1, 1 << 31, (1 << 31) - 1, 1 << 32, 1 << 53, (1 << 53) + 1, math.maxinteger, math.mininteger }

-- Texts too: identifiers are what peers made of them, UTF-8 or not.
local strings = { "", "\0", "a\0b", "\0\0", "'", "%00", "\xC3\x28", "\xED\xA0\x80", "\u{1F512}", records.every_byte }

local function first_tc(db) return (db:tc_list("kid") or {})[1] end

local full_tc = { component_id = "c", digest = "d", digest_algorithm = "SHA-256", size = 1, manifest = "m",
  sequence_number = 1 }

-- Of each record: one to vary, how to put it, how to get back the one that was put.
local kinds = {
  agent = { make = records.agent, put = function(db, made) return db:agent_put(made) end,
    get = function(db, made) return db:agent(made.kid) end },
  tc = { make = function() return full_tc end, put = function(db, made) return db:tc_list_put("kid", { made }) end,
    get = first_tc },
  manifest = { make = records.manifest, put = function(db, made) return db:manifest_put(made) end,
    get = function(db, made) return db:manifest(made.id, made.sequence_number) end },
  component = { make = function() return records.manifest().components[1] end,
    put = function(db, made)
      if #db:manifests() > 0 then assert(db:manifest_remove("hello")) end
      return db:manifest_put(records.manifest { components = { made } })
    end,
    get = function(db) return db:manifest("hello").components[1] end },
  update = { make = records.update, put = function(db, made) return db:update_put(made) end,
    get = function(db, made) return db:update_take(made.token_hash) end },
  update_manifest = { make = function() return { id = "m", sequence_number = 1 } end,
    put = function(db, made) return db:update_put(records.update { manifests = { made } }) end,
    get = function(db) return db:update_take("hash").manifests[1] end },
}

local function with(record, field, value)
  local copy = {}
  for name, kept in pairs(record) do copy[name] = kept end
  copy[field] = value
  return copy
end

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  for kind, case in pairs(kinds) do
    for field, wanted in pairs(limits.fields[kind]) do
      local is_number = wanted:find "number"
      if wanted ~= "table" then
        it(("keeps every value of %s.%s"):format(kind, field), function()
          for _, value in ipairs(is_number and integers or strings) do
            local given = with(case.make(), field, value)
            if kind == "manifest" then rig.db:manifest_remove(given.id) end
            assert.is_true(case.put(rig.db, given))
            local found = case.get(rig.db, given)
            assert.are.same(given, found)
            assert.are.equal(math.type(value), math.type(found[field]))
          end
        end)
      end

      it(("refuses what %s.%s cannot be"):format(kind, field), function()
        for _, value in ipairs { true, print, wanted:find "string" and 1 or "1", is_number and 1.5 or 0.5, 1.0 } do
          assert.has_error(function() case.put(rig.db, with(case.make(), field, value)) end)
        end
      end)

      it(("%s without a value of %s.%s"):format(wanted:find "?" and "does" or "does not do", kind, field), function()
        local given = with(case.make(), field, nil)
        if wanted:find "?" then
          assert.is_true(case.put(rig.db, given))
          assert.are.same(given, case.get(rig.db, given))
        else
          assert.has_error(function() case.put(rig.db, given) end)
        end
      end)
    end
  end

  it("keeps every byte of what is removed", function()
    for _, text in ipairs(strings) do
      assert(rig.db:update_put(records.update { remove = { text } }))
      assert.are.same({ text }, rig.db:update_take("hash").remove)
    end
  end)

  it("takes 64 MiB in one field and not one byte more", function()
    local most = ("x"):rep(limits.MAX_BYTES)
    assert.is_true(rig.db:manifest_put(records.manifest { envelope = most }))
    assert.is_true(most == rig.db:manifest("hello").envelope)
    local message = has_failed("too_large", rig.db:manifest_put(records.manifest { envelope = most .. "x" }))
    assert.are.equal("envelope: 67108865 bytes, limit is 67108864", message)
    has_failed("too_large", rig.db:spend(most .. "x", 1))
    has_failed("too_large", rig.db:tc_list_put("kid", { { component_id = most .. "x" } }))
    has_failed("too_large", rig.db:update_put(records.update { remove = { most .. "x" } }))
    assert.is_true(most == rig.db:manifest("hello").envelope)
  end)

  it("refuses lists with other keys", function()
    assert.has_error(function() rig.db:tc_list_put("kid", { { component_id = "a" }, more = { component_id = "b" } }) end)
    assert.has_error(function() rig.db:update_put(records.update { remove = { [2] = "a" } }) end)
    assert.are.same({}, rig.db:tc_list("kid"))
  end)

  it("refuses arguments of other types", function()
    for verb, arguments in pairs {
      spend = { 1, 1 }, update_take = { 1 }, expire = { "1" }, agent = { 1 }, tc_list = {}, manifest = { "m", 1.0 },
      manifest_remove = { false }, secret = { "s", "t" }, tc_list_put = { "kid" },
    } do
      assert.has_error(function() rig.db[verb](rig.db, table.unpack(arguments, 1, 2)) end)
    end
    assert.has_error(function() rig.db:spend("a") end)
    assert.has_error(function() rig.db:spend("a", 1.0) end)
  end)
end
