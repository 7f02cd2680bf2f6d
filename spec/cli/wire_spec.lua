-- Daemons of draft 25, and of both drafts against each other, through the real command.
local site <const> = require "cli.site"

describe("wire in the configuration", function()
  local here
  before_each(function() here = site.new() end)
  after_each(function() here:remove() end)

  local function speak(name, dialect)
    here:write(name, (here:read(name):gsub("return {", ('return {\n  wire = "%s",'):format(dialect), 1)))
  end

  local function start(tam, device)
    speak("tam.lua", tam)
    local served <const> = here:start_tam()
    speak("device.lua", device)
    return served, here:start_device()
  end

  it("is refused for a dialect that does not exist", function()
    speak("tam.lua", "v24")
    local code <const>, _, complaint = here:teep("tam", "--config", "tam.lua")
    assert.equal(1, code)
    assert.matches('wire: want one of v26, v25, found "v24"', complaint, 1, true)
  end)

  it("lets TAM and device speak draft 25, from the request to the removal", function()
    start("v25", "v25")
    here:must("manifest", "add", here:component("hello", "payload"), "--config", "tam.lua")
    here:must("request", "hello", "--config", "device.lua")
    assert.equal("v25", here:json("status", "--config", "tam.lua", "--json").wire)
    here:must("unrequest", "hello", "--config", "device.lua")
    local success <const> = "messages-tam/0004-in-success.cbor"
    assert.matches("5 (success)", here:must("inspect", "--wire", "v25", success), 1, true)
    assert.matches("numbers of draft 25, not 26: see --wire v25", here:must("inspect", success), 1, true)
    local code <const>, _, complaint = here:teep("inspect", "--wire", "v24", success)
    assert.equal(2, code)
    assert.matches("must be one of 'v26', 'v25'", complaint, 1, true)
  end)

  it("keeps TAM and device of two drafts apart, and their logs say why", function()
    local tam <const>, device = start("v26", "v25")
    here:must("manifest", "add", here:component("hello", "payload"), "--config", "tam.lua")
    assert.equal(1, (here:teep("request", "hello", "--config", "device.lua")))
    assert.matches("looks like draft-26 numbering (query-request); this endpoint is configured for draft-25",
      device:log(), 1, true)
    assert.matches("looks like draft-25 numbering (error); this endpoint is configured for draft-26",
      tam:log(), 1, true)
  end)
end)
