local command = require "cli.command"
local cose = require "teep.cose"
local key = require "teep.key"
local order = require "teep.config.providers"
local providers = require "fixtures.providers"
local site = require "cli.site"

local first = providers.all:match "^[^,]+"

describe("the order of crypto providers", function()
  it("refuses a provider this build does not have, naming where the order comes from", function()
    local ok, message, code = order.use("openssl,none", "providers")
    assert.is_nil(ok)
    assert.equal("not_found", code)
    assert.equal('providers: crypto providers "openssl,none": this build lacks one of them, in use are '
      .. providers.all, message)
    assert.equal(providers.all, order.in_use())
  end)

  it("is that of LUATEEP_PROVIDERS where it is set", function()
    assert.equal(os.getenv "LUATEEP_PROVIDERS" or providers.all, order.in_use())
  end)

  it("is untouched by an empty LUATEEP_PROVIDERS", function()
    local code, output, complaint = command.run{ "inspect", "/dev/null", before = "LUATEEP_PROVIDERS=" }
    assert.same({ 1, "", "teep: /dev/null: the file is empty\n" }, { code, output, complaint })
  end)

  it("has ESP256 served by the first", function()
    local made = assert(key.generate{ algorithm = "ESP256" })
    assert.equal(first, made:provider())
    assert.equal(first, assert(key.load(made:public())):provider())
  end)

  it("has Ed25519 served by openssl, wherever it stands", function()
    local lacking = providers.lack "Ed25519"
    if lacking then return pending(lacking) end
    assert.equal("openssl", assert(key.generate{ algorithm = "Ed25519" }):provider())
  end)

  it("does not matter to a signature: each verifies what another made", function()
    finally(function() assert(order.use(providers.all, "spec")) end)
    local made = assert(key.generate{ algorithm = "ESP256" })
    local message = assert(cose.sign1{ key = made, payload = "payload" })
    for name in providers.all:gmatch "[^,]+" do
      assert(order.use(name, "spec"))
      local public = assert(key.load(made:public()))
      assert.equal(name, public:provider())
      assert.equal("payload", cose.verify(message, { keys = { public }, algorithms = { "ESP256" } }).payload)
    end
  end)
end)

describe("a daemon's order of crypto providers", function()
  if not (providers.all:find("openssl", 1, true) and providers.all:find("mbedtls", 1, true)) then
    return pending "skipped: only one crypto provider is in use"
  end
  local here
  before_each(function() here = site.new() end)
  after_each(function() here:remove() end)

  local function set(name, names)
    here:write(name, (here:read(name):gsub("admin_socket =", ('providers = "%s", %%0'):format(names))))
  end

  local function refused(pattern, ...)
    local code, output, complaint = here:teep(...)
    assert.equal(1, code)
    assert.equal("", output)
    assert.matches("^teep: [^\n]+\n$", complaint)
    assert.matches(pattern, complaint, 1, true)
  end

  it("is refused when it names what this build does not have", function()
    set("tam.lua", "openssl,none")
    refused('providers: crypto providers "openssl,none"', "tam", "--config", "tam.lua")
    set("device.lua", "none")
    refused('providers: crypto providers "none"', "broker", "--config", "device.lua")
    refused('providers: crypto providers "none"', "key", "public", "--config", "device.lua")
  end)

  it("is refused when it is no list of names", function()
    set("tam.lua", "")
    refused("providers: want crypto providers", "tam", "--config", "tam.lua")
  end)

  it("is refused for a TAM when nothing in it has Ed25519 (T-103)", function()
    set("tam.lua", "mbedtls")
    refused("a TAM has to offer ESP256 and Ed25519", "tam", "--config", "tam.lua")
  end)

  it("is that of its configuration, and told when it is ready", function()
    for _, names in ipairs{ "mbedtls,openssl", "openssl" } do
      here:configure_tam "tam.lua"
      set("tam.lua", names)
      local tam = here:start_tam()
      assert.matches(" providers=" .. names .. " ", tam:ready(), 1, true)
      tam:stop()
    end
  end)

  it("is otherwise that of the environment", function()
    assert.matches(" providers=" .. providers.all .. " ", here:start_tam():ready(), 1, true)
  end)
end)
