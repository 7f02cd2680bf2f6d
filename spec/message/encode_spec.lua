local message <const> = require "teep.message"
local wire <const> = require "teep.wire"

local V26 <const> = { wire = "v26" }

local function refused(expected, value, reason, code)
  assert.is_nil(value)
  assert.equal(expected, code, reason)
  return reason
end

describe("teep.message.encode", function()
  local token <const> = ("t"):rep(16)

  local function encode(fields) return message.encode(fields, V26) end
  local function refuse(expected, fields) return refused(expected, encode(fields)) end

  local function request(changes)
    local fields <const> = {
      type = "query-request", token = token, data_item_requested = { trusted_components = true },
      supported_teep_cipher_suites = wire.open("v26").cipher_suites,
      supported_suit_cose_profiles = wire.open("v26").suit_cose_profiles,
    }
    for name, value in pairs(changes or {}) do fields[name] = value or nil end
    return fields
  end

  it("refuses unknown types and fields", function()
    refuse("unknown_message", {})
    refuse("unknown_message", { type = "hello" })
    refuse("unknown_field", { type = "success", tokn = token })
    refuse("unknown_field", { type = "success", manifest_list = { "e" } })
    refuse("unknown_value", request { data_item_requested = { attested = true } })
  end)

  it("is strict about token, challenge and freshness list (T-012, T-019, T-021, A-02)", function()
    refuse("missing_field", request { token = false })
    refuse("forbidden_field", request { challenge = token })
    refuse("forbidden_field", request { supported_freshness_mechanisms = { "nonce" } })
    refuse("forbidden_field", request { data_item_requested = { attestation = true } })
    assert.truthy(encode(request { token = false, challenge = token, data_item_requested = { attestation = true } }))
  end)

  it("sends no error code without a name, and never 0 (T-044, T-061, A-25)", function()
    refuse("unknown_value", { type = "error", err_code = 0 })
    refuse("unknown_value", { type = "error", err_code = 12 })
    refuse("unknown_value", { type = "update", err_code = 0 })
    refuse("unknown_value", { type = "error", err_code = "no_such_error" })
    refuse("missing_field", { type = "error" })
    assert.truthy(encode { type = "update", err_code = "permanent_error", err_msg = "x" })
  end)

  it("wants the list that a code comes with (T-054, T-055, T-056, T-057)", function()
    local numbers <const> = wire.open "v26"
    for code, list_ in pairs {
      unsupported_cipher_suites = { "supported_teep_cipher_suites", numbers.cipher_suites },
      unsupported_freshness_mechanisms = { "supported_freshness_mechanisms", { "nonce" } },
      unsupported_suit_report = { "supported_suit_cose_profiles", numbers.suit_cose_profiles },
      unsupported_msg_version = { "versions", { 0 } },
    } do
      refuse("missing_field", { type = "error", err_code = code })
      assert.truthy(encode { type = "error", err_code = code, [list_[1]] = list_[2] })
    end
  end)

  it("wants a sequence number with have_binary (T-035)", function()
    local wanted <const> = { component_id = { "a" }, have_binary = true }
    refuse("missing_field", { type = "query-response", requested_tc_list = { wanted } })
    wanted.tc_manifest_sequence_number = 0
    assert.truthy(encode { type = "query-response", requested_tc_list = { wanted } })
    assert.truthy(encode { type = "query-response", requested_tc_list = { { component_id = { "a" }, have_binary = false } } })
  end)

  it("wants tc-list entries to say something about their component", function()
    refuse("missing_field", { type = "query-response", tc_list = { { component_id = { "a" } } } })
    assert.truthy(encode { type = "query-response", tc_list = { { component_id = { "a" }, image_size = 1 } } })
  end)

  it("writes sorted keys in their shortest form, whatever the order given", function()
    assert.equal("\x82\4\xa2\x0a\x61m\x13\x48tttttttt", encode { type = "success", token = ("t"):rep(8), msg = "m" })
  end)

  it("is the inverse of decode for every field there is", function()
    local numbers <const> = wire.open "v26"
    for _, fields in ipairs {
      request { token = false, challenge = token, versions = { 0 }, attestation_payload = "p",
        attestation_payload_format = "f", suit_reports = { "r" }, data_item_requested = { attestation = true },
        supported_freshness_mechanisms = { "timestamp" } },
      { type = "query-response", token = token, selected_version = 0, attestation_payload = "", tc_list = { {
        component_id = { "a", "" }, image_digest = { algorithm = -16, bytes = "d" }, image_size = -1,
        vendor_identifier = "v", class_identifier = "c", unknown = { [28] = "\x01" } } },
        requested_tc_list = { { component_id = {}, tc_manifest_sequence_number = -1 } }, ext_list = { 1 },
        unneeded_manifest_list = { { "m" } }, suit_reports = { "r" }, attestation_payload_format = "f" },
      { type = "update", token = token, unneeded_manifest_list = { { "m" } }, manifest_list = { "e" },
        attestation_payload = "p", attestation_payload_format = "f", err_code = "temporary_error",
        err_msg = "m", err_lang = "en" },
      { type = "success", token = token, msg = "m", suit_reports = { "r" } },
      { type = "error", token = token, err_code = "unsupported_cipher_suites", err_msg = "m", err_lang = "de",
        supported_teep_cipher_suites = numbers.cipher_suites, supported_freshness_mechanisms = { "nonce" },
        supported_suit_cose_profiles = numbers.suit_cose_profiles, challenge = token, versions = { 0, 1 },
        suit_reports = { "r" } },
    } do
      assert.same(fields, message.decode(assert(encode(fields)), V26))
    end
  end)

  it("does not touch the table it is given", function()
    local fields <const> = request()
    assert(encode(fields))
    assert.same(request(), fields)
  end)
end)

describe("teep.message.peek", function()
  it("tells the type by the first bytes alone", function()
    assert.equal("update", message.peek("\x82\3 whatever follows", "v26"))
    refused("unknown_message", message.peek("\x82\9\xa0", "v26"))
  end)
end)

describe("teep.message.line", function()
  it("cuts at 128 bytes between characters, not one earlier (T-045)", function()
    assert.equal(("x"):rep(128), message.line(("x"):rep(128)))
    assert.equal(("x"):rep(128), message.line(("x"):rep(129)))
    assert.equal(("x"):rep(127), message.line(("x"):rep(127) .. "ä"))
    assert.equal(("ä"):rep(64), message.line(("ä"):rep(80)))
  end)

  it("has no control characters, is valid UTF-8 and never empty (T-045)", function()
    assert.equal("a b c", message.line "a\nb\0c")
    assert.equal("?x", message.line "\xffx")
    assert.equal("-", message.line "")
  end)
end)
