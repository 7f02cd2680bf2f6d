--- Components of a TEE driver: identified, measured, read.
local assert = require "luassert"
local crypto = require "teep.crypto"
local has_failed = require "has_failed"

local every_byte = {}
for i = 0, 255 do every_byte[#every_byte + 1] = string.char(i) end
every_byte = table.concat(every_byte)

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

return function(engine, rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("components", function()
    it("are not found unless installed", function()
      has_failed("not_found", rig.tee:probe { "a" })
      has_failed("not_found", rig.tee:read({ "a" }, 0, 1))
    end)

    it("have the identifier {string,...}, anything else throws", function()
      local txn = assert(rig.tee:txn())
      for _, bad in ipairs { "a", { 1 }, { "a", {} }, 7 } do
        assert.has_error(function() rig.tee:probe(bad) end)
        assert.has_error(function() rig.tee:read(bad, 0, 1) end)
        assert.has_error(function() txn:stage(bad) end)
        assert.has_error(function() txn:remove(bad) end)
      end
    end)

    it("are measured from their bytes", function()
      local content = every_byte:rep(100)
      local txn = assert(rig.tee:txn())
      local slot = assert(txn:stage { "a" })
      for at = 1, #content, 1000 do assert(slot:write(content:sub(at, at + 999))) end
      local wanted = { size = #content, digest = crypto.digest("SHA-256", content), digest_algorithm = "SHA-256" }
      assert.are.same(wanted, slot:finish())
      assert(txn:commit())
      assert.are.same(wanted, rig.tee:probe { "a" })
      rig.reopen()
      assert.are.same(wanted, rig.tee:probe { "a" })
      assert.are.equal(content, rig.content_of { "a" })
    end)

    it("may be empty, which is not the same as absent", function()
      rig.install({ "a" }, "")
      assert.are.same({ size = 0, digest = crypto.digest("SHA-256", ""), digest_algorithm = "SHA-256" },
        rig.tee:probe { "a" })
      assert.are.equal("", rig.tee:read({ "a" }, 0, 10))
    end)

    it("are read from any offset, shorter only at their end", function()
      rig.install({ "a" }, "0123456789")
      assert.are.equal("345", rig.tee:read({ "a" }, 3, 3))
      assert.are.equal("89", rig.tee:read({ "a" }, 8, 3))
      assert.are.equal("", rig.tee:read({ "a" }, 10, 3))
      assert.are.equal("", rig.tee:read({ "a" }, math.maxinteger, 3))
      assert.are.equal("", rig.tee:read({ "a" }, 0, 0))
    end)

    it("are read at most 16 MiB at a time", function()
      rig.install({ "a" }, "a")
      assert.are.equal("a", rig.tee:read({ "a" }, 0, 1 << 24))
      assert.has_error(function() rig.tee:read({ "a" }, 0, (1 << 24) + 1) end)
      assert.has_error(function() rig.tee:read({ "a" }, 0, -1) end)
      assert.has_error(function() rig.tee:read({ "a" }, -1, 1) end)
    end)

    it("of hostile and similar identifiers stay apart and in their place (D18, S-107)", function()
      local ids = hostile_ids()
      assert.is_true(#ids >= 300)
      local txn = assert(rig.tee:txn())
      for i, id in ipairs(ids) do rig.stage(txn, id, "component " .. i) end
      assert(txn:commit())
      rig.reopen()
      for i, id in ipairs(ids) do assert.are.equal("component " .. i, rig.content_of(id)) end
      engine.check_place(#ids)
    end)
  end)
end
