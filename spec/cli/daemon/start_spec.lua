-- What keeps a daemon from starting: it says so in one line and leaves everything alone.
local lfs <const> = require "lfs"
local site <const> = require "cli.site"

describe("a daemon", function()
  local here
  before_each(function() here = site.new() end)
  after_each(function() here:remove() end)

  -- It does not start: one clear line on standard error, exit code 1.
  local function does_not_start(pattern, ...)
    local code, output, complaint = here:teep(...)
    assert.equal(1, code, complaint)
    assert.equal("", output)
    assert.matches("^teep: [^\n]+\n$", complaint)
    assert.matches(pattern, complaint, 1, true)
  end

  describe("of a TAM does not start when", function()
    it("its port is taken", function()
      here:start_tam()
      here:configure_tam("other.lua", here.port, "other.sock")
      does_not_start("port " .. here.port, "tam", "--config", "other.lua")
      assert.is_nil(lfs.attributes(here:path "other.sock"))
    end)

    it("another one listens at its admin socket", function()
      here:start_tam()
      does_not_start("tam.sock", "tam", "--config", "tam.lua")
      assert.equal("tam", here:json("status", "--socket", "tam.sock", "--json").role)
    end)

    it("a file that is no socket lies at its admin socket, and leaves the file alone", function()
      here:write("tam.sock", "precious")
      does_not_start("tam.sock", "tam", "--config", "tam.lua")
      assert.equal("precious", here:read "tam.sock")
    end)

    it("a key file is missing, public, or readable by others", function()
      os.rename(here:path "tam-ed25519.key", here:path "away")
      does_not_start("tam-ed25519.key: No such file", "tam", "--config", "tam.lua")
      here:write("tam-ed25519.key", here:read "tam-ed25519.pub")
      does_not_start("tam-ed25519.key: is a public key", "tam", "--config", "tam.lua")
      here:write("tam-ed25519.key", here:read "away")
      os.execute("chmod 640 " .. here:path "tam-ed25519.key")
      does_not_start("others can read this private key", "tam", "--config", "tam.lua")
    end)

    it("its store is damaged or another program's database", function()
      here:write("tam.db", ("damaged"):rep(1000))
      does_not_start("tam.db", "tam", "--config", "tam.lua")
    end)

    it("a policy is unknown", function()
      here:write("tam.lua", (here:read("tam.lua"):gsub("install_on_request", "instal_on_request")))
      does_not_start("instal_on_request", "tam", "--config", "tam.lua")
    end)

    it("a limit is unknown", function()
      here:write("tam.lua", (here:read("tam.lua"):gsub("messages =", "limits = { mesages = 1 }, messages =")))
      does_not_start("limits.mesages: unknown setting", "tam", "--config", "tam.lua")
    end)
  end)

  describe("of a device does not start when", function()
    it("another one works on its driver folder", function()
      here:start_tam()
      here:start_device()
      here:configure_device("other.lua", here.port, "other.sock")
      does_not_start("driver sim", "broker", "--config", "other.lua")
      assert.is_nil(lfs.attributes(here:path "other.sock"))
    end)

    it("its driver is unknown", function()
      here:write("device.lua", (here:read("device.lua"):gsub('"sim"', '"nosuch"')))
      does_not_start("driver nosuch", "broker", "--config", "device.lua")
    end)

    it("a trust anchor is missing", function()
      os.remove(here:path "signer.pub")
      does_not_start("trust.signers: ", "broker", "--config", "device.lua")
    end)

    it("its flow is unknown", function()
      here:write("device.lua", (here:read("device.lua"):gsub("messages =", 'flow = "nosuch", messages =')))
      does_not_start("nosuch", "broker", "--config", "device.lua")
    end)
  end)
end)
