--- Keys and sealed values of a TEE driver.
local assert = require "luassert"
local cose = require "teep.cose"
local key_module = require "teep.key"
local has_failed = require "has_failed"
local providers = require "fixtures.providers"

local every_byte = {}
for i = 0, 255 do every_byte[#every_byte + 1] = string.char(i) end
every_byte = table.concat(every_byte)

return function(_, rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("keys", function()
    local function verifies(key, signed)
      local public = key_module.load(key:public())
      local verified = cose.verify(signed, { keys = { public }, algorithms = { key:algorithm() } })
      return verified and verified.payload == "payload"
    end

    for _, algorithm in ipairs { "ESP256", "Ed25519" } do
      it("sign with " .. algorithm .. " and stay the same", function()
        local lacking = providers.lack(algorithm)
        if lacking then return pending(lacking) end
        local key = assert(rig.tee:key("agent", algorithm))
        assert.are.equal(algorithm, key:algorithm())
        assert.is_true(key:can_sign())
        assert.is_true(verifies(key, assert(cose.sign1 { key = key, payload = "payload" })))
        local kid = key:thumbprint()
        assert.are.equal(kid, rig.tee:key("agent", algorithm):thumbprint())
        rig.reopen()
        local again = assert(rig.tee:key("agent", algorithm))
        assert.are.equal(kid, again:thumbprint())
        assert.is_true(verifies(key, assert(cose.sign1 { key = again, payload = "payload" })))
      end)
    end

    it("never hand out their private part", function()
      has_failed("no_private_key", assert(rig.tee:key("agent", "ESP256")):private())
    end)

    it("have one algorithm each", function()
      assert(rig.tee:key("agent", "ESP256"))
      has_failed("wrong_key", rig.tee:key("agent", "Ed25519"))
      assert.are_not.equal(rig.tee:key("agent", "ESP256"):thumbprint(), rig.tee:key("other", "ESP256"):thumbprint())
    end)

    it("sign only, so an algorithm for something else is refused and nothing is kept", function()
      has_failed("unsupported_algorithm", rig.tee:key("agent", "SHA-256"))
      assert(rig.tee:key("agent", "ESP256"))
    end)

    it("keep their driver open until both are dropped", function()
      local key = assert(rig.tee:key("agent", "ESP256"))
      rig.tee = nil
      collectgarbage()
      collectgarbage()
      assert.is_true(verifies(key, assert(cose.sign1 { key = key, payload = "payload" })))
      key = nil -- luacheck: ignore 311
      collectgarbage()
      collectgarbage()
      rig.open()
    end)

    it("cannot sign once the driver is closed", function()
      local key = assert(rig.tee:key("agent", "ESP256"))
      rig.tee:close()
      has_failed("no_private_key", cose.sign1 { key = key, payload = "payload" })
    end)
  end)

  describe("sealed values", function()
    it("are not found unless put", function()
      has_failed("not_found", rig.tee:seal_get("a"))
    end)

    it("come back with every byte, also after reopening", function()
      for name, value in pairs { empty = "", bytes = every_byte, large = every_byte:rep(40) } do
        assert.is_true(rig.tee:seal_put(name, value))
        assert.are.equal(value, rig.tee:seal_get(name))
      end
      rig.reopen()
      assert.are.equal("", rig.tee:seal_get("empty"))
      assert.are.equal(every_byte, rig.tee:seal_get("bytes"))
      assert.are.equal(every_byte:rep(40), rig.tee:seal_get("large"))
    end)

    it("replace the one before, also by a shorter one", function()
      assert(rig.tee:seal_put("a", every_byte:rep(40)))
      assert(rig.tee:seal_put("a", "new"))
      assert.are.equal("new", rig.tee:seal_get("a"))
    end)

    it("have up to 1 MiB", function()
      local limit = ("x"):rep(1 << 20)
      assert.is_true(rig.tee:seal_put("a", limit))
      assert.are.equal(limit, rig.tee:seal_get("a"))
      has_failed("too_large", rig.tee:seal_put("a", limit .. "x"))
      assert.are.equal(limit, rig.tee:seal_get("a"))
    end)

    it("do not mix with keys of the same name", function()
      local kid = assert(rig.tee:key("a", "ESP256")):thumbprint()
      has_failed("not_found", rig.tee:seal_get("a"))
      assert(rig.tee:seal_put("a", "value"))
      assert.are.equal(kid, rig.tee:key("a", "ESP256"):thumbprint())
    end)
  end)

  it("takes names of 1 to 32 of a-z, 0-9, _ and - (D18)", function()
    for _, name in ipairs { "a", "0", "-", "_", ("x"):rep(32), "a-z_0-9" } do
      assert.is_true(rig.tee:seal_put(name, name))
      assert(rig.tee:key(name, "ESP256"))
    end
    for _, name in ipairs { "", ("x"):rep(33), "A", ".", "..", "a/b", "../x", "a b", "a\n", "é", "a." } do
      has_failed("name_invalid", rig.tee:seal_put(name, ""))
      has_failed("name_invalid", rig.tee:seal_get(name))
      has_failed("name_invalid", rig.tee:key(name, "ESP256"))
    end
    assert.has_error(function() rig.tee:seal_put("a\0", "") end)
    assert.has_error(function() rig.tee:key("a\0", "ESP256") end)
  end)
end
