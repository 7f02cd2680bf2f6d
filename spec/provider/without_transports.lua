-- A build without libwebsockets, used as its user would: run by `make test-reduced`.
local command = require "cli.command"
local lfs = require "lfs"

local teep = ("%s/%s/bin/teep"):format(lfs.currentdir(), assert(os.getenv "LUATEEP_WITHOUT_LWS"))

describe("a build without transports", function()
  local folder
  before_each(function() folder = command.folder() end)
  after_each(function() command.remove(folder) end)

  local function run(...) return command.run{ folder = folder, program = teep, ... } end

  it("refuses every verb that needs them, and says what to do", function()
    for _, arguments in ipairs{
      { "tam", "--config", "tam.lua" }, { "broker", "--config", "device.lua" }, { "request", "hello" },
      { "unrequest", "hello" }, { "status" }, { "manifest", "list" }, { "device", "list" },
    } do
      local code, output, complaint = run(table.unpack(arguments))
      assert.equal(1, code, complaint)
      assert.equal("", output)
      assert.matches("^teep: " .. arguments[1] .. ": this build has no transports; rebuild with %-DWITH_LWS=ON [^\n]+\n$",
        complaint)
    end
  end)

  it("makes keys and signs components", function()
    assert.equal(0, (run("key", "generate", "--algorithm", "ESP256", "-o", "signer.key")))
    command.write(folder .. "/hello.bin", "payload")
    assert.equal(0, (run("suit", "create", "--component", "hello", "--payload", "hello.bin",
      "--vendor", "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe", "--class", "1492af14-2569-5e48-bf42-9b2d51f2ab45",
      "--sequence-number", "1", "-o", "hello.unsigned")))
    assert.equal(0, (run("suit", "sign", "hello.unsigned", "--key", "signer.key", "-o", "hello.suit")))
    assert.matches("SUIT_Envelope", select(2, run("inspect", "hello.suit")), 1, true)
  end)
end)
