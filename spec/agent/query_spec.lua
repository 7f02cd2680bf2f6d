local cbor = require "teep.cbor"
local key = require "teep.key"
local providers = require "fixtures.providers"
local scene = require "agent.scene"
local suit = require "teep.suit"

describe("teep.agent.query", function()
  teardown(scene.clean)

  local function refused(changes, err_code)
    local fields = scene.query(changes)
    local answer = scene.new():tell(fields)
    assert.equal("error", answer.type)
    assert.equal(err_code, answer.err_code)
    assert.equal(fields.token, answer.token)
    return answer
  end

  local function only_attestation(changes)
    local fields = { data_item_requested = { attestation = true }, challenge = ("n"):rep(16) }
    for name, value in pairs(changes or {}) do fields[name] = value end
    local query = scene.query(fields)
    query.token = nil
    return query
  end

  it("refuses when no version is common and lists its own (T-057, T-053)", function()
    assert.same({ 0 }, refused({ versions = { 1, 2 } }, "unsupported_msg_version").versions)
  end)

  it("refuses when no cipher suite is common and lists its own (T-054, T-108)", function()
    local answer = refused({ supported_teep_cipher_suites = { { { cose_type = 18, algorithm = -19 } } } },
      "unsupported_cipher_suites")
    assert.same({ { { cose_type = 18, algorithm = -9 } } }, answer.supported_teep_cipher_suites)
  end)

  it("takes a suite of two operations for another suite", function()
    refused({ supported_teep_cipher_suites = { {
      { cose_type = 18, algorithm = -9 }, { cose_type = 18, algorithm = -9 },
    } } }, "unsupported_cipher_suites")
  end)

  it("refuses when no freshness mechanism is common and lists nonce (T-055, T-117)", function()
    local answer = scene.new():tell(only_attestation { supported_freshness_mechanisms = { "timestamp" } })
    assert.equal("unsupported_freshness_mechanisms", answer.err_code)
    assert.same({ "nonce" }, answer.supported_freshness_mechanisms)
    assert.is_nil(answer.token)
  end)

  it("refuses attestation, as it has no attester, rather than leave it out (T-030, T-020)", function()
    for _, query in ipairs { only_attestation(), only_attestation { supported_freshness_mechanisms = { "nonce" } } } do
      local answer = scene.new():tell(query)
      assert.equal("permanent_error", answer.err_code)
      assert.is_truthy(answer.err_msg:find("attest"))
      assert.is_nil(answer.token)
    end
  end)

  it("refuses a SUIT Report of a protection it cannot read and lists its profiles (T-056, T-096)", function()
    local to = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" })
    local chacha = assert(suit.protect_report("\xa0",
      { key = scene.key "stranger", recipients = { to }, algorithm = "ChaCha20/Poly1305" }))
    for _, report in ipairs { scene.signed("\xa0", scene.key("legacy", "ES256")), chacha, "\x01", "" } do
      local answer = refused({ suit_reports = { report } }, "unsupported_suit_report")
      assert.is_true(#answer.supported_suit_cose_profiles >= 1)
      for _, profile in ipairs(answer.supported_suit_cose_profiles) do assert.equal(-9, profile.authentication) end
    end
  end)

  it("reads past SUIT Reports that its profiles cover (T-116)", function()
    local stranger = scene.key "stranger"
    local to = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" })
    local reports = { "\xa0", scene.signed("\xa0", stranger),
      suit.protect_report("\xa0", { key = stranger, recipients = { to } }),
      suit.protect_report("\xa0", { key = stranger, recipients = { to }, algorithm = "A128CTR" }) }
    assert.equal("query-response", scene.new():tell(scene.query { suit_reports = reports }).type)
  end)

  it("refuses data items it does not know, and names them (T-065, T-097, A-13)", function()
    local suites = cbor.array { cbor.array { cbor.array { 18, -9 } } }
    local profiles = cbor.array { cbor.array { -16, -9, -29, 1 } }
    local answer = scene.new():receive(scene.raw(cbor.array { 1, cbor.map { { 19, "12345678" } }, suites, profiles, 1 << 4 }))
    assert.equal("unsupported_extension", answer.err_code)
    assert.equal("12345678", answer.token)
    assert.is_truthy(answer.err_msg:find("data_item_requested", 1, true))
  end)

  it("answers a TAM that has none of its SUIT COSE profiles (A-27)", function()
    local foreign = { { digest = -16, authentication = 5, key_exchange = -3, encryption = -65534 } }
    local device = scene.new()
    device:update { scene.envelope {} }
    assert.equal("query-response", device:tell(scene.query { supported_suit_cose_profiles = foreign }).type)
  end)

  it("has one of the suites and its profiles, whichever algorithm it signs with (T-104, T-116)", function()
    local lacking = providers.lack "Ed25519"
    if lacking then return pending(lacking) end
    for algorithm, number in pairs { ESP256 = -9, Ed25519 = -19 } do
      local device = scene.new { algorithm = algorithm }
      assert.equal(algorithm, device.agent:key():algorithm())
      assert.equal("query-response", device:tell(scene.query()).type)
      local answer = device:tell(scene.query { suit_reports = { "\x01" } })
      assert.is_true(#answer.supported_suit_cose_profiles >= 1)
      for _, profile in ipairs(answer.supported_suit_cose_profiles) do assert.equal(number, profile.authentication) end
      local suites = device:tell(scene.query {
        supported_teep_cipher_suites = { { { cose_type = 18, algorithm = -7 } } },
      }).supported_teep_cipher_suites
      assert.same({ { { cose_type = 18, algorithm = number } } }, suites)
    end
  end)

  it("answers with the token of the request (T-028, T-097)", function()
    assert.equal("12345678", scene.new():tell(scene.query()).token)
  end)

  it("lists itself when nothing is installed (T-033, A-08)", function()
    local list = scene.new():tell(scene.query()).tc_list
    assert.equal(1, #list)
    assert.same({ "teep-agent" }, list[1].component_id)
    assert.equal(("v"):rep(16), list[1].vendor_identifier)
    assert.equal(("c"):rep(16), list[1].class_identifier)
  end)

  it("lists what is installed with digest and size (T-033)", function()
    local device = scene.new()
    assert.equal("success", device:update({ scene.envelope {} }).type)
    local entry = device:tell(scene.query()).tc_list[2]
    local state = device.driver:probe { "app" }
    assert.same({ "app" }, entry.component_id)
    assert.same({ algorithm = -16, bytes = state.digest }, entry.image_digest)
    assert.equal(5, entry.image_size)
  end)

  it("leaves out what was not asked (T-131)", function()
    local answer = scene.new():tell(scene.query { data_item_requested = {} })
    assert.same({ type = "query-response", token = "12345678" }, answer)
  end)

  it("gives an empty ext-list when extensions are asked (T-034, A-07)", function()
    local answer = scene.new():tell(scene.query { data_item_requested = { extensions = true } })
    assert.same({}, answer.ext_list)
    assert.is_nil(answer.tc_list)
  end)

  it("selects version 0, and says so when versions were offered (T-023, T-036)", function()
    assert.equal(0, scene.new():tell(scene.query { versions = { 1, 0 } }).selected_version)
    assert.is_nil(scene.new():tell(scene.query()).selected_version)
  end)

  it("tells requested components and unneeded manifests unasked (T-037)", function()
    local device = scene.new()
    device:update { scene.envelope {} }
    device.agent:request { "wanted", "\0" }
    device.agent:unrequest { "app" }
    local answer = device:tell(scene.query { data_item_requested = {} })
    assert.same({ { component_id = { "wanted", "\0" } } }, answer.requested_tc_list)
    assert.same({ { "app.suit" } }, answer.unneeded_manifest_list)
  end)
end)
