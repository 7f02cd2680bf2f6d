local cose = require "teep.cose"
local has_failed = require "has_failed"
local key = require "teep.key"

-- The library of SoftHSM, where Debian puts it.
local module = "/usr/lib/softhsm/libsofthsm2.so"

local function missing()
  local library = io.open(module)
  if not library then return "softhsm2 is not installed" end
  library:close()
  if not os.execute "command -v pkcs11-tool softhsm2-util >/dev/null" then return "opensc is not installed" end
end

describe("a key in a PKCS#11 token", function()
  local reason = missing()
  if reason then
    pending("signs: skipped, " .. reason)
    return
  end

  local token = dofile "examples/pkcs11/token.lua"
  local folder, settings

  -- Commands see the configuration of SoftHSM and the PIN in their environment, as operators set them.
  local function shell(command)
    assert(os.execute(("unset LD_PRELOAD; export SOFTHSM2_CONF=%s/conf; (%s) >/dev/null 2>&1"):format(folder, command)))
  end

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir -p " .. folder .. "/tokens")
    local conf = assert(io.open(folder .. "/conf", "w"))
    conf:write("directories.tokendir = ", folder, "/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    conf:close()
    shell "softhsm2-util --init-token --free --label luateep --so-pin 12345678 --pin 5678"
    for _, id in ipairs{ "01", "02" } do
      shell(("pkcs11-tool --module %s --login --pin 5678 --token-label luateep --keypairgen --key-type EC:prime256v1 --id %s")
        :format(module, id))
    end
    -- The example runs pkcs11-tool in this environment: a wrapper in front of it sets it. Libraries that are
    -- loaded into us for a sanitized run do not belong into the token's.
    local wrapper = assert(io.open(folder .. "/pkcs11-tool", "w"))
    wrapper:write("#!/bin/sh\nunset LD_PRELOAD\nexport SOFTHSM2_CONF=", folder, "/conf PIN=${PIN-5678} WRONG=0000\n",
      "exec /usr/bin/pkcs11-tool \"$@\"\n")
    wrapper:close()
    os.execute("chmod 700 " .. folder .. "/pkcs11-tool")
    settings = { module = module, token = "luateep", id = "01", pin_variable = "PIN" }
  end)

  teardown(function() os.execute("rm -rf " .. folder) end)

  -- `os.execute` with the wrapper found first.
  local function wrapped(work)
    local execute = os.execute
    os.execute = function(command) return execute("PATH=" .. folder .. ":$PATH; " .. command) end -- luacheck: ignore
    finally(function() os.execute = execute end) -- luacheck: ignore
    return work()
  end

  local function with(changes)
    local given = {}
    for name, value in pairs(settings) do given[name] = value end
    for name, value in pairs(changes) do given[name] = value end
    return given
  end

  it("fails with crypto_failed when the PIN is wrong", function()
    wrapped(function()
      local held = assert(token.key(with{ pin_variable = "WRONG" }))
      has_failed("crypto_failed", cose.sign1{ key = held, payload = "p" })
    end)
  end)

  it("is not found under another id", function()
    wrapped(function() has_failed("not_found", token.key(with{ id = "03" })) end)
  end)

  it("signs, and verifies anywhere", function()
    wrapped(function()
      local first, second = assert(token.key(settings)), assert(token.key(with{ id = "02" }))
      assert.equal("external", first:provider())
      has_failed("no_private_key", first:private())
      local message = assert(cose.sign1{ key = first, payload = "p" })
      local keys = { assert(key.load(second:public())), assert(key.load(first:public())) }
      assert.equal(keys[2], cose.verify(message, { keys = keys, algorithms = { "ESP256" } }).key)
    end)
  end)
end)
