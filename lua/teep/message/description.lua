--- The five TEEP messages as schema descriptions (draft-ietf-teep-protocol section 4), built once
-- for each wire dialect.
-- @module teep.message.description
local schema <const> = require "teep.schema"

local description = {}

-- No list of a message has more entries than this, so that unsorted maps and lists stay cheap.
local LIST_MAX <const> = 64

-- But a device may have more components than that.
local TC_LIST_MAX <const> = 1024

local function list(of, min, max)
  return { type = "array", of = of, min = min or 1, max = max or LIST_MAX }
end
local function tuple(fields) return { type = "tuple", fields = fields, rest = "refuse" } end

local int <const> = { type = "int" }
local uint32 <const> = { type = "uint", max = 0xffffffff }
local bytes <const> = { type = "bytes" }
local component_id <const> = { type = "array", of = bytes, min = 0, max = LIST_MAX }
local token <const> = { type = "bytes", min = 8, max = 64 }
local line <const> = { type = "text", min = 1, max = 128 }

local cipher_suites <const> = list(list(tuple {
  { name = "cose_type", of = int }, { name = "algorithm", of = int },
}))

local suit_cose_profiles <const> = list(tuple {
  { name = "digest", of = int }, { name = "authentication", of = int },
  { name = "key_exchange", of = int }, { name = "encryption", of = int },
})

-- system-property-claims: SUIT parameter labels, component identifier at 0. Other parameters stay
-- raw under `.unknown[label]`.
local system_property_claims <const> = {
  type = "map", unknown = "keep",
  fields = {
    { label = 0, name = "component_id", of = component_id, required = true },
    { label = 1, name = "vendor_identifier", of = bytes },
    { label = 2, name = "class_identifier", of = bytes },
    { label = 3, name = "image_digest", of = { type = "wrapped", of = tuple {
      { name = "algorithm", of = int }, { name = "bytes", of = bytes },
    } } },
    { label = 14, name = "image_size", of = { type = "uint64" } },
  },
}

local function requested_tc_info(label)
  return {
    type = "map", unknown = "skip",
    fields = {
      { label = label.component_id, name = "component_id", of = component_id, required = true },
      { label = label.tc_manifest_sequence_number, name = "tc_manifest_sequence_number",
        of = { type = "uint64" } },
      { label = label.have_binary, name = "have_binary", of = { type = "bool" } },
    },
  }
end

-- Every option there is: name -> description of its value. An empty ext-list and tc-list are
-- accepted although the CDDL wants one entry: a device may have nothing to list (A-07, A-08).
local function option_types(wire)
  return {
    supported_teep_cipher_suites = cipher_suites,
    challenge = { type = "bytes", min = 8, max = 512 },
    versions = list(uint32),
    supported_suit_cose_profiles = suit_cose_profiles,
    selected_version = uint32,
    attestation_payload = bytes,
    tc_list = list(system_property_claims, 0, TC_LIST_MAX),
    ext_list = list(uint32, 0),
    manifest_list = list(bytes),
    msg = line,
    err_msg = line,
    attestation_payload_format = { type = "text" },
    requested_tc_list = list(requested_tc_info(wire.label)),
    unneeded_manifest_list = list(component_id),
    suit_reports = list(bytes),
    token = token,
    supported_freshness_mechanisms = list { type = "enum", values = wire.freshness, unknown = "keep" },
    err_lang = { type = "text", min = 1, max = 35 },
    err_code = { type = "enum", values = wire.err_code, unknown = "keep" },
  }
end

-- Options each message defines. Any other label is an unknown one there: kept
-- aside, and skipped in the end (T-072).
local defined <const> = {
  ["query-request"] = {
    "token", "supported_freshness_mechanisms", "challenge", "versions", "attestation_payload",
    "attestation_payload_format", "suit_reports",
  },
  ["query-response"] = {
    "token", "selected_version", "attestation_payload", "attestation_payload_format", "suit_reports",
    "tc_list", "requested_tc_list", "unneeded_manifest_list", "ext_list",
  },
  update = {
    "token", "unneeded_manifest_list", "manifest_list", "attestation_payload",
    "attestation_payload_format", "err_code", "err_msg", "err_lang",
  },
  success = { "token", "msg", "suit_reports" },
  error = {
    "token", "err_msg", "err_lang", "supported_teep_cipher_suites", "supported_freshness_mechanisms",
    "supported_suit_cose_profiles", "challenge", "versions", "suit_reports",
  },
}

-- Elements after the options map.
local function trailing(wire)
  return {
    ["query-request"] = {
      { name = "supported_teep_cipher_suites", of = cipher_suites },
      { name = "supported_suit_cose_profiles", of = suit_cose_profiles },
      { name = "data_item_requested", of = { type = "bits", values = wire.data_item } },
    },
    error = { { name = "err_code", of = { type = "enum", values = wire.err_code, unknown = "keep" } } },
  }
end

local function options_map(name, wire)
  local types <const>, fields <const> = option_types(wire), {}
  for i, option in ipairs(defined[name]) do
    fields[i] = { label = wire.label[option], name = option, of = types[option] }
  end
  return { type = "map", unknown = "keep", fields = fields }
end

local function message(name, wire)
  local fields <const> = {
    { name = "type", of = { type = "enum", values = { [name] = wire.type[name] } } },
    { name = "options", of = options_map(name, wire), inline = true },
  }
  for _, element in ipairs(trailing(wire)[name] or {}) do fields[#fields + 1] = element end
  local outer <const> = tuple(fields)
  outer.name = name
  return schema.compile(outer)
end

--- Compile the five messages.
-- @tparam table wire a number table of @{teep.wire}
-- @treturn table message type -> compiled schema; options and array elements are fields of one table,
--   options with a label that the message does not define are kept under `unknown`
function description.build(wire)
  local messages <const> = {}
  for name in pairs(wire.type) do messages[name] = message(name, wire) end
  return messages
end

return description
