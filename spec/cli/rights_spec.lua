-- Rights of signers in the configuration of a device, through the real command.
local site <const> = require "cli.site"

describe("rights in the configuration of a device", function()
  local here
  before_each(function() here = site.new() end)
  after_each(function() here:remove() end)

  local function allow(text)
    here:write("device.lua", "local settings = (function()\n" .. here:read "device.lua" .. "\nend)()\n"
      .. "settings.rights = " .. text .. "\nreturn settings\n")
  end

  local function refused(wanted)
    local code <const>, _, complaint = here:teep("broker", "--config", "device.lua")
    assert.equal(1, code)
    assert.matches(wanted, complaint, 1, true)
  end

  it("are refused for keys that are missing, not trusted, or named twice", function()
    allow '{ { signer = "absent.pub" } }'
    refused "rights[1].signer: "
    here:configure_device("device.lua", 1)
    allow '{ { signer = "tam-esp256.pub", modify = { "hello" } } }'
    refused "is not among trust.signers"
    here:configure_device("device.lua", 1)
    allow '{ { signer = "signer.pub" }, { signer = "signer.pub" } }'
    refused "rights[2].signer: "
  end)

  it("keep a signer from components that are not its own (S-051)", function()
    here:start_tam()
    allow '{ { signer = "signer.pub", modify = { "hello" } } }'
    here:start_device()
    for _, id in ipairs{ "hello", "other" } do
      here:must("manifest", "add", here:component(id, "payload"), "--config", "tam.lua")
    end
    local code <const> = here:teep("request", "other", "--config", "device.lua")
    assert.equal(1, code)
    here:must("request", "hello", "--config", "device.lua")
    local status <const> = here:must("status", "--config", "device.lua")
    assert.matches("components: 1", status, 1, true)
    assert.matches("  hello  7 bytes", status, 1, true)
  end)
end)
