local author <const> = require "cli.suit.author"
local json <const> = require "teep.daemon.json"

describe("teep suit", function()
  local here
  lazy_setup(function() here = author.new() end)
  lazy_teardown(function() here:remove() end)

  describe("inspect", function()
    it("refuses what is no envelope", function()
      here:write("array", "\x80")
      here:refused(1, "array: envelope: want a map", "inspect", "array")
      here:refused(1, "missing: No such file", "inspect", "missing")
    end)

    it("tells of digests, severed members, payloads and signatures, whatever is wrong with them", function()
      local good <const> = here:works("inspect", "hello.suit", "--key", "signer.pub")
      assert.matches("nothing here is trusted", good)
      for _, wanted in ipairs{
        "digest of the manifest at byte 5: ok\n", "structure: ok\n", ": present, digest ok\n", "digest ok, of component hello",
        "verified with signer.pub", "  2 manifest-sequence-number: 1\n", '"#0": ',
      } do
        assert.matches(wanted, good, 1, true)
      end
      here:write("forged", (here:read("hello.suit"):gsub("Says hello", "Says HELLO"):gsub("payload$", "dayload")))
      local bad <const> = here:works("inspect", "forged")
      assert.matches("severed text at byte %d+: present, NOT ok: ", bad)
      assert.matches("no component has this digest", bad, 1, true)
      assert.matches("structure: a processor would refuse it: ", bad, 1, true)
      assert.matches("not checked, no key given", bad, 1, true)
      local found <const> = json.decode(here:works("inspect", "forged", "--json"))
      assert.is_true(found.digest_ok)
      assert.is_false(found.severed[1].ok)
    end)

    it("reads hexadecimal text", function()
      here:write("hex", (here:read("hello.suit"):gsub(".", function(byte) return ("%02x "):format(byte:byte()) end)))
      assert.equal(here:works("inspect", "hello.suit"):gsub("^[^\n]+", ""), here:works("inspect", "hex"):gsub("^[^\n]+", ""))
    end)

    it("opens a dependency, and tells whether it is the one meant", function()
      here:write("set.lua", [[return {
        manifest = "set/manifest", sequence_number = 1, dependencies = { { envelope = "hello.suit" } } }]])
      here:works("create", "set.lua", "-o", "set")
      local text <const> = here:works("inspect", "set")
      assert.matches("dependency hello/manifest, digest of its manifest ok", text, 1, true)
      assert.matches('"#dependency-0": SUIT_Envelope', text, 1, true)
      assert.matches("5 manifest-component-id: hello/manifest", text, 1, true)
      local inner <const> = here:read("hello.suit"):gsub("\2\1\3X", "\2\2\3X", 1) -- another sequence number
      here:write("forged", (here:read("set"):gsub(here:read("hello.suit"):gsub("%W", "%%%0"), (inner:gsub("%%", "%%%%")))))
      assert.matches("the manifest states another digest or none", here:works("inspect", "forged"), 1, true)
    end)

    it("shows the offset of every value", function()
      local bytes <const> = here:read "hello.suit"
      for line in here:works("inspect", "hello.suit"):gmatch "[^\n]+" do
        local offset <const>, text <const> = line:match '^ *(%d+)  .*21 uri: "(https.*)"$'
        if offset then
          assert.equal(text, bytes:sub(offset + 3, offset + 2 + #text))
          return
        end
      end
      error "no uri shown"
    end)
  end)
end)
