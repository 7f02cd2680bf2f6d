local site = require "cli.site"

describe("a TAM whose store is in memory", function()
  local here
  before_each(function()
    here = site.new()
    here:write("tam.lua", (here:read("tam.lua"):gsub("sqlite:tam.db", "memory:")))
  end)
  after_each(function() here:remove() end)

  it("installs, warns that nothing is kept, and starts with nothing", function()
    local daemon = here:start_tam()
    assert.matches("warning the store is in memory: agents, tokens and manifests are lost at the end", daemon:log(), 1,
      true)
    here:must("manifest", "add", here:component("hello", "payload"), "--socket", "tam.sock")
    here:start_device()
    here:must("request", "hello", "--config", "device.lua")
    local status = here:json("status", "--socket", "tam.sock", "--json")
    assert.same({ "memory:", 1, 1 }, { status.store, status.manifests, status.devices })
    daemon:stop()
    here:start_tam()
    status = here:json("status", "--socket", "tam.sock", "--json")
    assert.same({ 0, 0 }, { status.manifests, status.devices })
  end)
end)
