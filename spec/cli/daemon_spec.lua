local command = require "cli.command"
local lfs = require "lfs"
local site = require "cli.site"
local store = require "teep.store"

local function digest(path)
  local pipe = assert(io.popen("sha256sum " .. path))
  local text = pipe:read "a"
  pipe:close()
  return text:match "^%x+"
end

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

  for _, signal in ipairs{ "TERM", "INT" } do
    it("ends cleanly on SIG" .. signal .. ": sockets removed, said in the log", function()
      local tam = here:start_tam()
      local device = here:start_device()
      assert.truthy(lfs.attributes(here:path "tam.sock"))
      assert.equal("rw-------", lfs.attributes(here:path "device.sock", "permissions"))
      for _, daemon in ipairs{ device, tam } do
        assert.is_true(daemon:signal(signal))
        assert.matches(" info stopping signal=SIG" .. signal .. "\n$", daemon:log())
      end
      assert.is_nil(lfs.attributes(here:path "tam.sock"))
      assert.is_nil(lfs.attributes(here:path "device.sock"))
    end)
  end

  it("replaces the stale socket of a killed one", function()
    local tam = here:start_tam()
    assert.is_true(tam:signal "KILL")
    assert.truthy(lfs.attributes(here:path "tam.sock"))
    here:start_tam()
    assert.equal("tam", here:json("status", "--config", "tam.lua", "--json").role)
  end)

  it("of a TAM forgets tokens that expired while it was away (T-018, T-122)", function()
    local url <const> = "sqlite:" .. here:path "tam.db"
    local before <const> = assert(store.open(url))
    assert(before:spend("old", os.time() - 1))
    assert(before:spend("young", os.time() + 3600))
    before:close()
    here:start_tam():stop()
    local after <const> = assert(store.open(url))
    assert.is_true(after:spend("old", os.time() + 1))
    assert.equal("token_spent", select(3, after:spend("young", os.time() + 1)))
    after:close()
  end)

  it("gives the device's public key also while it runs", function()
    here:start_tam()
    here:start_device()
    assert.equal(here:read "device.pub", here:must("key", "public", "--config", "device.lua"):gsub("%s", "")
      :gsub("%x%x", function(d) return string.char(tonumber(d, 16)) end))
  end)

  it("writes no secret into log, store or messages (D24, D30, T-127)", function()
    here:start_tam()
    here:start_device()
    here:must("manifest", "add", here:component("hello", "payload"), "--config", "tam.lua")
    here:must("request", "hello", "--config", "device.lua")
    local private = {}
    for _, name in ipairs{ "tam-esp256.key", "tam-ed25519.key", "signer.key" } do
      private[#private + 1] = require("teep.cbor").decode(here:read(name)):get(-4)
    end
    local seen = { here:read "tam.db", here:read "tam.db-wal" or "", here.daemons[1]:log(), here.daemons[2]:log() }
    for _, text in ipairs(seen) do
      for _, secret in ipairs(private) do
        assert.is_nil(text:find(secret, 1, true))
        assert.is_nil(text:find(secret:gsub(".", function(b) return ("%02x"):format(b:byte()) end), 1, true))
      end
    end
  end)

  it("lives on when its files may not grow, and says so", function()
    local tam = here:start_tam()
    here:component("app", ("x"):rep(200000))
    assert(os.execute(("prlimit --pid %s --fsize=65536:"):format(tam.pid)))
    local code, _, complaint = here:teep("manifest", "add", "app.suit", "--config", "tam.lua")
    assert.equal(1, code)
    assert.matches("^teep: disk I/O error[^\n]*\n$", complaint)
    assert.same({}, here:json("manifest", "list", "--config", "tam.lua", "--json"))
    assert(os.execute(("prlimit --pid %s --fsize=unlimited:"):format(tam.pid)))
    here:must("manifest", "add", "app.suit", "--config", "tam.lua")
  end)

  it("tells whoever asks the wrong one that it is", function()
    here:start_tam()
    here:start_device()
    for _, case in ipairs{
      { "a TAM answers here", "request", "app", "--config", "tam.lua" },
      { "a TAM answers here", "unrequest", "app", "--config", "tam.lua" },
      { "a device answers here", "manifest", "list", "--config", "device.lua" },
      { "a device answers here", "device", "show", "0123", "--config", "device.lua" },
    } do
      local code, output, complaint = here:teep(table.unpack(case, 2))
      assert.same({ 1, "" }, { code, output })
      assert.matches("^teep: " .. case[1] .. ", and has nothing for %u+ /[^\n]*: is it the right %-%-config or %-%-socket%?\n$",
        complaint)
    end
  end)

  it("numbers the messages it keeps and goes on after a restart", function()
    here:start_tam()
    local device = here:start_device()
    here:teep("request", "absent", "--config", "device.lua")
    local first = lfs.attributes(here:path "messages-device/0001-in-query-request.cbor", "size")
    assert.is_true(first > 0)
    assert.truthy(lfs.attributes(here:path "messages-tam/0001-out-query-request.cbor"))
    assert.truthy(lfs.attributes(here:path "messages-tam/0002-in-query-response.cbor"))
    assert.is_true(device:signal "TERM")
    here:start_device()
    here:teep("request", "absent", "--config", "device.lua")
    assert.truthy(lfs.attributes(here:path "messages-device/0003-in-query-request.cbor"))
    assert.matches("1 (query-request)", here:must("inspect", "messages-device/0001-in-query-request.cbor"), 1, true)
  end)
end)

