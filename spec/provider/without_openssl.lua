-- A build without OpenSSL, used as its user would: run by `make test-without-openssl`. The TAM is of the ordinary
-- build.
local command = require "cli.command"
local lfs = require "lfs"
local site = require "cli.site"

local teep = ("%s/%s/bin/teep"):format(lfs.currentdir(), assert(os.getenv "LUATEEP_WITHOUT_OPENSSL"))

describe("a build without OpenSSL", function()
  local here
  before_each(function() here = site.new(teep) end)
  after_each(function() here:remove() end)

  local function run(...) return command.run{ folder = here.folder, program = teep, ... } end

  local function refused(...)
    local code, output, complaint = run(...)
    assert.equal(1, code, complaint)
    assert.equal("", output)
    assert.matches("^teep: [^\n]+\n$", complaint)
    return complaint
  end

  it("refuses to be a TAM: which provider is missing, what for, and what to do (T-103)", function()
    local complaint = refused("tam", "--config", "tam.lua")
    for _, part in ipairs{
      "has to offer ESP256 and Ed25519 (draft-ietf-teep-protocol section 8.1)", "the crypto provider openssl",
      "only mbedtls is in use", "-DWITH_OPENSSL=ON", "libssl-dev",
    } do assert.matches(part, complaint, 1, true) end
    assert.is_nil(lfs.attributes(here:path "tam.db"))
    assert.is_nil(lfs.attributes(here:path "tam.sock"))
  end)

  it("makes no Ed25519 key", function()
    assert.matches("no provider has this algorithm", refused("key", "generate", "--algorithm", "Ed25519", "-o", "no.key"))
    assert.is_nil(lfs.attributes(here:path "no.key"))
  end)

  it("refuses the provider openssl", function()
    assert.matches('LUATEEP_PROVIDERS: crypto providers "openssl"',
      select(3, command.run{ folder = here.folder, program = teep, before = "LUATEEP_PROVIDERS=openssl",
        "key", "thumbprint", "signer.pub" }), 1, true)
  end)

  it("is a device: installs from a TAM of the ordinary build with an ESP256 key, and removes again", function()
    here:write("device.lua", (here:read "device.lua":gsub(', "tam%-ed25519.pub"', "")))
    os.execute(("rm -rf '%s'"):format(here:path "tee"))
    assert.equal(0, (run("key", "public", "--config", "device.lua", "-o", "device.pub")))
    here:start_tam()
    here:write("device.lua", (here:read "device.lua":gsub(', "tam%-ed25519.pub"', "")))
    local device = here:start_device()
    assert.matches(" providers=mbedtls ", device:ready(), 1, true)
    here:must("manifest", "add", here:component("hello", "payload"), "--config", "tam.lua")
    assert.matches("^hello: installed, 7 bytes", here:must("request", "hello", "--config", "device.lua"))
    assert.equal("hello", here:json("status", "--config", "device.lua", "--json").components[1].id)
    assert.matches("query%-request %d+ B ESP256%+Ed25519", device:log())
    assert.matches("^hello: removed", here:must("unrequest", "hello", "--config", "device.lua"))
  end)
end)
