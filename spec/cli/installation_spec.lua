-- Both daemons together: what users install and remove, and what TAM and device know of it.
local command <const> = require "cli.command"
local site <const> = require "cli.site"

local function digest(path)
  local pipe = assert(io.popen("sha256sum " .. path))
  local text = pipe:read "a"
  pipe:close()
  return text:match "^%x+"
end

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
