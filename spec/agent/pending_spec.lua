local scene = require "agent.scene"

describe("teep.agent.pending", function()
  teardown(scene.clean)

  local APP <const> = { "app" }
  local OTHER <const> = "wss://other.example/teep"

  local function installed(options)
    local device = scene.new(options)
    assert.equal("success", device:update({ scene.envelope {} }).type)
    return device
  end

  describe("request", function()
    it("needs a TAM to go to", function()
      local device = scene.new()
      device.agent.tam_uri = nil
      local uri, _, code = device.agent:request(APP)
      assert.is_nil(uri)
      assert.equal("not_found", code)
    end)

    it("keeps as many requests as allowed, and not one more (T-129)", function()
      local device = scene.new { limits = { requested = 2 } }
      assert.equal(scene.URI, device.agent:request { "1" })
      assert.equal(scene.URI, device.agent:request { "2" })
      local uri, _, code = device.agent:request { "3" }
      assert.is_nil(uri)
      assert.equal("limit_reached", code)
      assert.equal(scene.URI, device.agent:request { "2" })
    end)

    it("returns nothing for what is installed (T-089, A-35)", function()
      local uri, message = installed().agent:request(APP)
      assert.is_nil(uri)
      assert.is_nil(message)
    end)

    it("prefers the agent's TAM to the hint (T-090)", function()
      assert.equal(scene.URI, scene.new().agent:request(APP, OTHER))
    end)

    it("follows any hint only when nothing is configured", function()
      local device = scene.new { tam_uris = { OTHER } }
      device.agent.tam_uri = nil
      assert.equal("not_found", select(3, device.agent:request(APP, "wss://third.example/teep")))
      assert.equal(OTHER, device.agent:request(APP, OTHER))
      device.agent.tam_uris = {}
      assert.equal("wss://third.example/teep", device.agent:request(APP, "wss://third.example/teep"))
    end)

    it("follows a hint that is allowed (T-090, T-001)", function()
      assert.equal(OTHER, scene.new({ tam_uris = { OTHER } }).agent:request(APP, OTHER))
    end)

    it("survives a restart, once for each component", function()
      local device = scene.new()
      device.agent:request(APP)
      device.agent:request(APP)
      device:restart()
      assert.same({ { component_id = "app", tam_uri = scene.URI } }, device.agent:status().requested)
    end)

    it("takes back that the component is not needed", function()
      local device = installed()
      device.agent:unrequest(APP)
      assert.is_nil((device.agent:request(APP)))
      assert.same({}, device.agent:status().unneeded)
    end)
  end)

  describe("unrequest", function()
    it("returns nothing for what is not installed", function()
      assert.is_nil((scene.new().agent:unrequest(APP)))
    end)

    it("cancels a pending request", function()
      local device = scene.new()
      device.agent:request(APP)
      assert.is_nil((device.agent:unrequest(APP)))
      assert.same({}, device.agent:status().requested)
    end)

    it("reports the manifests that hold it and removes nothing (T-037)", function()
      local device = installed()
      assert.equal("success", device:update({ scene.envelope { id = { "second.suit" } } }).type)
      assert.equal(scene.URI, device.agent:unrequest(APP))
      assert.equal("hello", device:read(APP))
      local names = {}
      for i, row in ipairs(device.agent:status().unneeded) do names[i] = row.manifest_component_id end
      assert.same({ "app.suit", "second.suit" }, names)
    end)
  end)

  describe("check_policy", function()
    local function all(device)
      local uris = {}
      for uri in function() return device.agent:check_policy() end do uris[#uris + 1] = uri end
      return uris
    end

    it("has nothing to do on a quiet device", function() assert.same({}, all(installed())) end)

    it("names each TAM once, then nothing; and again the next time (T-092)", function()
      local device = installed { tam_uris = { OTHER } }
      device.agent:request { "1" }
      device.agent:request { "2" }
      device.agent:request({ "3" }, OTHER)
      device.agent:unrequest(APP)
      assert.same({ scene.URI, OTHER }, all(device))
      assert.same({ scene.URI, OTHER }, all(device))
    end)

    it("names the own TAM after check_in seconds of silence (T-173, D14)", function()
      local device = scene.new { check_in = 60 }
      assert.same({ scene.URI }, all(device))
      device:tell(scene.query())
      device.now = device.now + 59
      assert.same({}, all(device))
      device.now = device.now + 1
      assert.same({ scene.URI }, all(device))
    end)
  end)

  it("tells its host of transport failures", function()
    local device = scene.new()
    device.agent:failed(scene.URI, "no route")
    assert.same({ tam_uri = scene.URI, reason = "no route" }, device:event("failed"))
  end)
end)
