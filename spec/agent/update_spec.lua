local agent = require "teep.agent"
local faults = require "agent.faults"
local policy = require "teep.policy"
local scene = require "agent.scene"
local suit = require "teep.suit"

describe("teep.agent.update", function()
  teardown(scene.clean)

  local APP <const>, APP_SUIT <const> = { "app" }, { "app.suit" }
  local LIB <const>, LIB_SUIT <const> = { "lib" }, { "lib.suit" }

  local function succeeded(answer)
    assert.equal("success", answer.type, answer.err_msg)
    return answer
  end

  local function failed(answer, err_code, text)
    assert.equal("error", answer.type)
    assert.equal(err_code, answer.err_code, answer.err_msg)
    if text then assert.is_truthy(answer.err_msg:find(text, 1, true), answer.err_msg) end
    return answer
  end

  -- Runs `act`, which must be refused, and checks that nothing durable changed but spent tokens.
  local function unchanged(device, act)
    local before, status = device:snapshot(APP, LIB), device.agent:status()
    act()
    local after, now = device:snapshot(APP, LIB), device.agent:status()
    before[1], after[1] = nil, nil
    assert.same(before, after)
    for _, list in ipairs { "components", "manifests", "requested", "unneeded" } do
      assert.same(status[list], now[list])
    end
  end

  local function installed()
    local device = scene.new()
    succeeded(device:update { scene.envelope { sequence = 5 } })
    return device
  end

  describe("with manifests", function()
    it("installs and reports with the token as nonce (T-050, T-052, T-101, S-140)", function()
      local device = scene.new()
      local answer = succeeded(device:tell { type = "update", token = "87654321", manifest_list = { scene.envelope {} } })
      assert.equal("87654321", answer.token)
      assert.equal(1, #answer.suit_reports)
      local report = assert(suit.read_report(answer.suit_reports[1]))
      assert.is_true(report.ok)
      assert.equal("87654321", report.nonce)
      assert.equal("hello", device:read(APP))
      assert.equal(device.driver:probe(APP).digest, device:installed(APP).digest)
    end)

    it("answers without token when there was none (T-050)", function()
      local answer = succeeded(scene.new():tell { type = "update", manifest_list = { scene.envelope {} } })
      assert.is_nil(answer.token)
      assert.is_nil(suit.read_report(answer.suit_reports[1]).nonce)
    end)

    it("remembers what is installed when the device goes off and on", function()
      local device = installed()
      local before = device.agent:status()
      before.last_answer = nil
      device:restart()
      assert.same(before, device.agent:status())
    end)

    it("refuses a manifest of an untrusted signer (S-001)", function()
      local device = installed()
      unchanged(device, function()
        local other = scene.envelope { sequence = 6, payload = "evil", signer = scene.key "stranger" }
        local answer = failed(device:update { other }, "manifest_processing_failed")
        assert.is_nil(answer.suit_reports)
      end)
    end)

    it("refuses a manifest signed by the TAM", function()
      local device = installed()
      unchanged(device, function()
        failed(device:update { scene.envelope { sequence = 6, signer = scene.key "tam" } }, "manifest_processing_failed")
      end)
    end)

    it("refuses a payload that is not the one signed for, and reports it (T-060, S-140)", function()
      local device = installed()
      local altered = scene.envelope({ sequence = 6, payload = "payload" }):gsub("payload$", "PAYLOAD")
      unchanged(device, function()
        local answer = failed(device:update { altered }, "manifest_processing_failed", "app.suit")
        local report = assert(suit.read_report(answer.suit_reports[1]))
        assert.is_false(report.ok)
        assert.equal(answer.token, report.nonce)
      end)
    end)

    it("refuses a lower sequence number, also after a restart (S-008, D12)", function()
      local device = installed()
      unchanged(device, function()
        failed(device:update { scene.envelope { sequence = 4, payload = "older" } }, "manifest_processing_failed")
      end)
      device:restart()
      failed(device:update { scene.envelope { sequence = 4, payload = "older" } }, "manifest_processing_failed")
    end)

    it("takes the same sequence number again, and a higher one with other bytes (P-12)", function()
      local device = installed()
      succeeded(device:update { scene.envelope { sequence = 5 } })
      succeeded(device:update { scene.envelope { sequence = 6, payload = "newer" } })
      assert.equal("newer", device:read(APP))
      assert.equal(1, #device.agent:status().manifests)
      assert.equal(6, device.agent:status().manifests[1].sequence_number)
    end)

    it("counts sequence numbers for each manifest on its own (P-13)", function()
      local device = installed()
      local other = { id = { "other.suit" }, component = { "other" }, sequence = 1 }
      succeeded(device:update { scene.envelope(other) })
      failed(device:update { scene.envelope { sequence = 4 } }, "manifest_processing_failed")
    end)

    it("takes sequence numbers beyond 2^63 as unsigned (D6)", function()
      local device = scene.new()
      succeeded(device:update { scene.envelope { sequence = -1 } })
      failed(device:update { scene.envelope { sequence = math.maxinteger } }, "manifest_processing_failed")
      assert.equal(-1, device.agent:status().manifests[1].sequence_number)
      device = scene.new()
      succeeded(device:update { scene.envelope { sequence = math.maxinteger } })
      succeeded(device:update { scene.envelope { sequence = -1 } })
      failed(device:update { scene.envelope { sequence = math.maxinteger } }, "manifest_processing_failed")
    end)

    describe("one of which is bad", function()
      local function bad(id)
        return (scene.envelope({ id = { id .. ".suit" }, component = { id }, payload = "payload" }):gsub("payload$", "PAYLOAD"))
      end

      local function outcomes(answer)
        local list = {}
        for i, bytes in ipairs(answer.suit_reports) do
          local report = assert(suit.read_report(bytes))
          assert.equal(answer.token, report.nonce)
          list[i] = report.ok
        end
        return list
      end

      it("installs the others and reports on every one attempted (A-26, T-101)", function()
        local device = scene.new()
        local last = scene.envelope { id = { "last.suit" }, component = { "last" } }
        local answer = failed(device:update { scene.envelope {}, bad "lib", last }, "manifest_processing_failed",
          "1 of 3 failed, lib.suit: ")
        assert.same({ true, false, true }, outcomes(answer))
        assert.same({ "hello", "hello" }, { device:read(APP), device:read { "last" } })
        assert.is_nil(device:read(LIB))
        device:restart()
        assert.equal(2, #device.agent:status().manifests)
      end)

      it("names the first of several", function()
        local answer = failed(scene.new():update { bad "one", bad "two" }, "manifest_processing_failed",
          "2 of 2 failed, one.suit: ")
        assert.same({ false, false }, outcomes(answer))
      end)

      it("tells by its place which has no trusted signer, without a report (S-001)", function()
        local device = scene.new()
        local stranger = scene.envelope { id = LIB_SUIT, component = LIB, signer = scene.key "stranger" }
        local answer = failed(device:update { stranger, scene.envelope {} }, "manifest_processing_failed",
          "1 of 2 failed, manifest-list[1]: ")
        assert.same({ true }, outcomes(answer))
        assert.equal("hello", device:read(APP))
      end)

      it("reports on one that is refused for a limit as well (T-060)", function()
        local device = scene.new { limits = { installed = 1 } }
        local lib = scene.envelope { id = LIB_SUIT, component = LIB }
        local answer = failed(device:update { scene.envelope {}, lib }, "manifest_processing_failed", "limit is 1")
        assert.same({ true, false }, outcomes(answer))
      end)

      it("refuses its token from then on (A-28)", function()
        local device = scene.new()
        local fields = { type = "update", token = "87654321", manifest_list = { bad "lib", scene.envelope {} } }
        failed(device:tell(fields), "manifest_processing_failed")
        failed(device:tell(fields), "permanent_error", "processed before")
      end)

      -- Two manifests whose payloads do not come, for these reasons.
      local function unreachable(first, second)
        local device = scene.new { fetch = function(uri)
          local code = uri:find "one" and first or second
          return nil, "no payload: " .. code, code
        end }
        local digest = { algorithm = "SHA-256", bytes = ("d"):rep(32) }
        local function remote(id)
          return scene.envelope { id = { id .. ".suit" },
            components = { { { id }, uri = "coap://x/" .. id, digest = digest, size = 9 } } }
        end
        return device, { remote "one", scene.envelope {}, remote "two" }
      end

      it("says that it will fail again where one will (T-060)", function()
        for _, codes in ipairs { { "digest_mismatch", "not_connected" }, { "timed_out", "refused" } } do
          local device, list = unreachable(table.unpack(codes))
          failed(device:update(list), "manifest_processing_failed", codes[1] == "timed_out" and "refused" or "digest_mismatch")
        end
      end)

      it("says that it may pass where every failure may (T-060)", function()
        for _, code in ipairs { "not_connected", "timed_out", "busy" } do
          local device, list = unreachable(code, "not_connected")
          local answer = failed(device:update(list), "temporary_error", "2 of 3 failed, one.suit: ")
          assert.same({ false, true, false }, outcomes(answer))
          assert.equal("hello", device:read(APP))
        end
      end)
    end)

    it("attempts no other manifest while it is unknown what the last one did (A-26)", function()
      local broken = false
      local device = scene.new({}, function(driver)
        return faults.wrap(driver, function(name, when)
          if name == "commit" and when == "before" then broken = true end
          if broken and name == "seal_put" then return nil, "worn out", "io_failed" end
        end)
      end)
      local lib = scene.envelope { id = LIB_SUIT, component = LIB }
      local answer = failed(device:update { scene.envelope {}, lib }, "temporary_error", "worn out")
      assert.equal(1, #answer.suit_reports)
      broken = false
      device:restart()
      assert.equal("hello", device:read(APP))
      assert.is_nil(device:read(LIB))
    end)

    it("installs all components of a manifest or none", function()
      local device = scene.new()
      local both = { { APP, "one" }, { LIB, "two" } }
      local altered = scene.envelope({ components = both }):gsub("two$", "TWO")
      unchanged(device, function() failed(device:update { altered }, "manifest_processing_failed") end)
      succeeded(device:update { scene.envelope { components = both } })
      assert.equal("one", device:read(APP))
      assert.equal("two", device:read(LIB))
    end)

    it("removes a component that the next version no longer has", function()
      local device = scene.new()
      succeeded(device:update { scene.envelope { components = { { APP, "one" }, { LIB, "two" } } } })
      succeeded(device:update { scene.envelope { sequence = 2, payload = "three" } })
      assert.equal("three", device:read(APP))
      assert.is_nil(device:read(LIB))
    end)

    it("clears the request for what it installed", function()
      local device = scene.new()
      device.agent:request(APP)
      device.agent:request(LIB)
      succeeded(device:update { scene.envelope {} })
      assert.same({ { component_id = "lib", tam_uri = scene.URI } }, device.agent:status().requested)
    end)
  end)

  describe("with a component of two manifests", function()
    local function shared()
      local device = scene.new()
      succeeded(device:update { scene.envelope {} })
      succeeded(device:update { scene.envelope { id = LIB_SUIT } })
      return device
    end

    it("keeps it until the last one goes (T-175, S-074)", function()
      local device = shared()
      assert.same({ "app.suit", "lib.suit" }, device:installed(APP).manifests)
      succeeded(device:uninstall(APP_SUIT))
      assert.equal("hello", device:read(APP))
      succeeded(device:uninstall(LIB_SUIT))
      assert.is_nil(device:read(APP))
    end)

    it("decrements once for each manifest (T-175, S-074)", function()
      local device = shared()
      succeeded(device:uninstall(APP_SUIT, APP_SUIT))
      succeeded(device:uninstall(APP_SUIT))
      assert.equal("hello", device:read(APP))
    end)

    it("refuses to overwrite it with other bytes (T-175, S-075)", function()
      local device = installed()
      unchanged(device, function()
        local other = scene.envelope { id = LIB_SUIT, payload = "other" }
        local answer = failed(device:update { other }, "manifest_processing_failed")
        assert.is_false(assert(suit.read_report(answer.suit_reports[1])).ok)
      end)
    end)

    it("counts the same after a restart (T-175)", function()
      local device = shared()
      device:restart()
      succeeded(device:uninstall(LIB_SUIT))
      assert.equal("hello", device:read(APP))
    end)
  end)

  describe("with unneeded manifests", function()
    it("removes manifest and component (T-041)", function()
      local device = installed()
      device.agent:unrequest(APP)
      succeeded(device:uninstall(APP_SUIT))
      assert.is_nil(device:read(APP))
      local status = device.agent:status()
      assert.same({ {}, {}, {} }, { status.components, status.manifests, status.unneeded })
    end)

    it("takes one it does not have for gone already", function()
      succeeded(installed():uninstall { "never.suit" })
    end)

    it("keeps the sequence number of what was uninstalled (D12)", function()
      local device = installed()
      succeeded(device:uninstall(APP_SUIT))
      device:restart()
      failed(device:update { scene.envelope { sequence = 4 } }, "manifest_processing_failed")
      succeeded(device:update { scene.envelope { sequence = 5 } })
    end)

    it("removes before it installs (S-140)", function()
      local device = installed()
      succeeded(device:update({ scene.envelope { id = LIB_SUIT, payload = "other" } },
        { unneeded_manifest_list = { APP_SUIT } }))
      assert.equal("other", device:read(APP))
    end)

    it("installs nothing when the removal fails (T-100)", function()
      local broken = false
      local device = scene.new({}, function(driver)
        return faults.wrap(driver, function(name)
          if broken and name == "commit" then return nil, "worn out", "io_failed" end
        end)
      end)
      succeeded(device:update { scene.envelope {} })
      unchanged(device, function()
        broken = true
        local lib = scene.envelope { id = LIB_SUIT, component = LIB }
        failed(device:update({ lib }, { unneeded_manifest_list = { APP_SUIT } }), "manifest_processing_failed", "app.suit")
      end)
    end)

    it("removes what it has no intact envelope of", function()
      for _, envelope in ipairs { "", "\xff", scene.envelope { id = LIB_SUIT, component = LIB } } do
        local device = installed()
        assert(device.driver:seal_put("manifest-1", envelope))
        succeeded(device:uninstall(APP_SUIT))
        assert.is_nil(device:read(APP))
      end
    end)

    it("removes what a signer signed who is no longer trusted", function()
      local device = installed()
      device.options.trust = { tams = { scene.key "tam" }, signers = { scene.key "new signer" } }
      device:restart()
      succeeded(device:uninstall(APP_SUIT))
      assert.is_nil(device:read(APP))
    end)
  end)

  describe("when it comes again", function()
    it("is refused and changes nothing (T-172, A-28)", function()
      local device = installed()
      local fields = { type = "update", token = "87654321", unneeded_manifest_list = { APP_SUIT } }
      succeeded(device:tell(fields))
      succeeded(device:update { scene.envelope { sequence = 5 } })
      unchanged(device, function()
        local answer = failed(device:tell(fields), "permanent_error", "processed before")
        assert.equal("87654321", answer.token)
        device:restart()
        failed(device:tell(fields), "permanent_error", "processed before")
      end)
    end)

    it("is refused as well after a failure", function()
      local device = scene.new()
      local fields = { type = "update", token = "87654321",
        manifest_list = { scene.envelope { signer = scene.key "stranger" } } }
      failed(device:tell(fields), "manifest_processing_failed")
      failed(device:tell(fields), "permanent_error", "processed before")
    end)

    it("does not confuse the tokens of two TAMs (T-001)", function()
      local second = scene.key "second tam"
      local device = scene.new { trust = { tams = { scene.key "tam", second }, signers = {} } }
      local fields = { type = "update", token = "87654321" }
      succeeded(device:tell(fields))
      succeeded(device:tell(fields, second))
      failed(device:tell(fields, second), "permanent_error")
    end)

    it("is known as long as the cache holds it, and not longer", function()
      local device = scene.new { limits = { update_tokens = 2 } }
      local function update(token) return device:tell { type = "update", token = token } end
      succeeded(update "token--1")
      succeeded(update "token--2")
      failed(update "token--1", "permanent_error")
      succeeded(update "token--3")
      failed(update "token--2", "permanent_error")
      succeeded(update "token--1")
    end)
  end)

  describe("without manifests", function()
    it("succeeds and remembers what the TAM reports (T-049, A-11)", function()
      local device = scene.new()
      succeeded(device:update(nil, { err_code = "attestation_required", err_msg = "who are you", err_lang = "x-klingon" }))
      assert.equal("attestation_required", device:event("update_error").err_code)
      assert.equal("who are you", device.agent:status().update_error.err_msg)
    end)

    it("hands on the language of the report, whatever it is (T-046, T-048, A-14)", function()
      local device = scene.new()
      local cbor = require "teep.cbor"
      local options = cbor.map { { 11, cbor.text "nuqneH" }, { 21, cbor.text "x-klingon" }, { 22, 10 } }
      succeeded(device:receive(scene.raw(cbor.array { 3, options })))
      assert.same({ err_code = "temporary_error", err_msg = "nuqneH", err_lang = "x-klingon" },
        device:event "update_error")
    end)

    it("takes an error code it does not know (T-063)", function()
      local device = scene.new()
      local cbor = require "teep.cbor"
      succeeded(device:receive(scene.raw(cbor.array { 3, cbor.map { { 22, 200 } } })))
      assert.equal(200, device:event("update_error").err_code)
    end)

    it("reads past an attestation payload", function()
      succeeded(scene.new():update(nil, { attestation_payload = "passport" }))
    end)
  end)

  describe("under a policy", function()
    local function ask(body)
      local path = scene.folder() .. "/policy.lua"
      local file = assert(io.open(path, "w"))
      file:write(([[return { api = 1, name = "p", version = "1", summary = "s",
        consider = function(facts) %s end }]]):format(body))
      file:close()
      local device = scene.new { policy = assert(policy.open { path = path, isolation = "trusted" }) }
      return device, function() return device:update({ scene.envelope {} }, { unneeded_manifest_list = { LIB_SUIT } }) end
    end

    for name, case in pairs {
      deny = { 'return deny { reason = "not now" }', "permanent_error", "not now" },
      retry = { 'return retry { after = 5 }', "temporary_error" },
      ["no verb"] = { "return nil", "permanent_error" },
      ["a broken policy"] = { 'error "oops"', "permanent_error", "oops" },
    } do
      it("does nothing on " .. name, function()
        local device, update = ask(case[1])
        unchanged(device, function() failed(update(), case[2], case[3]) end)
        assert.equal("consider", device:event("decision").point)
      end)
    end

    it("shows it verified facts", function()
      local device, update = ask [[
        local manifest = facts.manifests[1]
        if manifest.manifest_component_id == "app.suit" and manifest.sequence_number == 1
          and manifest.components[1] == "app" and #facts.manifests == 1 and facts.tam.uri
          and facts.unneeded_manifest_list[1] == "lib.suit" then return accept() end]]
      succeeded(update())
      assert.equal("accept", device:event("decision").verb)
    end)
  end)

  describe("while another one is processed", function()
    it("is asked to come again, and a query is answered (T-172)", function()
      local crypto = require "teep.crypto"
      local device
      device = scene.new { fetch = function(_, _, sink)
        coroutine.yield()
        return sink "from afar"
      end }
      local digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", "from afar") }
      local remote = scene.envelope { components = { { APP, uri = "coap://x/app", digest = digest, size = 9 } } }
      local first = coroutine.create(function() return device:update { remote } end)
      assert(coroutine.resume(first))
      assert.equal("suspended", coroutine.status(first))
      local lib = scene.envelope { id = LIB_SUIT, component = LIB }
      local fields = { type = "update", token = "87654321", manifest_list = { lib } }
      failed(device:tell(fields), "temporary_error")
      assert.equal("query-response", device:tell(scene.query()).type)
      local _, answer = assert(coroutine.resume(first))
      succeeded(answer)
      assert.equal("from afar", device:read(APP))
      succeeded(device:tell(fields))
    end)

    it("is served when the one before it died", function()
      local device = scene.new { fetch = function() error "network on fire" end }
      local crypto = require "teep.crypto"
      local digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", "x") }
      local remote = scene.envelope { components = { { APP, uri = "coap://x/app", digest = digest, size = 1 } } }
      pcall(device.update, device, { remote })
      succeeded(device:update { scene.envelope {} })
    end)
  end)

  describe("on a failing device", function()
    local function failing(method, code)
      local broken = { on = false }
      local device = scene.new({}, function(driver)
        return faults.wrap(driver, function(name, when)
          if broken.on and name == method and when == "before" then return nil, "out of order", code end
        end)
      end)
      return device, broken
    end

    for method, code in pairs { txn = "io_failed", stage = "io_failed", commit = "io_failed" } do
      it(("refuses and stays as it was when %s fails"):format(method), function()
        local device, broken = failing(method, code)
        unchanged(device, function()
          broken.on = true
          failed(device:update { scene.envelope {} }, "manifest_processing_failed")
        end)
        broken.on = false
        succeeded(device:update { scene.envelope {} })
      end)
    end

    it("asks for another try when the device is busy, and takes the same Update then", function()
      local device, broken = failing("txn", "busy")
      local fields = { type = "update", token = "87654321", manifest_list = { scene.envelope {} } }
      broken.on = true
      failed(device:tell(fields), "temporary_error")
      broken.on = false
      succeeded(device:tell(fields))
    end)

    it("does not say Success before the ledger is durable (T-102)", function()
      local device, broken = failing("seal_put", "io_failed")
      broken.on = true
      assert.equal("error", device:update({ scene.envelope {} }).type)
      assert.is_nil(device:read(APP))
    end)

    it("does not open on a damaged ledger", function()
      local device = installed()
      assert(device.driver:seal_put("ledger", "\xff"))
      local options = { driver = device.driver, device = { vendor_identifier = ("v"):rep(16), class_identifier = ("c"):rep(16) },
        trust = { tams = {}, signers = {} }, clock = os.time }
      local opened, _, code = agent.new(options)
      assert.is_nil(opened)
      assert.equal("corrupt", code)
    end)
  end)

  describe("at its limits", function()
    local function envelope(n) return scene.envelope { id = { "m", tostring(n) }, component = { "c", tostring(n) } } end

    it("takes as many manifests as allowed in one Update, and not one more (T-129)", function()
      local device = scene.new { limits = { manifests = 2 } }
      failed(device:update { envelope(1), envelope(2), envelope(3) }, "permanent_error", "limit is 2")
      assert.same({}, device.agent:status().components)
      succeeded(device:update { envelope(1), envelope(2) })
    end)

    it("installs as many manifests as allowed, and not one more (T-129)", function()
      local device = scene.new { limits = { installed = 2 } }
      succeeded(device:update { envelope(1), envelope(2) })
      failed(device:update { envelope(3) }, "manifest_processing_failed", "limit is 2")
      succeeded(device:update { envelope(2) })
      succeeded(device:update({ envelope(3) }, { unneeded_manifest_list = { { "m", "1" } } }))
    end)

    it("installs as many components as allowed, and not one more (T-129)", function()
      local device = scene.new { limits = { components = 2 } }
      succeeded(device:update { envelope(1), envelope(2) })
      failed(device:update { envelope(3) }, "manifest_processing_failed", "limit is 2")
      succeeded(device:update { envelope(2) })
    end)

    it("knows as many manifests as allowed, uninstalled ones included (T-129)", function()
      local device = scene.new { limits = { known = 2 } }
      succeeded(device:update { envelope(1), envelope(2) })
      succeeded(device:uninstall { "m", "1" })
      failed(device:update { envelope(3) }, "manifest_processing_failed", "limit is 2")
      succeeded(device:update { envelope(1) })
    end)

    it("installs nothing when the ledger is full, but still removes", function()
      local device = scene.new()
      succeeded(device:update { envelope(1) })
      local size = #device.driver:seal_get "ledger"
      device.options.limits = { ledger = size }
      device:restart()
      failed(device:update { envelope(2) }, "manifest_processing_failed", "ledger")
      succeeded(device:uninstall { "m", "1" })
    end)
  end)
end)
