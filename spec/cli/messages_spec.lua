local command = require "cli.command"
local cose = require "teep.cose"
local key = require "teep.key"
local lfs = require "lfs"
local log = require "teep.log"
local message = require "teep.message"
local messages = require "teep.daemon.messages"

describe("the messages of a daemon", function()
  local folder, logger, signer
  setup(function() signer = assert(key.generate{ algorithm = "ESP256" }) end)
  before_each(function()
    folder = command.folder()
    logger = assert(log.new{ file = folder .. "/log" })
  end)
  after_each(function() command.remove(folder) end)

  local function new(options)
    options.role, options.logger, options.wire = "tam", logger, "v26"
    return assert(messages.new(options))
  end

  local function sign(fields)
    return assert(cose.sign1{ key = signer, payload = assert(message.encode(fields, { wire = "v26" })) })
  end

  it("of unreadable bytes are one line that says so (D24)", function()
    local noted = new{}
    for _, bytes in ipairs{ "\n", "\27[2J", "\xd2\x84", ("\xff"):rep(1000), "2026 info tam -> update" } do
      noted:note("in", bytes)
    end
    local text = command.read(folder .. "/log")
    assert.equal(5, select(2, text:gsub("\n", "")))
    assert.is_nil(text:find "[^\n -~]")
    assert.equal(5, select(2, text:gsub("tam <%- unreadable %d+ B", "")))
  end)

  it("show an err-msg of a peer escaped (D24)", function()
    new{}:note("in", sign{ type = "error", err_code = "permanent_error", err_msg = 'a" level=error \27[0m\n' })
    local text = command.read(folder .. "/log")
    assert.equal(1, select(2, text:gsub("\n", "")))
    assert.is_nil(text:find "[^\n -~]")
    assert.matches('err_msg="a\\" level=error \\x1b[0m\\x0a"', text, 1, true)
  end)

  it("are one readable line each", function()
    local bytes = sign{ type = "success", token = ("\xab"):rep(16) }
    local kid = signer:thumbprint():sub(1, 4):gsub(".", function(b) return ("%02x"):format(b:byte()) end)
    local noted = new{}
    noted:note("in", bytes)
    noted:note("out", bytes)
    local text = command.read(folder .. "/log")
    assert.matches((" info tam <- success %d B ESP256 kid=%s token=abababab\n"):format(#bytes, kid), text, 1, true)
    assert.matches((" info tam -> success %d B ESP256 token=abababab\n"):format(#bytes), text, 1, true)
  end)

  it("are kept up to the limit and not beyond, which is said", function()
    local noted = new{ folder = folder .. "/kept", limit = 2 }
    local bytes = sign{ type = "success" }
    noted:note("in", bytes)
    assert.is_nil(command.read(folder .. "/log"):find "no more messages")
    for _ = 1, 3 do noted:note("out", bytes) end
    assert.equal(bytes, command.read(folder .. "/kept/0001-in-success.cbor"))
    assert.equal(bytes, command.read(folder .. "/kept/0002-out-success.cbor"))
    assert.is_nil(lfs.attributes(folder .. "/kept/0003-out-success.cbor"))
    assert.equal(1, select(2, command.read(folder .. "/log"):gsub("warning no more messages are kept", "")))
  end)

  it("are kept as long as their bytes are within the limit, those of an earlier run counted (D3)", function()
    local bytes, kept = sign{ type = "success" }, folder .. "/kept"
    new{ folder = kept, size_limit = 3 * #bytes }:note("in", bytes)
    local noted = new{ folder = kept, size_limit = 3 * #bytes }
    for _ = 1, 2 do noted:note("in", bytes) end
    assert.equal(bytes, command.read(kept .. "/0003-in-success.cbor"))
    assert.is_nil(command.read(folder .. "/log"):find "no more messages")
    noted:note("in", "x")
    noted:note("in", "x")
    assert.is_nil(lfs.attributes(kept .. "/0004-in-unreadable.cbor"))
    assert.equal(1, select(2, command.read(folder .. "/log"):gsub("warning no more messages are kept", "")))
    noted = new{ folder = kept, size_limit = 3 * #bytes + 1 }
    noted:note("in", "xx")
    noted:note("in", "x")
    assert.is_nil(lfs.attributes(kept .. "/0004-in-unreadable.cbor"), "nothing is kept after one that was not")
    new{ folder = kept, size_limit = 3 * #bytes + 1 }:note("in", "x")
    assert.equal("x", command.read(kept .. "/0004-in-unreadable.cbor"))
  end)

  it("are for the user of the daemon alone (T-131)", function()
    new{ folder = folder .. "/kept" }:note("in", sign{ type = "success" })
    assert.equal("rwx------", lfs.attributes(folder .. "/kept", "permissions"))
    assert.equal("rw-------", lfs.attributes(folder .. "/kept/0001-in-success.cbor", "permissions"))
  end)

  it("of strangers are kept and told as far as the log takes lines about them (D3)", function()
    local taken = 0
    local noted = new{ folder = folder .. "/kept", strangers = { admit = function(_, level)
      assert.equal("info", level)
      taken = taken + 1
      return taken <= 1
    end } }
    for _ = 1, 3 do noted:note("in", "x", true) end
    for _ = 1, 2 do noted:note("in", "y", false) end
    assert.equal(3, taken)
    assert.same({ "x", "y", "y" }, { command.read(folder .. "/kept/0001-in-unreadable.cbor"),
      command.read(folder .. "/kept/0002-in-unreadable.cbor"), command.read(folder .. "/kept/0003-in-unreadable.cbor") })
    assert.equal(3, select(2, command.read(folder .. "/log"):gsub("\n", "")))
  end)

  it("say when one cannot be kept, and go on", function()
    local noted = new{ folder = folder .. "/kept" }
    assert(lfs.link("/dev/full", folder .. "/kept/0001-in-success.cbor", true))
    local bytes = sign{ type = "success" }
    noted:note("in", bytes)
    assert.matches("warning message not kept reason=\"[^\n]*/0001%-in%-success%.cbor: File exists",
      command.read(folder .. "/log"))
    noted:note("in", bytes)
    assert.equal(bytes, command.read(folder .. "/kept/0002-in-success.cbor"))
  end)

  it("say when their folder cannot be made", function()
    local made, text, code = messages.new{ role = "tam", logger = logger, wire = "v26", folder = "/nonexistent/a/b" }
    assert.is_nil(made)
    assert.equal("io_failed", code)
    assert.matches("/nonexistent/a/b", text, 1, true)
  end)
end)
