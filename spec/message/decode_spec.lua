local cbor <const> = require "teep.cbor"
local message <const> = require "teep.message"
local wire <const> = require "teep.wire"

local V26 <const> = { wire = "v26" }
local label <const> = wire.open("v26").label

-- [type, { label = value }, ...] as bytes, with any value.
local function raw(number, fields, ...)
  local pairs_ <const> = {}
  for name, value in pairs(fields or {}) do pairs_[#pairs_ + 1] = { label[name] or name, value } end
  return assert(cbor.encode(cbor.array { number, cbor.map(pairs_), ... }))
end

local function list(...) return cbor.array { ... } end
local function suites() return list(list(list(18, -9))) end
local function profiles() return list(list(-16, -9, -29, 1)) end

local function query(fields, bits) return raw(1, fields, suites(), profiles(), bits or 2) end

local function decode(bytes) return message.decode(bytes, V26) end

local function refused(expected, value, reason, code)
  assert.is_nil(value)
  assert.equal(expected, code, reason)
  return reason
end

-- count copies of a value as a CBOR array.
local function many(count, value)
  local entries <const> = {}
  for i = 1, count do entries[i] = value end
  return cbor.array(entries)
end

describe("teep.wire", function()
  it("refuses dialects it does not speak", function()
    for _, name in ipairs { "v24", "V26", "", "init", "common", "../v26" } do refused("config_invalid", wire.open(name)) end
  end)
end)

describe("teep.message.decode", function()
  it("throws at misuse", function()
    assert.has_error(function() message.decode("", {}) end)
    assert.has_error(function() message.decode("\x82\4\xa0", { wire = "v24" }) end)
    assert.has_error(function() message.decode("\x82\4\xa0", { wire = "v26", strict = true }) end)
  end)

  it("refuses what is not well formed", function()
    refused("truncated", decode "")
    refused("truncated", decode "\x82\4")
    refused("trailing_bytes", decode "\x82\4\xa0\0")
    refused("not_shortest", decode "\x82\x18\4\xa0")
    refused("indefinite_length", decode "\x9f\4\xa0\xff")
    refused("duplicate_key", decode "\x82\4\xa2\x10\0\x10\0")
  end)

  it("refuses what is no TEEP message (A-05)", function()
    refused("wrong_type", decode "\xa0")
    refused("wrong_type", decode "\x80")
    refused("wrong_type", decode "\x82\x20\xa0")
    refused("wrong_type", decode "\x82\x41\4\xa0")
    refused("unknown_message", decode(raw(0)))
    refused("unknown_message", decode(raw(6)))
    refused("unknown_message", decode(raw(23)))
    refused("unknown_message", decode(raw(24)))
    refused("unknown_message", decode(raw(255)))
  end)

  it("tells messages apart by type and number of elements (A-01)", function()
    for _, number in ipairs { 2, 3, 4 } do
      assert.truthy(decode(raw(number)))
      refused("size_out_of_range", decode(raw(number, {}, 1)))
    end
    assert.truthy(decode(raw(5, {}, 1)))
    refused("size_out_of_range", decode(raw(5, { token = ("t"):rep(8) })))
    refused("size_out_of_range", decode(raw(5, {}, 1, 1)))
    refused("size_out_of_range", decode(raw(1, { token = ("t"):rep(8) }, suites(), profiles())))
    assert.truthy(decode(query { token = ("t"):rep(8) }))
  end)

  it("does not take a Success of draft 25 for an Error, nor its Error for anything (A-01)", function()
    refused("wire_mismatch", decode(raw(5, { [20] = ("t"):rep(8) })))
    refused("wire_mismatch", decode(raw(6, { [20] = ("t"):rep(8) }, 17)))
  end)

  it("holds the sizes of token and challenge at their limits (T-013)", function()
    for field, limits in pairs { token = { 8, 64 }, challenge = { 8, 512 } } do
      local function with(size)
        if field == "token" then return decode(raw(4, { token = ("x"):rep(size) })) end
        return decode(query({ challenge = ("x"):rep(size) }, 1))
      end
      for _, size in ipairs(limits) do assert.equal(size, #assert(with(size))[field]) end
      local reason <const> = refused("size_out_of_range", with(limits[1] - 1))
      assert.matches("^%l+%-?%l*%." .. field .. ": 7 bytes, want 8%.%.", reason)
      refused("size_out_of_range", with(limits[2] + 1))
    end
  end)

  it("holds the sizes of texts in bytes, not characters (T-045)", function()
    local function with(field, text) return decode(raw(field == "msg" and 4 or 5, { [field] = cbor.text(text) },
      field ~= "msg" and 1 or nil)) end
    for field, max in pairs { msg = 128, err_msg = 128, err_lang = 35 } do
      assert.equal(("x"):rep(max), assert(with(field, ("x"):rep(max)))[field])
      refused("size_out_of_range", with(field, ("x"):rep(max + 1)))
      refused("size_out_of_range", with(field, ""))
    end
    assert.truthy(with("msg", ("ä"):rep(64)))
    refused("size_out_of_range", with("msg", ("ä"):rep(65)))
    refused("wrong_type", decode(raw(4, { msg = "bytes" })))
  end)

  it("takes lists of 64 entries, not 65", function()
    for field, entry in pairs {
      ext_list = 1, requested_tc_list = cbor.map { { 15, list "a" } },
      unneeded_manifest_list = list "a", suit_reports = "r",
    } do
      assert.equal(64, #assert(decode(raw(2, { [field] = many(64, entry) })))[field])
      refused("size_out_of_range", decode(raw(2, { [field] = many(65, entry) })))
    end
    assert.equal(64, #assert(decode(raw(3, { manifest_list = many(64, "e") }))).manifest_list)
    refused("size_out_of_range", decode(raw(3, { manifest_list = many(65, "e") })))
  end)

  it("takes 1024 components in a tc-list, not 1025", function()
    local claims <const> = cbor.map { { 0, list "a" }, { 14, 1 } }
    assert.equal(1024, #assert(decode(raw(2, { tc_list = many(1024, claims) }))).tc_list)
    refused("size_out_of_range", decode(raw(2, { tc_list = many(1025, claims) })))
  end)

  it("refuses empty lists, except tc-list and ext-list (A-07, A-08)", function()
    for _, field in ipairs { "requested_tc_list", "unneeded_manifest_list", "suit_reports" } do
      refused("size_out_of_range", decode(raw(2, { [field] = list() })))
    end
    assert.same({ type = "query-response", tc_list = {}, ext_list = {} },
      decode(raw(2, { tc_list = list(), ext_list = list() })))
  end)

  it("holds versions to 32 bits", function()
    assert.same({ 0, 0xffffffff }, assert(decode(query({ versions = list(0, 0xffffffff) }, 1))).versions)
    refused("number_out_of_range", decode(query({ versions = list(0x100000000) }, 1)))
    refused("number_out_of_range", decode(raw(2, { selected_version = 0x100000000 })))
  end)

  it("skips labels it does not know or that belong to other messages (T-072)", function()
    assert.same({ type = "success" }, decode(raw(4, { [23] = "x", [1023] = list(), err_lang = cbor.text "" })))
    assert.same({ type = "query-response" }, decode(raw(2, { manifest_list = cbor.text "no list" })))
  end)

  it("keeps error codes it does not know as numbers, but not 0 (T-063, T-061, T-044, A-25)", function()
    assert.equal("permanent_error", decode(raw(5, {}, 1)).err_code)
    assert.equal("manifest_processing_failed", decode(raw(5, {}, 11)).err_code)
    for _, number in ipairs { 12, 17, 23, 24, 1000 } do
      assert.equal(number, decode(raw(5, {}, number)).err_code)
      assert.equal(number, decode(raw(3, { err_code = number })).err_code)
    end
    refused("number_out_of_range", decode(raw(5, {}, 0)))
    refused("number_out_of_range", decode(raw(3, { err_code = 0 })))
  end)

  it("calls unknown data items an unsupported extension (T-065)", function()
    assert.same({ attestation = true, trusted_components = true, extensions = true, suit_reports = true },
      assert(decode(query({}, 15))).data_item_requested)
    refused("unsupported_extension", decode(query({}, 16)))
    refused("unsupported_extension", decode(query({}, 1 << 40)))
  end)

  it("checks token, challenge and freshness list against the attestation bit (T-012, T-019, T-021)", function()
    local token <const> = ("t"):rep(8)
    refused("missing_field", decode(query {}))
    refused("forbidden_field", decode(query { token = token, challenge = token }))
    refused("forbidden_field", decode(query { token = token, supported_freshness_mechanisms = list(0) }))
    assert.truthy(decode(query({ challenge = token, supported_freshness_mechanisms = list(0, 1) }, 1)))
  end)

  it("accepts a token beside the attestation bit, as the draft's example has it (A-02)", function()
    assert.truthy(decode(query({ token = ("t"):rep(8) }, 3)))
  end)

  it("names freshness mechanisms and keeps unknown ones", function()
    assert.same({ "nonce", "timestamp", 7 },
      decode(query({ supported_freshness_mechanisms = list(0, 1, 7) }, 1)).supported_freshness_mechanisms)
  end)

  it("reads tc-list entries by SUIT parameter and keeps the others raw", function()
    local digest <const> = cbor.encode(list(-16, "d"))
    local entry <const> = cbor.map { { 0, list("a", "b") }, { 1, "v" }, { 2, "c" }, { 3, digest }, { 14, -1 >> 1 }, { 28, "x" } }
    local claims <const> = assert(decode(raw(2, { tc_list = list(entry) }))).tc_list[1]
    assert.same({ "a", "b" }, claims.component_id)
    assert.same({ algorithm = -16, bytes = "d" }, claims.image_digest)
    assert.same({ "v", "c", math.maxinteger }, { claims.vendor_identifier, claims.class_identifier, claims.image_size })
    assert.equal("\x41x", claims.unknown[28])
    refused("missing_field", decode(raw(2, { tc_list = list(cbor.map { { 14, 1 } }) })))
  end)

  it("reads requested-tc-info with 64-bit sequence numbers", function()
    local info <const> = raw(2, { requested_tc_list = list(cbor.map { { 15, list() }, { 16, 5 }, { 17, true }, { 99, 1 } }) })
    assert.same({ { component_id = {}, tc_manifest_sequence_number = 5, have_binary = true } },
      decode(info).requested_tc_list)
    local largest <const> = info:gsub("\x10\5", "\x10\x1b" .. ("\xff"):rep(8))
    assert.equal(-1, decode(largest).requested_tc_list[1].tc_manifest_sequence_number)
    refused("missing_field", decode(raw(2, { requested_tc_list = list(cbor.map { { 16, 5 } }) })))
  end)

  it("passes limits on to the scanner", function()
    refused("too_large", message.decode(raw(4, { token = ("t"):rep(8) }), { wire = "v26", limits = { bytes = 8 } }))
  end)
end)
