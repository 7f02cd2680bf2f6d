local command <const> = require "cli.command"
local described <const> = require "cli.suit.described"
local description <const> = require "teep.cli.suit.description"
local json <const> = require "teep.daemon.json"

local manifest <const>, vendor <const>, class <const> = described.manifest, described.vendor, described.class

describe("a description", function()
  local folder
  lazy_setup(function() folder = described.folder() end)
  lazy_teardown(function() command.remove(folder) end)

  describe("in a file", function()
    local function load(name, text)
      return description.load(command.write(folder .. "/" .. name, text), { sequence_number = 9 })
    end

    it("is refused with the place of the fault", function()
      for name, case in pairs{
        ["syntax.lua"] = { "return {", "syntax.lua:1:" },
        ["throws.lua"] = { "error 'no'", "throws.lua:1: no" },
        ["table.lua"] = { "error{}", "table.lua: " },
        ["hoard.lua"] = { "local t = {} while true do t[#t + 1] = ('x'):rep(1000000) end", "hoard.lua: stopped: holds more" },
        ["nothing.lua"] = { "", "returns a nil, want a table" },
        ["world.lua"] = { "return { manifest = os.getenv 'HOME' }", "'os'" },
        ["files.lua"] = { "return { manifest = io.open '/etc/passwd' }", "'io'" },
        ["endless.lua"] = { "while true do end", "endless.lua: stopped after" },
        ["field.lua"] = { "return { manifset = 'a' }", 'field.lua: manifset: unknown setting, did you mean "manifest"?' },
        ["broken.json"] = { "{", "broken.json: not JSON" },
        ["list.json"] = { "7", "list.json: want an object" },
        ["null.json"] = { '{"manifest": null}', "null.json: manifest: want a text, found null" },
        ["deep.json"] = { ("["):rep(40) .. ("]"):rep(40), "deep.json: not JSON" },
      } do
        local given <const>, message <const> = load(name, case[1])
        assert.is_nil(given, name)
        assert.matches(case[2], message, 1, true)
      end
      assert.matches("absent.lua", select(2, description.load(folder .. "/absent.lua")), 1, true)
      assert.matches("absent.json", select(2, description.load(folder .. "/absent.json")), 1, true)
    end)

    it("means paths beside it, may compute, and is the same in Lua and JSON", function()
      local lua <const> = assert(load("given.lua", ([[
        local components = {}
        for _, id in ipairs{ "hello", "again" } do components[#components + 1] = { id = id, payload = "hello.bin" } end
        return { manifest = "m", sequence_number = 1, vendor = %q, class = %q, components = components }
      ]]):format(vendor, class)))
      local other <const> = assert(load("given.json", json.encode(manifest({ manifest = "m", components = {
        { id = "hello", payload = "hello.bin" }, { id = "again", payload = "hello.bin" },
      } }))))
      assert.same(lua, other)
      assert.equal(9, lua.sequence_number)
      assert.equal("payload", lua.components[2].payload)
    end)
  end)
end)
