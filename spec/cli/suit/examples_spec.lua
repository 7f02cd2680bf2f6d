-- Every description of examples/suit on its way to a device: create, sign, verify, process.
local check <const> = require "teep.config.check"
local command <const> = require "cli.command"
local device <const> = require "fixtures.suit_device"
local lfs <const> = require "lfs"
local keys <const> = require "teep.config.keys"
local suit <const> = require "teep.suit"

local vendor <const>, class <const> = "c0ddd5f1-5243-5660-87db-4f5b0aa26c2f", "db42f709-3d8c-55ba-a8c5-265fc5820f4e"

describe("examples/suit:", function()
  local folder, sim

  local function run(...)
    local code <const>, printed <const>, complaint <const> = command.run{ folder = folder, ... }
    assert.equal(0, code, complaint)
    return printed
  end

  local function read(name) return assert(command.read(folder .. "/" .. name)) end

  local function make(name, output)
    run("suit", "create", name, "-o", "unsigned")
    run("suit", "sign", "unsigned", "--key", "signer.key", "-o", output)
    assert.matches("verified, signed by", run("suit", "verify", output, "--key", "signer.pub"))
  end

  lazy_setup(function()
    folder = command.folder()
    os.execute("cp examples/suit/* '" .. folder .. "'")
    for name, algorithm in pairs{ signer = "ESP256", device = "ECDH-ES+A128KW" } do
      run("key", "generate", "--algorithm", algorithm, "-o", name .. ".key")
      run("key", "public", name .. ".key", "-o", name .. ".pub")
    end
    make("install.lua", "hello.suit")
    make("slots.lua", "firmware.suit")
  end)
  lazy_teardown(function() command.remove(folder) end)

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  local function files(uri, offset, sink) return sink(read(uri:match "[^/]+$"):sub(offset + 1)) end

  -- What a device of the examples is, with the file server and its key; integrated dependencies are installed ones.
  local function process(name, given)
    local options <const> = {
      device = { vendor_identifier = check.uuid(vendor), class_identifier = check.uuid(class),
        slot = function() return 1 end },
      fetch = files, decrypt = suit.decrypt_with{ assert(keys.load(folder .. "/device.key")) },
    }
    for field, value in pairs(given or {}) do options[field] = value end
    local verified <const> = assert(suit.verify(read(name), { keys = { assert(keys.load(folder .. "/signer.pub")) } }))
    local outcome <const> = sim:run(verified, options)
    assert.is_true(outcome.ok, outcome.message)
    return outcome
  end

  local function uninstall(name, installed)
    process(name, { procedure = "uninstall", dependency = function(id) return installed[table.concat(id, "/")] end })
  end

  it("install.lua installs and uninstalls, and install.json is the same", function()
    process "hello.suit"
    assert.equal(read "hello.ta", sim:content{ "hello" })
    uninstall("hello.suit", {})
    assert.is_nil(sim:content{ "hello" })
    run("suit", "create", "install.json", "-o", "other")
    run("suit", "create", "install.lua", "-o", "unsigned")
    assert.equal(read "unsigned", read "other")
  end)

  it("update.lua replaces what install.lua installed, with its text taken out or not", function()
    make("update.lua", "update.suit")
    run("suit", "strip", "update.suit", "--severed", "text", "-o", "small.suit")
    for _, name in ipairs{ "update.suit", "small.suit" } do
      process "hello.suit"
      process(name)
      assert.equal(read "hello-2.ta", sim:content{ "hello" })
      uninstall(name, {})
      assert.is_nil(sim:content{ "hello", "new" })
    end
    assert.matches("severed payload_fetch at byte 444: present, digest ok", run("suit", "inspect", "update.suit"), 1, true)
  end)

  it("personalization.lua brings the component with its data, and takes both away", function()
    make("personalization.lua", "personal.suit")
    process "personal.suit"
    assert.equal(read "hello.ta", sim:content{ "hello" })
    assert.equal(read "config.json", sim:content{ "hello", "config.json" })
    uninstall("personal.suit", { ["hello/manifest"] = read "hello.suit" })
    assert.is_nil(sim:content{ "hello" })
    assert.is_nil(sim:content{ "hello", "config.json" })
  end)

  it("encrypted.lua is opened by its recipient alone", function()
    make("encrypted.lua", "encrypted.suit")
    assert.is_nil(read("encrypted.suit"):find(read "hello.ta", 1, true))
    process "encrypted.suit"
    assert.equal(read "hello.ta", sim:content{ "secret" })
    assert.matches("from decryption", run("suit", "process", "encrypted.suit", "--dry-run", "--key", "signer.pub",
      "--vendor", vendor, "--class", class, "--decrypt-key", "device.key"))
    local code <const>, _, complaint <const> = command.run{ folder = folder, "suit", "process", "encrypted.suit",
      "--dry-run", "--key", "signer.pub", "--vendor", vendor, "--class", class, "--decrypt-key", "signer.key" }
    assert.equal(1, code)
    assert.matches("would fail: install: secret: ", complaint, 1, true)
  end)

  it("encrypted_file.lua installs what was encrypted before, and is the same each time", function()
    run("suit", "encrypt", "hello.ta", "--recipient", "device.pub", "-o", "hello.enc", "--info", "hello.info")
    make("encrypted_file.lua", "file.suit")
    process "file.suit"
    assert.equal(read "hello.ta", sim:content{ "secret" })
    run("suit", "create", "encrypted_file.lua", "-o", "one")
    run("suit", "create", "encrypted_file.lua", "-o", "two")
    assert.equal(read "one", read "two")
  end)

  it("slots.lua installs the image of the slot", function()
    process "firmware.suit"
    assert.equal(read "slot-b.bin", sim:content{ "firmware" })
    local outcome <const> = sim:run(
      assert(suit.verify(read "firmware.suit", { keys = { assert(keys.load(folder .. "/signer.pub")) } })), {
        device = { vendor_identifier = check.uuid(vendor), class_identifier = check.uuid(class),
          slot = function() return 2 end },
      })
    assert.is_false(outcome.ok)
  end)

  it("set.lua installs what its dependencies say, and takes it away", function()
    make("set.lua", "set.suit")
    process "set.suit"
    assert.equal(read "hello.ta", sim:content{ "hello" })
    assert.equal(read "slot-b.bin", sim:content{ "firmware" })
    uninstall("set.suit", { ["hello/manifest"] = read "hello.suit", ["firmware/manifest"] = read "firmware.suit" })
    assert.is_nil(sim:content{ "hello" })
    assert.is_nil(sim:content{ "firmware" })
  end)

  it("run.sh makes and tries them all", function()
    local teep <const> = lfs.currentdir() .. "/" .. (os.getenv "LUATEEP_BUILD" or "build") .. "/bin/teep"
    local code <const>, printed <const>, complaint <const> =
      command.run{ program = "examples/suit/run.sh", before = "TEEP='" .. teep .. "'" }
    assert.equal(0, code, complaint)
    assert.matches("from decryption", printed, 1, true)
  end)

  it("are tried by this spec, all of them", function()
    local tried <const>, pipe <const> = command.read "spec/cli/suit/examples_spec.lua", io.popen "ls examples/suit"
    for name in pipe:lines() do
      if name:find "%.lua$" then assert.truthy(tried:find(name, 1, true), name) end
    end
    pipe:close()
  end)
end)
