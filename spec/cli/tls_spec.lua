-- TLS between real daemons and a real file server, with the certificates of spec/fixtures/tls.
local command = require "cli.command"
local lfs = require "lfs"
local site = require "cli.site"

describe("over TLS", function()
  local here
  before_each(function() here = site.new() end)
  after_each(function() here:remove() end)

  local FIXTURES <const> = lfs.currentdir() .. "/spec/fixtures/tls/"

  local function edit(name, pattern, replacement)
    local text, count = here:read(name):gsub(pattern, replacement)
    assert.equal(1, count)
    here:write(name, text)
  end

  -- Everybody may read a checkout, and no private key of a TAM.
  local function certify(certificate, key, mode)
    local private = command.read(FIXTURES .. (key or certificate) .. ".key")
    if private then
      here:write("server.key", private)
      os.execute(("chmod %s %s"):format(mode or "640", here:path "server.key"))
    end
    edit("tam.lua", 'path = "/teep" },', ('path = "/teep", tls = { certificate = "%s%s.pem", key = "server.key" } },')
      :format(FIXTURES, certificate))
  end

  -- A device with these authorities, and further settings.
  local function configure_device(scheme, authorities, more)
    edit("device.lua", 'tam_uri = "ws:', ('%s%s tam_uri = "%s:'):format(
      authorities and ('tls = { authorities = "%s%s.pem" },'):format(FIXTURES, authorities) or "", more or "", scheme))
  end

  local function serve_files() return here:serve_files(".", FIXTURES .. "good.pem", FIXTURES .. "good.key") end

  describe("a TAM does not start with", function()
    for name, case in pairs {
      ["the key of another certificate"] = { "good", "names" },
      ["a certificate that is not there"] = { "nosuch", "good" },
      ["a key that is not there"] = { "good", "nosuch" },
    } do
      it(name, function()
        certify(case[1], case[2])
        local code, output, complaint = here:teep("tam", "--config", "tam.lua")
        assert.equal(1, code)
        assert.equal("", output)
        assert.matches("^teep: [^\n]+\n$", complaint)
        assert.is_nil(lfs.attributes(here:path "tam.sock"))
      end)
    end

    it("a key that everybody can read", function()
      certify("good", "good", "644")
      local code, _, complaint = here:teep("tam", "--config", "tam.lua")
      assert.equal(1, code)
      assert.matches("^teep: [^\n]*server.key: everybody can read this private key[^\n]*\n$", complaint)
    end)

    it("a certificate and no key", function()
      edit("tam.lua", 'path = "/teep" },', 'path = "/teep", tls = { certificate = "server.pem" } },')
      assert.matches("listen.tls.key: is missing", select(3, here:teep("tam", "--config", "tam.lua")), 1, true)
    end)
  end)

  for name, date in pairs { expired = "expired on 2021%-01%-01", future = "is not valid before 2100%-01%-01" } do
    it("a TAM that starts with a certificate that is no good today says so in one line: " .. name, function()
      certify(name)
      local log = here:start_tam():log()
      assert.matches(("warning no device will take the certificate of this TAM certificate=[^\n]*%s.pem message=\"%s[^\n]*\n")
        :format(name, date), log)
      assert.equal(1, select(2, log:gsub("warning", "")))
    end)
  end

  it("a TAM that starts with a good certificate has nothing to warn of", function()
    certify "good"
    assert.is_nil(here:start_tam():log():find "warning")
  end)

  for _, scheme in ipairs{ "wss", "https" } do
    describe("with " .. scheme .. " a device", function()
      local tam
      before_each(function()
        certify "good"
        tam = here:start_tam()
        here:must("manifest", "add", here:component("hello", "Hello, secret!"), "--config", "tam.lua")
      end)

      for name, authorities in pairs { ["the system's authorities"] = false, ["another authority"] = "stranger" } do
        it("with " .. name .. " does not speak to a TAM it cannot verify, and says why", function()
          configure_device(scheme, authorities)
          local device = here:start_device()
          here:start("request", "hello", "--config", "device.lua")
          assert.is_true(command.wait(function() return device:log():find "warning transport failed [^\n]*certificate" end))
          assert.is_nil(tam:log():find "query%-request")
        end)
      end

      it("installs from a TAM that its authority vouches for, and payloads from a server alike", function()
        configure_device(scheme, "root")
        local uri = ("https://127.0.0.1:%s/big.bin"):format(serve_files())
        here:must("manifest", "add", here:component("big", ("x"):rep(100000), 1, uri), "--config", "tam.lua")
        local port = here.port
        assert.matches((" uris=wss://127.0.0.1:%s/teep,https://127.0.0.1:%s/teep "):format(port, port), tam:log(), 1, true)
        local device = here:start_device()
        assert.matches("^hello: installed, 14 bytes", here:must("request", "hello", "--config", "device.lua"))
        assert.matches("^big: installed, 100000 bytes", here:must("request", "big", "--config", "device.lua"))
        assert.matches(("TAM: %s://127.0.0.1:%s/teep"):format(scheme, port),
          here:must("status", "--config", "device.lua"), 1, true)
        assert.matches(("TAM at wss://127.0.0.1:%s/teep, https://127.0.0.1:%s/teep"):format(port, port),
          here:must("status", "--config", "tam.lua"), 1, true)
        assert.matches("fetch state=ended uri=" .. uri .. " received=100000 attempts=1", device:log(), 1, true)
      end)
    end)
  end

  it("a device does not fetch from a server it cannot verify", function()
    here:start_tam()
    local uri = ("https://127.0.0.1:%s/big.bin"):format(serve_files())
    here:must("manifest", "add", here:component("big", "payload", 1, uri), "--config", "tam.lua")
    configure_device("ws", "stranger")
    local device = here:start_device()
    local code, output = here:teep("request", "big", "--config", "device.lua")
    assert.equal(1, code)
    assert.matches("certificate", output, 1, true)
    assert.matches("fetch state=failed [^\n]*code=tls_failed", device:log())
  end)
end)
