-- SUIT Reports as an agent sends them: plain, signed, encrypted; after an Update and when asked.
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local key <const> = require "teep.key"
local providers <const> = require "fixtures.providers"
local raw <const> = require "fixtures.suit_raw"
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"
local wire <const> = require "teep.wire"

local public <const> = raw.public

describe("SUIT Reports of an agent", function()
  after_each(scene.clean)

  local tam_key, profiles

  lazy_setup(function()
    tam_key = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" })
    profiles = wire.open("v26").suit_cose_profiles
  end)

  local function opened(device, bytes)
    local reporter <const> = public(assert(device.agent:key "reports"))
    return suit.open_report(bytes, { keys = { reporter }, decryption_keys = { tam_key } })
  end

  local function install(options)
    local device <const> = scene.new(options)
    local answer <const> = device:update{ scene.envelope{} }
    assert.equal("success", answer.type)
    return device, answer
  end

  it("throw for unknown options", function()
    assert.has_error(function() scene.new{ reports = { signed = true } } end)
    assert.has_error(function() scene.new().agent:key "other" end)
  end)

  it("are plain unless told otherwise", function()
    local _, answer <const> = install()
    assert.is_true(assert(suit.read_report(answer.suit_reports[1])).ok)
  end)

  it("are signed by another key than the message (T-051, T-059)", function()
    for _, algorithm in ipairs{ "ESP256", "Ed25519" } do
      if not providers.lack(algorithm) then
        local device <const>, answer <const> = install{ algorithm = algorithm, reports = { sign = true } }
        assert.is_nil((suit.read_report(answer.suit_reports[1])))
        local report = assert(opened(device, answer.suit_reports[1]))
        assert.equal(device.agent:key("reports"):thumbprint(), report.protection.kid)
        assert.not_equal(device.agent:key():thumbprint(), report.protection.kid)
        assert.equal(answer.token, report.nonce)
        assert.is_nil((suit.open_report(answer.suit_reports[1], { keys = { public(device.agent:key()) } })))
        local failed <const> = device:update{ scene.envelope{ sequence = 0 } }
        assert.equal("error", failed.type)
        report = assert(opened(device, failed.suit_reports[1]))
        assert.is_false(report.ok)
        assert.same({ device.agent:key("reports"):thumbprint(), failed.token }, { report.protection.kid, report.nonce })
      end
    end
  end)

  it("are encrypted to a TAM with each profile, and then signed outside (T-112, T-113, T-116, S-122)", function()
    for algorithm, content in pairs{ ESP256 = { "A128GCM", "A128CTR" }, Ed25519 = { "ChaCha20/Poly1305", "A128CTR" } } do
      for _, cipher in ipairs(providers.lack(algorithm) and {} or content) do
        local device <const> = scene.new{ algorithm = algorithm,
          reports = { recipients = { public(tam_key) }, algorithm = cipher } }
        assert.equal("query-response", device:tell(scene.query{ supported_suit_cose_profiles = profiles }).type)
        local answer <const> = device:update{ scene.envelope{} }
        local signed <const> = cose.parse(answer.suit_reports[1])
        local inside <const> = assert(cose.parse_encrypted(signed.payload))
        assert.is_false(inside.detached)
        local report <const> = assert(opened(device, answer.suit_reports[1]))
        assert.same({ true, cipher, algorithm }, { report.ok, report.protection.encrypted, report.protection.algorithm })
      end
    end
  end)

  it("are encrypted with integrity by the profile of the agent's own algorithm when none is chosen", function()
    local device <const>, answer <const> = install{ reports = { recipients = { public(tam_key) } } }
    assert.equal("A128GCM", assert(opened(device, answer.suit_reports[1])).protection.encrypted)
  end)

  it("are none for a TAM that has no profile for them, rather than unprotected (A-27, S-124)", function()
    local foreign <const> = { { digest = -16, authentication = 5, key_exchange = -3, encryption = -65534 } }
    for _, wanted in ipairs{ { sign = true }, { recipients = { public(tam_key) } } } do
      local device <const> = scene.new{ reports = wanted }
      device:tell(scene.query{ supported_suit_cose_profiles = foreign })
      local answer <const> = device:update{ scene.envelope{} }
      assert.equal("success", answer.type)
      assert.is_nil(answer.suit_reports)
      assert.equal("unsupported_algorithm", device:event("report_failed").code)
    end
  end)

  it("never cost the Success when they cannot be protected", function()
    local device <const> = scene.new({ reports = { sign = true } }, function(driver)
      return setmetatable({ key = function(_, name, algorithm)
        if name == "report" then return nil, "out of order", "io_failed" end
        return driver:key(name, algorithm)
      end }, { __index = function(_, name)
        return function(_, ...) return driver[name](driver, ...) end
      end })
    end)
    local answer <const> = device:update{ scene.envelope{} }
    assert.equal("success", answer.type)
    assert.is_nil(answer.suit_reports)
    assert.equal("io_failed", device:event("report_failed").code)
  end)

  it("lose their records, then go, rather than the message that has no room for them", function()
    local envelope <const> = scene.envelope{}
    local _, answer <const> = install()
    local full <const> = #answer.suit_reports[1]
    local function sent(limit)
      local device <const> = scene.new{ limits = { reports = limit } }
      local success <const> = device:update{ envelope }
      assert.equal("success", success.type)
      return (success.suit_reports or {})[1], device
    end
    assert.equal(full, #sent(full))
    local short <const> = sent(full - 1)
    assert.same({ true, {} }, { assert(suit.read_report(short)).ok, suit.read_report(short).records })
    assert.equal(#short, #sent(#short))
    local none <const>, device <const> = sent(#short - 1)
    assert.is_nil(none)
    assert.equal("limit_reached", device:event("report_failed").code)
  end)

  it("tell what the device has where it lacks something, and there alone (S-122)", function()
    local device <const> = scene.new()
    local function report(fields)
      device.options.trust = { tams = { scene.key "tam" }, signers = raw.trusted }
      device:restart()
      local answer <const> = device:update{ raw.make{ fields = fields } }
      return assert(suit.read_report(answer.suit_reports[1]))
    end
    local lacking <const> = report{ [20] = raw.sequence(99, 15) }
    assert.equal(5, lacking.failure.reason)
    local can <const> = lacking.capabilities
    local has <const> = {}
    for _, number in ipairs(can.algorithms) do has[number] = true end
    for _, name in ipairs{ "SHA-256", "ESP256", "ECDH-ES+A128KW", "A128GCM", "A128CTR", "ChaCha20/Poly1305" } do
      assert.is_true(has[crypto.algorithms[name]], name)
    end
    assert.is_nil(report{ [20] = raw.sequence(3, 15) }.capabilities)
  end)

  describe("when a TAM asks for them", function()
    local function asked(device)
      local answer <const> = device:tell(scene.query{ data_item_requested = { suit_reports = true } })
      assert.equal("query-response", answer.type)
      return answer.suit_reports
    end

    it("are none where nothing is installed", function() assert.is_nil(asked(scene.new())) end)

    it("measure what is installed, with the token as nonce (T-032)", function()
      local device <const> = install()
      device:update{ scene.envelope{ id = { "other.suit" }, component = { "other" }, payload = "two" } }
      local list <const> = asked(device)
      assert.equal(2, #list)
      local first <const>, second <const> = assert(suit.read_report(list[1])), assert(suit.read_report(list[2]))
      assert.same({ true, "12345678", true, "12345678" }, { first.ok, first.nonce, second.ok, second.nonce })
      assert.same({ { component_id = { "other" }, image_size = 3,
        image_digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", "two") } } }, second.records)
      assert.is_truthy(first.capabilities)
      assert.is_nil(second.capabilities)
      assert.equal(device.agent.ledger.state.manifests[2].digest, second.reference.digest.bytes)
    end)

    it("say which component is not what was installed", function()
      local device <const> = install()
      local txn <const> = assert(device.driver:txn())
      local slot <const> = assert(txn:stage{ "app" })
      assert(slot:write "broken")
      assert(slot:finish())
      assert(txn:commit())
      local report <const> = assert(suit.read_report(asked(device)[1]))
      assert.same({ false, 10, 7 }, { report.ok, report.failure.reason, report.failure.record.section })
      assert.equal(6, report.failure.record.parameters.image_size)
    end)

    it("say which component is gone", function()
      local device <const> = install()
      local txn <const> = assert(device.driver:txn())
      assert(txn:remove{ "app" })
      assert(txn:commit())
      local report <const> = assert(suit.read_report(asked(device)[1]))
      assert.same({ false, {}, { { component_id = { "app" } } } },
        { report.ok, report.failure.record.parameters, report.records })
    end)

    it("are up to 64, as many as a message takes", function()
      local device <const> = scene.new()
      for i = 1, 65 do
        local row <const> = { id = { "m" .. i }, component = { "c" .. i }, payload = "x" .. i }
        assert.equal("success", device:update{ scene.envelope(row) }.type)
      end
      assert.equal(64, #asked(device))
    end)
  end)
end)