describe("TAM and device", function()
  local here
  before_each(function()
    here = site.new()
    here:component("hello", "payload of hello")
  end)
  after_each(function() here:remove() end)

  local function on_device() return here:json("status", "--config", "device.lua", "--json").components end
  local function at_tam()
    local kid = here:must("key", "thumbprint", "device.pub"):match "%x+"
    local found = {}
    for _, component in ipairs(here:json("device", "show", kid, "--config", "tam.lua", "--json").components) do
      if component.id ~= "teep-agent" then found[#found + 1] = component end -- it lists itself
    end
    return found
  end
  local function lists_hello(components)
    assert.equal(1, #components)
    assert.equal("hello", components[1].id)
    assert.equal(16, components[1].size)
    assert.equal(digest(here:path "hello.bin"), components[1].digest)
  end

  it("do not install what the TAM does not have", function()
    here:start_tam()
    here:start_device()
    local code, output = here:teep("request", "hello", "--config", "device.lua")
    assert.equal(1, code)
    assert.matches("^hello: not installed", output)
    assert.same({}, on_device())
  end)

  it("refuse a manifest that is truncated, unsigned, or signed by a stranger", function()
    here:start_tam()
    here:must("key", "generate", "--algorithm", "ESP256", "-o", "stranger.key")
    here:must("suit", "sign", "hello.unsigned", "--key", "stranger.key", "-o", "stranger.suit")
    here:write("short.suit", here:read "hello.suit":sub(1, -2))
    for _, name in ipairs{ "hello.unsigned", "stranger.suit", "short.suit" } do
      local code, output, complaint = here:teep("manifest", "add", name, "--config", "tam.lua")
      assert.equal(1, code)
      assert.equal("", output)
      assert.matches("^teep: [^\n]+\n$", complaint)
    end
    assert.same({}, here:json("manifest", "list", "--config", "tam.lua", "--json"))
  end)

  it("install on request and remove on unrequest, and both know", function()
    here:start_tam()
    here:start_device()
    here:must("manifest", "add", "hello.suit", "--config", "tam.lua")
    assert.matches("^hello: installed, 16 bytes, sha%-256 %x+\n$", here:must("request", "hello", "--config", "device.lua"))
    lists_hello(on_device())
    lists_hello(at_tam())
    assert.matches("^hello: already installed, 16 bytes, sha%-256 %x+, manifest hello/manifest, sequence number 1 "
      .. "%(a newer version is for its TAM to offer%)\n$", here:must("request", "hello", "--config", "device.lua"))
    assert.same({ { id = "hello/manifest", sequence_number = "1" } },
      here:json("request", "hello", "--config", "device.lua", "--json").manifests)
    assert.matches("^hello: removed", here:must("unrequest", "hello", "--config", "device.lua"))
    assert.same({}, on_device())
    assert.same({}, at_tam())
    assert.matches("^hello: not installed", here:must("unrequest", "hello", "--config", "device.lua"))
  end)

  it("lists, shows and removes manifests", function()
    here:start_tam()
    here:must("manifest", "add", "hello.suit", "--config", "tam.lua")
    local list = here:json("manifest", "list", "--config", "tam.lua", "--json")
    assert.equal("hello/manifest", list[1].id)
    assert.equal("1", list[1].sequence_number)
    assert.matches("hello/manifest", here:must("manifest", "list", "--config", "tam.lua"), 1, true)
    local shown = here:json("manifest", "show", "hello/manifest", "--config", "tam.lua", "--json")
    assert.same({ "hello" }, shown.components)
    assert.equal(#here:read "hello.suit", shown.size)
    here:must("manifest", "remove", "hello/manifest", "--config", "tam.lua")
    local code, _, complaint = here:teep("manifest", "remove", "hello/manifest", "--config", "tam.lua")
    assert.equal(1, code)
    assert.matches("hello/manifest", complaint, 1, true)
  end)

  it("lets two TAMs share a store", function()
    here:start_tam()
    here:must("manifest", "add", "hello.suit", "--config", "tam.lua")
    here:configure_tam("other.lua", 0, "other.sock")
    assert.truthy(here:start("tam", "--config", "other.lua"):ready())
    local first = here:json("manifest", "list", "--config", "tam.lua", "--json")
    assert.equal(1, #first)
    assert.same(first, here:json("manifest", "list", "--config", "other.lua", "--json"))
  end)

  it("keep identifiers of any bytes apart on the way through the admin socket", function()
    here:start_tam()
    for _, id in ipairs{ "a//b", "../x", "%", "a%2Fb", "%00%FF" } do
      local code, _, complaint = here:teep("manifest", "show", id, "--config", "tam.lua")
      assert.equal(1, code)
      assert.matches("manifest " .. id, complaint, 1, true)
    end
  end)

  it("survive SIGKILL of both after an installation", function()
    local tam = here:start_tam()
    local device = here:start_device()
    here:must("manifest", "add", "hello.suit", "--config", "tam.lua")
    here:must("request", "hello", "--config", "device.lua")
    assert.is_true(tam:signal "KILL")
    assert.is_true(device:signal "KILL")
    here:start_tam()
    here:start_device()
    lists_hello(on_device())
    lists_hello(at_tam())
    here:must("unrequest", "hello", "--config", "device.lua")
    assert.same({}, on_device())
    assert.same({}, at_tam())
  end)

  -- The daemons are killed when the device's log shows the n-th message; afterwards nothing is half done.
  for n = 1, 4 do
    it("survive SIGKILL of both at message " .. n .. " of an installation (D25)", function()
      local tam = here:start_tam()
      local device = here:start_device()
      here:must("manifest", "add", "hello.suit", "--config", "tam.lua")
      here:start("request", "hello", "--config", "device.lua")
      command.wait(function() return select(2, device:log():gsub(" device [<-][->] ", "")) >= n end)
      assert.is_true(tam:signal "KILL")
      assert.is_true(device:signal "KILL")
      here:start_tam()
      here:start_device()
      local components = on_device()
      if #components > 0 then lists_hello(components) end
      here:must("request", "hello", "--config", "device.lua")
      lists_hello(on_device())
    end)
  end

  it("installs at a later check, unasked, what the TAM did not have at first (T-154)", function()
    here:start_tam()
    here:write("device.lua", (here:read "device.lua":gsub("messages = ", "check_interval = 1, messages = ")))
    here:start_device()
    assert.equal(1, (here:teep("request", "hello", "--config", "device.lua")))
    here:must("manifest", "add", "hello.suit", "--config", "tam.lua")
    assert.is_true(command.wait(function() return #on_device() == 1 end))
    lists_hello(on_device())
  end)

  it("tells the user that the TAM is away, and installs when it is back", function()
    local tam = here:start_tam()
    here:must("manifest", "add", "hello.suit", "--config", "tam.lua")
    local device = here:start_device()
    assert.is_true(tam:signal "TERM")
    local request = here:start("request", "hello", "--config", "device.lua")
    assert.is_true(command.wait(function() return device:log():find "warning transport failed" end))
    here:start_tam(here.port)
    assert.is_true(command.wait(function() return request:log():find "hello: installed" end))
    lists_hello(on_device())
  end)
end)
