--- Shapes of TEEP messages (draft-ietf-teep-protocol section 4), for each wire dialect.
-- @module teep.inspect.messages
local cbor <const> = require "teep.cbor"
local message <const> = require "teep.message"
local names <const> = require "teep.inspect.names"
local shapes <const> = require "teep.inspect.shapes"
local wire <const> = require "teep.wire"

local messages = {}

local algorithm <const> = { names = names.algorithms }
local detect <const> = { detect = true }
local identifiers <const> = { list = shapes.identifier }
local suites <const> = { list = { list = { elements = {
  { "cose-type", { names = names.tags } }, { "algorithm", algorithm },
} } } }
local profiles <const> = { list = { list = algorithm } }

local claims <const> = { map = { [0] = { "component-id", shapes.identifier } } }
for number, entry in pairs(shapes.parameters.map) do claims.map[number] = entry end

local function requested(label)
  return { map = {
    [label.component_id] = { "component-id", shapes.identifier },
    [label.tc_manifest_sequence_number] = { "tc-manifest-sequence-number" },
    [label.have_binary] = { "have-binary" },
  } }
end

local function options(numbers)
  local known <const> = {
    supported_teep_cipher_suites = suites,
    supported_suit_cose_profiles = profiles,
    attestation_payload = detect,
    tc_list = { list = claims },
    manifest_list = { list = detect },
    requested_tc_list = { list = requested(numbers.label) },
    unneeded_manifest_list = identifiers,
    suit_reports = { list = detect },
    supported_freshness_mechanisms = { list = { names = names.reverse(numbers.freshness) } },
    err_code = { names = names.reverse(numbers.err_code) },
  }
  local map <const> = {}
  for name, number in pairs(numbers.label) do map[number] = { (name:gsub("_", "-")), known[name] } end
  return { map = map }
end

local function build(numbers)
  local further <const> = {
    ["query-request"] = {
      { "supported-teep-cipher-suites", suites }, { "supported-suit-cose-profiles", profiles },
      { "data-item-requested", { bits = names.reverse(numbers.data_item) } },
    },
    error = { { "err-code", { names = names.reverse(numbers.err_code) } } },
  }
  local built <const>, fields <const> = {}, options(numbers)
  for name, number in pairs(numbers.type) do
    built[number] = { title = "TEEP " .. name, elements = {
      { "type", { names = names.reverse(numbers.type) } }, { "options", fields },
      table.unpack(further[name] or {}),
    } }
  end
  return built
end

local known <const> = {}
for _, name in ipairs(wire.dialects) do known[name] = build(wire.open(name)) end

-- The dialect that a message fits when it does not fit `dialect`.
local function other_dialect(bytes, dialect)
  if message.check_wire(bytes, dialect) then return nil end
  for _, name in ipairs(wire.dialects) do
    if name ~= dialect and message.check_wire(bytes, name) then return wire.open(name) end
  end
end

--- The shape of an array that may be a TEEP message. One that fits another dialect alone gets no names: those
-- of this dialect would be wrong.
-- @param value generic array of `teep.cbor`
-- @tparam string dialect of @{teep.wire}
-- @treturn table|nil shape
function messages.shape(value, dialect)
  if math.type(value[1]) ~= "integer" or cbor.type(value[2]) ~= "map" then return nil end
  local other <const> = other_dialect(cbor.encode(value, { keep_order = true }), dialect)
  if not other then return known[dialect][value[1]] end
  return { title = ("TEEP message with numbers of draft %d, not %d: see --wire %s"):format(other.draft,
    wire.open(dialect).draft, other.name) }
end

return messages
