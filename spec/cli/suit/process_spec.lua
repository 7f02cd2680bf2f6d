local author <const> = require "cli.suit.author"
local json <const> = require "teep.daemon.json"

local vendor <const>, class <const> = author.vendor, author.class

describe("teep suit", function()
  local here
  lazy_setup(function() here = author.new() end)
  lazy_teardown(function() here:remove() end)

  describe("process", function()
    it("asks for --dry-run and identifiers", function()
      here:refused(2, "--dry-run", "process", "hello.suit", "--key", "signer.pub", "--vendor", vendor, "--class", class)
      here:refused(2, "--vendor", "process", "hello.suit", "--dry-run", "--key", "signer.pub", "--class", class)
    end)

    it("names the option whose value is of no use", function()
      for option, value in pairs{ ["--time"] = "99999999999999999999", ["--slot"] = "x", ["--battery"] = "1.5",
        ["--device"] = "x", ["--installed-version"] = "1.2.3.4" } do
        here:refused(2, "option '" .. option .. "': want ", author.process("hello.suit", option, value))
      end
      here:refused(1, "--payloads nowhere: no such folder", author.process("hello.suit", "--payloads", "nowhere"))
      here:refused(1, "--payloads hello.bin: no such folder", author.process("hello.suit", "--payloads", "hello.bin"))
    end)

    it("refuses an envelope of somebody else", function()
      here:refused(1, "hello.suit: ", "process", "hello.suit", "--dry-run", "--key", "other.pub", "--vendor", vendor,
        "--class", class)
    end)

    it("says why a device of another class refuses", function()
      here:refused(1, "hello.suit: would fail: ", "process", "hello.suit", "--dry-run", "--key", "signer.pub", "--vendor",
        vendor, "--class", vendor)
    end)

    it("says why a payload does not fit", function()
      os.execute(("mkdir -p '%s'"):format(here:path "wrong"))
      here:write("wrong/far.bin", "from AFAR")
      here:refused(1, "hello.suit: would fail: install: far: ", author.process("hello.suit", "--payloads", "wrong"))
    end)

    it("tells what would be written, from where, and skips payloads it has not", function()
      local text <const> = here:works(author.process("hello.suit"))
      assert.matches("would write hello  7 bytes  sha%-256 %x+, from #0 in the envelope", text)
      assert.matches("would write far  9 bytes  sha%-256 %x+, from https://files.example/far.bin%?v=1", text)
      assert.matches("skipped: ", text, 1, true)
      local found <const> = json.decode(here:works(author.process("hello.suit", "--payloads", ".", "--json")))
      assert.is_true(found.ok)
      assert.is_nil(found.changes[2].skipped)
      assert.equal(9, found.installed[2].size)
    end)

    it("says what a condition lacks, and passes it once the option is there", function()
      here:write("asks.lua", ([[return {
        manifest = "asks/manifest", sequence_number = 1, vendor = %q, class = %q, device = %q,
        components = { { id = "asks", payload = "hello.bin" } }, invoke = { component = "asks", arguments = "-v" },
        conditions = { use_before = 2000, minimum_battery = 50, update_priority = 1, version = ">= 1.2" },
      }]]):format(vendor, class, vendor))
      here:works("create", "asks.lua", "-o", "asks.unsigned")
      here:works("sign", "asks.unsigned", "--key", "signer.key", "-o", "asks.suit")
      local given <const> = { author.process("asks.suit", "--time", "1999") }
      for _, option in ipairs{
        { "device-identifier", "--device", vendor }, { "minimum-battery", "--battery", "50" },
        { "update-authorized", "--authorized" }, { "version", "--installed-version", "1.2.0" },
      } do
        here:refused(1, option[1], table.unpack(given))
        table.move(option, 2, #option, #given + 1, given)
      end
      here:works(table.unpack(given))
      given[11] = "2001"
      here:refused(1, "use-before", table.unpack(given))
      given[11] = "1999"
      given[#given + 1], given[#given + 2] = "--procedure", "invocation"
      assert.matches("would start asks with -v", here:works(table.unpack(given)), 1, true)
    end)

    it("tells equal payloads apart", function()
      local list <const> = {}
      for i = 1, 11 do list[i] = ("{ id = 'c%d', payload = 'hello.bin' }"):format(i) end
      here:write("equal.lua", ([[return { manifest = "m", sequence_number = 1, vendor = %q, class = %q,
        components = { %s } }]]):format(vendor, class, table.concat(list, ", ")))
      here:works("create", "equal.lua", "-o", "equal")
      here:works("sign", "equal", "--key", "signer.key", "-o", "equal")
      local changes <const> = json.decode(here:works(author.process("equal", "--json"))).changes
      for i = 1, 11 do assert.equal(("#%d in the envelope"):format(i - 1), changes[i].from) end
    end)

    it("tells the metadata that the device would apply", function()
      here:write("described.lua", ([[return { manifest = "m", sequence_number = 1, vendor = %q, class = %q,
        components = { { id = "a", payload = "hello.bin", metadata = { file_type = "regular", default_permissions = 6,
          user_permissions = { bob = 3, alice = 5 } } } } }]]):format(vendor, class))
      here:works("create", "described.lua", "-o", "described")
      here:works("sign", "described", "--key", "signer.key", "-o", "described")
      local printed <const> = here:works(author.process("described"))
      assert.matches("with default_permissions 6, file_type regular, user_permissions bob=3,alice=5\n", printed, 1, true)
    end)

    it("tells what uninstalling removes", function()
      assert.matches("would remove hello\n", here:works(author.process("hello.suit", "--procedure", "uninstall")), 1, true)
    end)
  end)
end)
