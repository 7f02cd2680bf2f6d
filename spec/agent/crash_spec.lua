-- Power cuts: the device dies at every step of an Update and comes back.
local cbor = require "teep.cbor"
local crypto = require "teep.crypto"
local faults = require "agent.faults"
local scene = require "agent.scene"

describe("teep.agent after a crash (D21)", function()
  after_each(scene.clean)

  local APP <const>, LIB <const> = { "app" }, { "lib" }
  local DEAD <const> = setmetatable({}, { __tostring = function() return "power cut" end })

  -- A driver that dies at step `at` of those counted since `count` was set to 0.
  local function mortal(state)
    return function(driver)
      return faults.wrap(driver, function()
        state.count = state.count + 1
        if state.at and state.count >= state.at then error(DEAD, 0) end
      end)
    end
  end

  local old <const> = { bytes = { "old app", "old lib" }, sequence = 1 }
  local new <const> = { bytes = { "new app", "new lib" }, sequence = 2 }

  local function envelope(version)
    return scene.envelope { sequence = version.sequence,
      components = { { APP, version.bytes[1] }, { LIB, version.bytes[2] } } }
  end

  local function bytes_are(device, version)
    return device:read(APP) == version[1] and device:read(LIB) == version[2]
  end

  -- What the ledger says is what the bytes are.
  local function consistent(device)
    for _, component in ipairs(device.agent:status().components) do
      assert.equal(device.driver:probe({ component.component_id }).digest, component.digest)
    end
    assert.same({}, device.agent:status().broken)
    assert.is_nil(device.agent.ledger.state.intent)
  end

  -- Every step of `act` on a device made by `prepare`; `check(device)` after each death and return.
  local function at_every_step(prepare, act, check)
    for at = 1, 200 do
      local state = { count = 0 }
      local device = scene.new({}, mortal(state))
      prepare(device)
      state.count, state.at = 0, at
      local ok, reason = pcall(act, device)
      state.at = nil
      if ok then return at - 1 end
      assert.equal(DEAD, reason)
      device:restart()
      consistent(device)
      check(device)
      scene.clean()
    end
    error "the steps never end"
  end

  local function install(version)
    return function(device) assert.equal("success", device:update({ envelope(version) }).type) end
  end

  it("has the old version or the new one, whole, and can be updated (S-020)", function()
    local seen = {}
    local steps = at_every_step(install(old), install(new), function(device)
      local manifest = device.agent:status().manifests[1]
      local version = manifest.sequence_number == 2 and new or old
      seen[version] = true
      assert.is_true(bytes_are(device, version.bytes))
      install(new)(device)
      assert.is_true(bytes_are(device, new.bytes))
    end)
    assert.is_true(steps >= 10)
    assert.is_true(seen[old] and seen[new])
  end)

  it("has the first version whole or nothing", function()
    at_every_step(function() end, install(old), function(device)
      local manifest = device.agent:status().manifests[1]
      assert.is_true(bytes_are(device, manifest and old.bytes or {}))
    end)
  end)

  it("has the version uninstalled whole or not at all, and its sequence number never falls (D12)", function()
    local function uninstall(device) assert.equal("success", device:uninstall({ "app.suit" }).type) end
    at_every_step(install(new), uninstall, function(device)
      local manifest = device.agent:status().manifests[1]
      assert.is_true(bytes_are(device, manifest and new.bytes or {}))
      assert.equal("error", device:update({ envelope(old) }).type)
    end)
  end)

  it("comes back also when it dies while it comes back", function()
    for at = 1, 20 do
      local state = { count = 0 }
      local device = scene.new({}, mortal(state))
      install(old)(device)
      -- Dies right after the commit, before the ledger knows.
      local commits = 0
      device.wrap = function(driver)
        return faults.wrap(driver, function(name, when)
          if name == "commit" and when == "after" then commits = commits + 1 end
          if commits > 0 then error(DEAD, 0) end
        end)
      end
      device:restart()
      assert.is_false((pcall(install(new), device)))
      device.wrap, state.count, state.at = mortal(state), 0, at
      local survived = pcall(device.restart, device)
      state.at = nil
      if survived then return assert.is_true(at > 1) end
      device.driver:close()
      device:start()
      consistent(device)
      assert.is_true(bytes_are(device, new.bytes))
      scene.clean()
    end
    error "it never comes back"
  end)

  for name, bytes in pairs { ["torn bytes"] = "torn", ["one component new and one old"] = "old lib" } do
    it(("removes what is neither the old set nor the new one and asks for it again: %s (D15)"):format(name), function()
      local device = scene.new({}, function(driver)
        local armed = false
        return faults.wrap(driver, function(step, when)
          if step == "commit" and when == "after" and armed then error(DEAD, 0) end
          armed = armed or step == "commit" and when == "after"
        end)
      end)
      install(old)(device)
      assert.is_false((pcall(install(new), device)))
      local file = assert(io.open(device.path .. "/components/" .. crypto.digest("SHA-256",
        cbor.encode(cbor.array { "lib" })):gsub(".", function(c) return ("%02x"):format(c:byte()) end), "wb"))
      file:write(bytes)
      file:close()
      device.wrap = nil
      device:restart()
      consistent(device)
      assert.equal("broken", device:event("settled").verdict)
      assert.same({ nil, nil }, { device:read(APP), device:read(LIB) })
      local status = device.agent:status()
      assert.same({}, status.manifests)
      assert.equal(2, #status.requested)
      install(new)(device)
      assert.same({}, device.agent:status().requested)
    end)
  end

  local function write(path, bytes)
    local file = assert(io.open(path, "wb"))
    file:write(bytes)
    file:close()
  end

  -- Runs spec/agent/victim.lua, which dies by SIGKILL at step `at`; true when it lived to the end.
  local function victim(folder, at)
    local command = ("LUA_PATH='%s' LUA_CPATH='%s' lua5.4 spec/agent/victim.lua '%s' %d 2>/dev/null"):format(
      package.path, package.cpath, folder, at)
    return os.execute(command) == true
  end

  it("has the old version or the new one when killed with SIGKILL", function()
    local device, last = scene.new(), 1
    install { sequence = 1, bytes = { "app 1", "lib 1" } }(device)
    device.driver:close()
    local folder = scene.folder()
    write(folder .. "/tam", scene.key("tam"):public())
    write(folder .. "/signer", scene.key("signer"):public())
    write(folder .. "/path", device.path)
    local function version(sequence)
      return { sequence = sequence, bytes = { "app " .. sequence, "lib " .. sequence } }
    end
    for at = 1, 200 do
      write(folder .. "/update", scene.message { type = "update", token = ("%08d"):format(at),
        manifest_list = { envelope(version(at + 1)) } })
      local lived = victim(folder, at)
      device:start()
      consistent(device)
      local reached = device.agent:status().manifests[1].sequence_number
      assert.is_true(reached >= last and reached <= at + 1)
      assert.is_true(bytes_are(device, version(reached).bytes))
      last = reached
      device.driver:close()
      if lived then
        assert.equal(at + 1, reached)
        return assert.is_true(at > 10)
      end
    end
    error "the steps never end"
  end)
end)
