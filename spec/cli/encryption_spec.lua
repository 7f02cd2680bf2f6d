-- A component that none but its device can read, and reports that none but its TAM can.
local command <const> = require "cli.command"
local site <const> = require "cli.site"

local description <const> = [[
return {
  manifest = "hello/manifest", sequence_number = 1,
  components = { {
    id = "hello", payload = "hello.bin", encryption = { recipients = { "%s" } }, inline = true,
    vendor = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe", class = "1492af14-2569-5e48-bf42-9b2d51f2ab45",
  } },
}]]

describe("an encrypted component", function()
  local here
  before_each(function()
    here = site.new()
    here:must("key", "public", "--config", "device.lua", "--use", "encryption", "-o", "encryption.pub")
    here:must("key", "public", "--config", "device.lua", "--use", "reports", "-o", "reports.pub")
    here:must("key", "generate", "--algorithm", "ECDH-ES+A128KW", "-o", "tam-reports.key")
    here:must("key", "public", "tam-reports.key", "-o", "tam-reports.pub")
  end)
  after_each(function() here:remove() end)

  local function add(name, settings)
    here:write(name, (here:read(name):gsub("}%s*$", settings .. "\n}")))
  end

  local function start(reporter)
    add("tam.lua", 'decryption_keys = { "tam-reports.key" },')
    here:write("tam.lua", (here:read "tam.lua":gsub('signers = { "signer.pub" }',
      '%0, reporters = { "' .. reporter .. '" }')))
    here:start_tam()
    add("device.lua", 'reports = { sign = true, recipients = { "tam-reports.pub" } },')
    here:start_device()
  end

  local function offer(recipient)
    here:write("hello.bin", "a secret")
    here:write("hello.lua", description:format(recipient))
    here:must("suit", "create", "hello.lua", "-o", "hello.unsigned")
    here:must("suit", "sign", "hello.unsigned", "--key", "signer.key", "-o", "hello.suit")
    assert.is_nil(here:read "hello.suit":find("a secret", 1, true))
    here:must("manifest", "add", "hello.suit", "--config", "tam.lua")
  end

  local function tam_log() return here.daemons[1]:log() end

  it("is refused by a device it is not for, and the TAM's log says what to do", function()
    start "reports.pub"
    offer "tam-reports.pub"
    assert.equal(1, (here:teep("request", "hello", "--config", "device.lua")))
    assert.is_true(command.wait(function() return tam_log():find "warning report" end))
    assert.matches("warning report [^\n]*operation failed: install at byte %d+, component 0 %(hello%): write %(18%)",
      tam_log())
    assert.matches("encrypt it to its public key", tam_log())
  end)

  it("reaches its device; the public keys are told while the broker runs as well (T-165, T-166)", function()
    start "reports.pub"
    offer "encryption.pub"
    here:must("request", "hello", "--config", "device.lua")
    assert.is_nil(tam_log():find "warning report")
    for use, file in pairs{ encryption = "encryption.pub", reports = "reports.pub", messages = "device.pub" } do
      here:must("key", "public", "--config", "device.lua", "--use", use, "-o", "again.pub")
      assert.equal(here:read(file), here:read "again.pub")
    end
  end)

  it("may lie at a URI as a ciphertext", function()
    here:write("hello.bin", ("a secret "):rep(8192))
    here:must("suit", "encrypt", "hello.bin", "--recipient", "encryption.pub", "--algorithm", "A128CTR", "-o", "hello.enc",
      "--info", "hello.info")
    local uri <const> = ("http://127.0.0.1:%s/hello.enc"):format(here:serve_files(here.folder))
    here:write("fetched.lua", (description:gsub("encryption = .-inline = true",
      ('uri = %q, staging = "staged", encryption = { info = "hello.info", ciphertext = "hello.enc" }'):format(uri))))
    here:must("suit", "create", "fetched.lua", "-o", "hello.unsigned")
    here:must("suit", "sign", "hello.unsigned", "--key", "signer.key", "-o", "hello.suit")
    here:start_tam()
    add("device.lua", 'fetch = { schemes = { "http" } },')
    here:start_device()
    here:must("manifest", "add", "hello.suit", "--config", "tam.lua")
    here:must("request", "hello", "--config", "device.lua")
    assert.equal(9 * 8192, here:json("status", "--config", "device.lua", "--json").components[1].size)
  end)

  it("counts as installed though the TAM does not know who reports it", function()
    start "signer.pub"
    offer "encryption.pub"
    here:must("request", "hello", "--config", "device.lua")
    assert.is_true(command.wait(function() return tam_log():find "unreadable report" end))
    assert.is_nil(tam_log():find "warning dropped")
    assert.equal("hello", here:json("status", "--config", "device.lua", "--json").components[1].id)
  end)
end)
