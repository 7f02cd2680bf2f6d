-- The life of a daemon: how it ends, what it keeps and what it keeps to itself.
local lfs <const> = require "lfs"
local site <const> = require "cli.site"
local store <const> = require "teep.store"

describe("a daemon", function()
  local here
  before_each(function() here = site.new() end)
  after_each(function() here:remove() end)

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
