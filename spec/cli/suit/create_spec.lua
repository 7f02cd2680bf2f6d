local author <const> = require "cli.suit.author"
local json <const> = require "teep.daemon.json"
local suit <const> = require "teep.suit"

local vendor <const>, class <const> = author.vendor, author.class

describe("teep suit", function()
  local here
  lazy_setup(function() here = author.new() end)
  lazy_teardown(function() here:remove() end)

  describe("create", function()
    it("says which flag is missing, and which goes without a description", function()
      here:refused(2, "option '--payload' is missing, or a description", "create", "--component", "a", "-o", "x")
      here:refused(2, "option '--payload' goes without a description", "create", "hello.lua", "--payload", "a", "-o", "x")
      here:refused(2, "option '--component': want a component identifier", "create", "--component", "", "-o", "x")
      here:refused(2, "option '--sequence-number': want a whole number, found 'one'", "create", "hello.lua", "--sequence-number",
        "one", "-o", "x")
      for option, value in pairs{ ["--uri"] = "#0", ["--vendor"] = "x", ["--class"] = "y", ["--manifest"] = "" } do
        here:refused(2, "option '" .. option .. "': want ", "create", "--component", "a", option, value, "-o", "x")
      end
    end)

    it("writes nothing when the description is refused, or the disk is full", function()
      here:write("bad.lua", "return { manifest = 'a' }")
      here:write("kept", "old")
      here:refused(1, "bad.lua: sequence_number: is missing", "create", "bad.lua", "-o", "kept")
      assert.equal("old", here:read "kept")
      here:refused(1, "/dev/full", "create", "hello.lua", "-o", "/dev/full")
    end)

    it("never replaces what it is made of", function()
      for _, name in ipairs{ "hello.lua", "hello.bin", "./far.bin" } do
        local before <const> = here:read(name)
        here:refused(2, name .. " is what this is made of", "create", "hello.lua", "-o", name)
        assert.equal(before, here:read(name))
      end
      here:refused(2, "hello.bin is what", "create", "--component", "a", "--payload", "hello.bin", "--vendor", vendor, "--class",
        class, "--sequence-number", "1", "-o", "hello.bin")
    end)

    it("names the description in all it finds wrong", function()
      here:write("twice.lua", ([[return { manifest = "m", sequence_number = 1, vendor = %q, class = %q,
        components = { { id = "a", payload = "hello.bin" }, { id = "a", payload = "hello.bin" } } }]]):format(vendor, class))
      here:refused(1, "teep: twice.lua: components[2].id: a is components[1].id already", "create", "twice.lua", "-o", "x")
      here:write("large.bin", ("x"):rep(16 * 1024 * 1024))
      here:refused(1, "teep: envelope: 16777413 bytes, limit 16777216: give large payloads a uri", "create", "--component", "a",
        "--payload", "large.bin", "--vendor", vendor, "--class", class, "--sequence-number", "1", "-o", "x")
      os.remove(here:path "large.bin")
      assert.is_nil(here:read "x")
    end)

    it("makes the same bytes again, and says what it made", function()
      local found <const> = json.decode(here:works("create", "hello.lua", "-o", "again", "--json"))
      assert.equal(here:read "hello.unsigned", here:read "again")
      assert.same({ "hello", "far" }, found.components)
      assert.equal("hello/manifest", found.manifest)
      assert.equal(#here:read "again", found.size)
    end)

    it("lets a flag have the last word about the sequence number", function()
      here:works("create", "hello.lua", "--sequence-number", "77", "-o", "later")
      assert.equal(77, suit.decode(here:read "later").sequence_number)
    end)
  end)
end)
