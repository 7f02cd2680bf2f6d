-- The verbs of `teep suit` as a developer meets them.
local command <const> = require "cli.command"
local json <const> = require "teep.daemon.json"
local suit <const> = require "teep.suit"

local vendor <const>, class <const> = "c0ddd5f1-5243-5660-87db-4f5b0aa26c2f", "db42f709-3d8c-55ba-a8c5-265fc5820f4e"

describe("teep suit", function()
  local folder

  local function run(...) return command.run{ folder = folder, "suit", ... } end

  local function works(...)
    local code <const>, printed <const>, complaint <const> = run(...)
    assert.equal(0, code, complaint)
    return printed
  end

  local function refused(code, wanted, ...)
    local found <const>, _, complaint <const> = run(...)
    assert.equal(code, found, complaint)
    assert.matches(wanted, complaint, 1, true)
    for line in complaint:gmatch "[^\n]+" do assert.matches("^teep: ", line) end
  end

  local function read(name) return command.read(folder .. "/" .. name) end

  lazy_setup(function()
    folder = command.folder()
    for _, name in ipairs{ "signer", "other" } do
      command.run{ folder = folder, "key", "generate", "--algorithm", "ESP256", "-o", name .. ".key" }
      command.run{ folder = folder, "key", "public", name .. ".key", "-o", name .. ".pub" }
    end
    command.write(folder .. "/hello.bin", "payload")
    command.write(folder .. "/far.bin", "from afar")
    command.write(folder .. "/hello.lua", ([[return {
      manifest = "hello/manifest", sequence_number = 1, vendor = %q, class = %q, severed = { "text" },
      components = {
        { id = "hello", payload = "hello.bin" }, { id = "far", payload = "far.bin", uri = "https://files.example/far.bin?v=1" },
      },
      text = { en = { manifest_description = "Says hello, and this is long enough to be worth severing." } },
    }]]):format(vendor, class))
    works("create", "hello.lua", "-o", "hello.unsigned")
    works("sign", "hello.unsigned", "--key", "signer.key", "-o", "hello.suit")
  end)
  lazy_teardown(function() command.remove(folder) end)

  local function process(...)
    return "process", "hello.suit", "--dry-run", "--key", "signer.pub", "--vendor", vendor, "--class", class, ...
  end

  describe("create", function()
    it("says which flag is missing, and which goes without a description", function()
      refused(2, "option '--payload' is missing, or a description", "create", "--component", "a", "-o", "x")
      refused(2, "option '--payload' goes without a description", "create", "hello.lua", "--payload", "a", "-o", "x")
      refused(2, "option '--component': want a component identifier", "create", "--component", "", "-o", "x")
      refused(2, "option '--sequence-number': want a whole number, found 'one'", "create", "hello.lua", "--sequence-number",
        "one", "-o", "x")
      for option, value in pairs{ ["--uri"] = "#0", ["--vendor"] = "x", ["--class"] = "y", ["--manifest"] = "" } do
        refused(2, "option '" .. option .. "': want ", "create", "--component", "a", option, value, "-o", "x")
      end
    end)

    it("writes nothing when the description is refused, or the disk is full", function()
      command.write(folder .. "/bad.lua", "return { manifest = 'a' }")
      command.write(folder .. "/kept", "old")
      refused(1, "bad.lua: sequence_number: is missing", "create", "bad.lua", "-o", "kept")
      assert.equal("old", read "kept")
      refused(1, "/dev/full", "create", "hello.lua", "-o", "/dev/full")
    end)

    it("never replaces what it is made of", function()
      for _, name in ipairs{ "hello.lua", "hello.bin", "./far.bin" } do
        local before <const> = read(name)
        refused(2, name .. " is what this is made of", "create", "hello.lua", "-o", name)
        assert.equal(before, read(name))
      end
      refused(2, "hello.bin is what", "create", "--component", "a", "--payload", "hello.bin", "--vendor", vendor, "--class",
        class, "--sequence-number", "1", "-o", "hello.bin")
    end)

    it("names the description in all it finds wrong", function()
      command.write(folder .. "/twice.lua", ([[return { manifest = "m", sequence_number = 1, vendor = %q, class = %q,
        components = { { id = "a", payload = "hello.bin" }, { id = "a", payload = "hello.bin" } } }]]):format(vendor, class))
      refused(1, "teep: twice.lua: components[2].id: a is components[1].id already", "create", "twice.lua", "-o", "x")
      command.write(folder .. "/large.bin", ("x"):rep(16 * 1024 * 1024))
      refused(1, "teep: envelope: 16777413 bytes, limit 16777216: give large payloads a uri", "create", "--component", "a",
        "--payload", "large.bin", "--vendor", vendor, "--class", class, "--sequence-number", "1", "-o", "x")
      os.remove(folder .. "/large.bin")
      assert.is_nil(read "x")
    end)

    it("makes the same bytes again, and says what it made", function()
      local found <const> = json.decode(works("create", "hello.lua", "-o", "again", "--json"))
      assert.equal(read "hello.unsigned", read "again")
      assert.same({ "hello", "far" }, found.components)
      assert.equal("hello/manifest", found.manifest)
      assert.equal(#read "again", found.size)
    end)

    it("lets a flag have the last word about the sequence number", function()
      works("create", "hello.lua", "--sequence-number", "77", "-o", "later")
      assert.equal(77, suit.decode(read "later").sequence_number)
    end)
  end)

  describe("sign", function()
    it("refuses a key that is missing or public, and an envelope that is truncated", function()
      refused(2, "--key", "sign", "hello.unsigned", "-o", "x")
      refused(1, "missing.key: No such file", "sign", "hello.unsigned", "--key", "missing.key", "-o", "x")
      refused(1, "signer.pub: is a public key", "sign", "hello.unsigned", "--key", "signer.pub", "-o", "x")
      command.write(folder .. "/short", read("hello.unsigned"):sub(1, -2))
      refused(1, "short: envelope: ", "sign", "short", "--key", "signer.key", "-o", "x")
      assert.is_nil(read "x")
    end)

    it("names the key that does not sign", function()
      command.run{ folder = folder, "key", "generate", "--algorithm", "A128KW", "-o", "wrap.key" }
      refused(1, "wrap.key: ", "sign", "hello.unsigned", "--key", "signer.key", "--key", "wrap.key", "-o", "x")
      assert.is_nil(read "x")
    end)

    it("never replaces a key by an envelope, the envelope itself where asked to", function()
      local before <const> = read "signer.key"
      refused(2, "signer.key is what this is made of", "sign", "hello.unsigned", "--key", "signer.key", "-o", "signer.key")
      assert.equal(before, read "signer.key")
      command.write(folder .. "/here", read "hello.unsigned")
      works("sign", "here", "--key", "signer.key", "-o", "here")
      works("verify", "here", "--key", "signer.pub")
    end)

    it("adds a block for each key", function()
      works("sign", "hello.unsigned", "--key", "signer.key", "--key", "other.key", "-o", "both")
      assert.equal(2, #suit.decode(read "both").blocks)
    end)
  end)

  describe("verify", function()
    it("says of each block why it is not trusted", function()
      works("sign", "hello.unsigned", "--key", "signer.key", "--key", "other.key", "-o", "both")
      command.run{ folder = folder, "key", "generate", "--algorithm", "ESP384", "-o", "third.key" }
      command.run{ folder = folder, "key", "public", "third.key", "-o", "third.pub" }
      refused(1, "authentication block 2: sign1 ESP256, kid ", "verify", "both", "--key", "third.pub")
      refused(1, "hello.unsigned: the authentication wrapper holds no signature", "verify", "hello.unsigned", "--key",
        "signer.pub")
    end)

    it("says it once of a single block, and which option accepts its algorithm", function()
      command.run{ folder = folder, "key", "generate", "--algorithm", "ESP384", "-o", "long.key" }
      command.run{ folder = folder, "key", "public", "long.key", "-o", "long.pub" }
      works("sign", "hello.unsigned", "--key", "long.key", "-o", "long")
      local code <const>, _, complaint <const> = run("verify", "long", "--key", "long.pub")
      assert.equal(1, code)
      assert.matches("^teep: long: [^\n]+ %(%-%-algorithm ESP384 accepts it%)\n$", complaint)
      works("verify", "long", "--key", "long.pub", "--algorithm", "ESP384")
      refused(1, "no accepted key", "verify", "hello.suit", "--key", "other.pub")
    end)

    it("refuses an algorithm that does not exist, as process does", function()
      refused(2, "must be one of 'ESP256'", "verify", "hello.suit", "--key", "signer.pub", "--algorithm", "NOPE")
      refused(2, "must be one of 'ESP256'", process("--algorithm", "A128GCM"))
    end)

    it("says which block is by which key", function()
      works("sign", "hello.unsigned", "--key", "other.key", "--key", "signer.key", "-o", "both")
      local found <const> = json.decode(works("verify", "both", "--key", "signer.pub", "--json"))
      assert.is_false(found.blocks[1].verified)
      assert.equal("signer.pub", found.blocks[2].file)
      assert.matches("authentication block 2: sign1 ESP256, kid %x+: verified with signer.pub",
        works("verify", "both", "--key", "signer.pub"))
    end)
  end)

  describe("inspect", function()
    it("refuses what is no envelope", function()
      command.write(folder .. "/array", "\x80")
      refused(1, "array: envelope: want a map", "inspect", "array")
      refused(1, "missing: No such file", "inspect", "missing")
    end)

    it("tells of digests, severed members, payloads and signatures, whatever is wrong with them", function()
      local good <const> = works("inspect", "hello.suit", "--key", "signer.pub")
      assert.matches("nothing here is trusted", good)
      for _, wanted in ipairs{
        "digest of the manifest at byte 5: ok\n", "structure: ok\n", ": present, digest ok\n", "digest ok, of component hello",
        "verified with signer.pub", "  2 manifest-sequence-number: 1\n", '"#0": ',
      } do
        assert.matches(wanted, good, 1, true)
      end
      command.write(folder .. "/forged", (read("hello.suit"):gsub("Says hello", "Says HELLO"):gsub("payload$", "dayload")))
      local bad <const> = works("inspect", "forged")
      assert.matches("severed text at byte %d+: present, NOT ok: ", bad)
      assert.matches("no component has this digest", bad, 1, true)
      assert.matches("structure: a processor would refuse it: ", bad, 1, true)
      assert.matches("not checked, no key given", bad, 1, true)
      local found <const> = json.decode(works("inspect", "forged", "--json"))
      assert.is_true(found.digest_ok)
      assert.is_false(found.severed[1].ok)
    end)

    it("reads hexadecimal text", function()
      command.write(folder .. "/hex", (read("hello.suit"):gsub(".", function(byte) return ("%02x "):format(byte:byte()) end)))
      assert.equal(works("inspect", "hello.suit"):gsub("^[^\n]+", ""), works("inspect", "hex"):gsub("^[^\n]+", ""))
    end)

    it("opens a dependency, and tells whether it is the one meant", function()
      command.write(folder .. "/set.lua", [[return {
        manifest = "set/manifest", sequence_number = 1, dependencies = { { envelope = "hello.suit" } } }]])
      works("create", "set.lua", "-o", "set")
      local text <const> = works("inspect", "set")
      assert.matches("dependency hello/manifest, digest of its manifest ok", text, 1, true)
      assert.matches('"#dependency-0": SUIT_Envelope', text, 1, true)
      assert.matches("5 manifest-component-id: hello/manifest", text, 1, true)
      local inner <const> = read("hello.suit"):gsub("\2\1\3X", "\2\2\3X", 1) -- another sequence number
      command.write(folder .. "/forged", (read("set"):gsub(read("hello.suit"):gsub("%W", "%%%0"), (inner:gsub("%%", "%%%%")))))
      assert.matches("the manifest states another digest or none", works("inspect", "forged"), 1, true)
    end)

    it("shows the offset of every value", function()
      local bytes <const> = read "hello.suit"
      for line in works("inspect", "hello.suit"):gmatch "[^\n]+" do
        local offset <const>, text <const> = line:match '^ *(%d+)  .*21 uri: "(https.*)"$'
        if offset then
          assert.equal(text, bytes:sub(offset + 3, offset + 2 + #text))
          return
        end
      end
      error "no uri shown"
    end)
  end)

  describe("process", function()
    it("asks for --dry-run and identifiers", function()
      refused(2, "--dry-run", "process", "hello.suit", "--key", "signer.pub", "--vendor", vendor, "--class", class)
      refused(2, "--vendor", "process", "hello.suit", "--dry-run", "--key", "signer.pub", "--class", class)
    end)

    it("names the option whose value is of no use", function()
      for option, value in pairs{ ["--time"] = "99999999999999999999", ["--slot"] = "x", ["--battery"] = "1.5",
        ["--device"] = "x", ["--installed-version"] = "1.2.3.4" } do
        refused(2, "option '" .. option .. "': want ", process(option, value))
      end
      refused(1, "--payloads nowhere: no such folder", process("--payloads", "nowhere"))
      refused(1, "--payloads hello.bin: no such folder", process("--payloads", "hello.bin"))
    end)

    it("refuses an envelope of somebody else", function()
      refused(1, "hello.suit: ", "process", "hello.suit", "--dry-run", "--key", "other.pub", "--vendor", vendor,
        "--class", class)
    end)

    it("says why a device of another class refuses", function()
      refused(1, "hello.suit: would fail: ", "process", "hello.suit", "--dry-run", "--key", "signer.pub", "--vendor",
        vendor, "--class", vendor)
    end)

    it("says why a payload does not fit", function()
      os.execute(("mkdir -p '%s/wrong'"):format(folder))
      command.write(folder .. "/wrong/far.bin", "from AFAR")
      refused(1, "hello.suit: would fail: install: far: ", process("--payloads", "wrong"))
    end)

    it("tells what would be written, from where, and skips payloads it has not", function()
      local text <const> = works(process())
      assert.matches("would write hello  7 bytes  sha%-256 %x+, from #0 in the envelope", text)
      assert.matches("would write far  9 bytes  sha%-256 %x+, from https://files.example/far.bin%?v=1", text)
      assert.matches("skipped: ", text, 1, true)
      local found <const> = json.decode(works(process("--payloads", ".", "--json")))
      assert.is_true(found.ok)
      assert.is_nil(found.changes[2].skipped)
      assert.equal(9, found.installed[2].size)
    end)

    it("says what a condition lacks, and passes it once the option is there", function()
      command.write(folder .. "/asks.lua", ([[return {
        manifest = "asks/manifest", sequence_number = 1, vendor = %q, class = %q, device = %q,
        components = { { id = "asks", payload = "hello.bin" } }, invoke = { component = "asks", arguments = "-v" },
        conditions = { use_before = 2000, minimum_battery = 50, update_priority = 1, version = ">= 1.2" },
      }]]):format(vendor, class, vendor))
      works("create", "asks.lua", "-o", "asks.unsigned")
      works("sign", "asks.unsigned", "--key", "signer.key", "-o", "asks.suit")
      local given <const> = { "process", "asks.suit", "--dry-run", "--key", "signer.pub", "--vendor", vendor, "--class", class,
        "--time", "1999" }
      for _, option in ipairs{
        { "device-identifier", "--device", vendor }, { "minimum-battery", "--battery", "50" },
        { "update-authorized", "--authorized" }, { "version", "--installed-version", "1.2.0" },
      } do
        refused(1, option[1], table.unpack(given))
        table.move(option, 2, #option, #given + 1, given)
      end
      works(table.unpack(given))
      given[11] = "2001"
      refused(1, "use-before", table.unpack(given))
      given[11] = "1999"
      given[#given + 1], given[#given + 2] = "--procedure", "invocation"
      assert.matches("would start asks with -v", works(table.unpack(given)), 1, true)
    end)

    it("tells equal payloads apart", function()
      local list <const> = {}
      for i = 1, 11 do list[i] = ("{ id = 'c%d', payload = 'hello.bin' }"):format(i) end
      command.write(folder .. "/equal.lua", ([[return { manifest = "m", sequence_number = 1, vendor = %q, class = %q,
        components = { %s } }]]):format(vendor, class, table.concat(list, ", ")))
      works("create", "equal.lua", "-o", "equal")
      works("sign", "equal", "--key", "signer.key", "-o", "equal")
      local changes <const> = json.decode(works("process", "equal", "--dry-run", "--key", "signer.pub", "--vendor", vendor,
        "--class", class, "--json")).changes
      for i = 1, 11 do assert.equal(("#%d in the envelope"):format(i - 1), changes[i].from) end
    end)

    it("tells the metadata that the device would apply", function()
      command.write(folder .. "/described.lua", ([[return { manifest = "m", sequence_number = 1, vendor = %q, class = %q,
        components = { { id = "a", payload = "hello.bin", metadata = { file_type = "regular", default_permissions = 6,
          user_permissions = { bob = 3, alice = 5 } } } } }]]):format(vendor, class))
      works("create", "described.lua", "-o", "described")
      works("sign", "described", "--key", "signer.key", "-o", "described")
      local printed <const> = works("process", "described", "--dry-run", "--key", "signer.pub", "--vendor", vendor,
        "--class", class)
      assert.matches("with default_permissions 6, file_type regular, user_permissions bob=3,alice=5\n", printed, 1, true)
    end)

    it("tells what uninstalling removes", function()
      assert.matches("would remove hello\n", works(process("--procedure", "uninstall")), 1, true)
    end)
  end)

  describe("encrypt", function()
    local function encrypt(recipient, output, info)
      return "encrypt", "hello.bin", "--recipient", recipient, "-o", output, "--info", info
    end

    it("refuses a recipient that is missing or signs, and a disk that is full", function()
      refused(1, "missing.pub: No such file", encrypt("missing.pub", "x", "y"))
      refused(1, "signer.pub: encryption: ", encrypt("signer.pub", "x", "y"))
      refused(2, "-o and --info are the same file", encrypt("signer.pub", "x", "x"))
      command.run{ folder = folder, "key", "generate", "--algorithm", "A128KW", "-o", "shared.key" }
      refused(2, "hello.bin is what this is made of", encrypt("shared.key", "hello.bin", "y"))
      refused(2, "hello.bin is what this is made of", encrypt("shared.key", "z", "hello.bin"))
      assert.equal("payload", read "hello.bin")
      assert.is_nil(read "x")
      refused(1, "/dev/full", encrypt("shared.key", "/dev/full", "y"))
      assert.is_nil(read "y")
      refused(1, "x is new and of no use without it", encrypt("shared.key", "x", "/dev/full"))
      refused(2, "--info", "encrypt", "hello.bin", "--recipient", "shared.key", "-o", "x")
    end)
  end)

  describe("strip", function()
    it("refuses to take out what is not there", function()
      refused(1, "envelope.install: absent", "strip", "hello.suit", "--severed", "install", "-o", "x")
      refused(2, "must be one of", "strip", "hello.suit", "--severed", "uninstall", "-o", "x")
    end)

    it("takes out payloads or severed sections, and leaves the signature valid (S-032)", function()
      works("strip", "hello.suit", "-o", "bare")
      assert.is_nil(read("bare"):find("payload", 1, true))
      works("strip", "hello.suit", "--severed", "text", "-o", "silent")
      assert.is_nil(read("silent"):find("Says hello", 1, true))
      assert.matches("severed text: taken out", works("inspect", "silent"), 1, true)
      for _, name in ipairs{ "bare", "silent" } do works("verify", name, "--key", "signer.pub") end
    end)
  end)
end)
