-- From a description to a device: created, signed, offered by a TAM, installed by a device, by real daemons.
local site <const> = require "cli.site"

describe("what a description says, a device does:", function()
  local here

  lazy_setup(function()
    here = site.new()
    here:must("key", "public", "--config", "device.lua", "--use", "encryption", "-o", "encryption.pub")
    here:start_tam()
    here:start_device()
  end)
  lazy_teardown(function() here:remove() end)

  local function offer(name, text)
    here:write(name .. ".lua", ([[
      local vendor, class = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe", "1492af14-2569-5e48-bf42-9b2d51f2ab45"
      return { sequence_number = 1, vendor = vendor, class = class, %s }]]):format(text))
    here:must("suit", "create", name .. ".lua", "-o", name .. ".unsigned")
    here:must("suit", "sign", name .. ".unsigned", "--key", "signer.key", "-o", name .. ".suit")
    here:must("manifest", "add", name .. ".suit", "--config", "tam.lua")
  end

  local function components()
    local found <const> = {}
    for _, item in ipairs(here:json("status", "--config", "device.lua", "--json").components) do
      found[item.id] = item.size
    end
    return found
  end

  it("a secret for this device alone, for an app that comes along and goes with it", function()
    here:write("app.bin", "the app")
    here:write("config.bin", "a secret")
    offer("app", [[manifest = "app/manifest", components = { { id = "app", payload = "app.bin" } }]])
    offer("config", [[manifest = "config/manifest", dependencies = { { envelope = "app.suit" } }, components = { {
      id = "config", payload = "config.bin", inline = true, encryption = { recipients = { "encryption.pub" } } } }]])
    assert.is_nil(here:read("config.suit"):find("a secret", 1, true))
    here:must("request", "config", "--config", "device.lua")
    assert.same({ app = 7, config = 8 }, components())
    here:must("unrequest", "config", "--config", "device.lua")
    assert.same({}, components())
  end)

  it("a tool that is fetched to a staging component, severed parts and all", function()
    here:write("tool.bin", "a tool")
    offer("tool", [[manifest = "tool/manifest", version = "2.0", severed = { "payload_fetch", "text" },
      components = { { id = "tool", payload = "tool.bin", staging = "tool/new" } },
      text = { en = { manifest_description = "A tool, described at such length that it is worth severing." } }]])
    here:must("request", "tool", "--config", "device.lua")
    assert.same({ tool = 6, ["tool/new"] = 6 }, components())
    here:must("unrequest", "tool", "--config", "device.lua")
    assert.same({}, components())
  end)
end)
