--- Author's side: create and sign envelopes (draft-ietf-suit-manifest section 7, TEEP protocol appendix E).
-- @module teep.suit.author
local authenticate <const> = require "teep.suit.authenticate"
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local digest <const> = require "teep.suit.digest"
local envelope <const> = require "teep.suit.envelope"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local limits <const> = require "teep.suit.limits"
local manifest <const> = require "teep.suit.manifest"
local options <const> = require "teep.options"
local scan <const> = require "teep.suit.scan"
local sequence <const> = require "teep.suit.sequence"

local author = {}

local VENDOR_IDENTIFIER <const>, CLASS_IDENTIFIER <const>, IMAGE_MATCH <const> = 1, 2, 3
local SET_COMPONENT_INDEX <const>, OVERRIDE_PARAMETERS <const>, FETCH <const>, UNLINK <const> = 12, 20, 21, 33

-- Conditions report all there is, directives their failures.
local ALL <const> = {}
for name in pairs(labels.policy) do ALL[name] = true end
local FAILURE <const> = { record_failure = true }

local component_options <const> = {
  id = "table", payload = "string?", uri = "string?", digest = "table?", size = "number?",
  vendor_identifier = "string?", class_identifier = "string?",
}

-- Vendor and class are checked by every manifest of ours, so that it installs on the devices it is made for
-- only (draft-ietf-suit-manifest section 6.2 recommends it).
local function check_component(component, position)
  local wanted <const> = { "vendor_identifier", "class_identifier" }
  if not component.payload then table.move({ "uri", "digest", "size" }, 1, 3, 3, wanted) end
  for _, name in ipairs(wanted) do
    if not component[name] then
      return errors.fail("missing_field", "components[%d].%s: absent", position - 1, name)
    end
  end
  return true
end

-- What the component shall be in the end, and where it comes from.
local function plan(component, position)
  local ok, message, code = check_component(component, position)
  if not ok then return ok, message, code end
  local payload <const> = component.payload
  return {
    payload = payload, uri = payload and "#" .. position - 1 or component.uri,
    parameters = {
      vendor_identifier = component.vendor_identifier, class_identifier = component.class_identifier,
      image_digest = payload and digest.of(payload) or component.digest,
      image_size = payload and #payload or component.size,
    },
  }
end

local function plan_all(components)
  local plans <const> = {}
  for i, component in ipairs(components) do
    local message, code
    plans[i], message, code = plan(component, i)
    if not plans[i] then return nil, message, code end
  end
  return plans
end

-- With several components a sequence names the one it means first (section 6.5).
local function for_each(plans, commands)
  local list <const> = {}
  for i, each in ipairs(plans) do
    if #plans > 1 then list[#list + 1] = { SET_COMPONENT_INDEX, i - 1 } end
    for _, command in ipairs(commands(each)) do list[#list + 1] = command end
  end
  return list
end

local function for_all(plans, command)
  return #plans > 1 and { { SET_COMPONENT_INDEX, true }, command } or { command }
end

local function shared(each)
  return {
    { OVERRIDE_PARAMETERS, each.parameters }, { VENDOR_IDENTIFIER, ALL }, { CLASS_IDENTIFIER, ALL },
  }
end

local function install(each)
  return { { OVERRIDE_PARAMETERS, { uri = each.uri } }, { FETCH, FAILURE }, { IMAGE_MATCH, ALL } }
end

local function encode_sequences(plans)
  local sequences <const> = {
    shared = for_each(plans, shared), install = for_each(plans, install),
    validate = for_all(plans, { IMAGE_MATCH, ALL }), uninstall = for_all(plans, { UNLINK, FAILURE }),
  }
  for name, list in pairs(sequences) do
    local bytes, message, code = sequence.encode(list)
    if not bytes then return nil, name .. ": " .. message, code end
    sequences[name] = bytes
  end
  return sequences
end

local function encode_manifest(given, plans)
  local sequences, message, code = encode_sequences(plans)
  if not sequences then return sequences, message, code end
  local ids <const> = {}
  for i, component in ipairs(given.components) do ids[i] = component.id end
  return manifest.encode{
    manifest_version = 1, sequence_number = given.sequence_number, reference_uri = given.reference_uri,
    manifest_component_id = given.manifest_component_id,
    common = { components = ids, shared_sequence = sequences.shared },
    validate = sequences.validate, install = sequences.install, uninstall = sequences.uninstall,
  }
end

-- Nobody should sign what every processor would refuse.
local function check_own(bytes)
  local bound <const> = limits.with()
  local opened, decoded, ok, message, code
  opened, message, code = envelope.open(bytes, bound)
  if not opened then return opened, message, code end
  ok, message, code = authenticate.open(opened, bound)
  if not ok then return ok, message, code end
  decoded, message, code = manifest.decode(opened, bound)
  if not decoded then return decoded, message, code end
  ok, message, code = scan.check(decoded)
  if not ok then return ok, message, code end
  return bytes
end

local function wrap(encoded, plans, tagged)
  -- The digest covers the manifest with the head of its byte string (section 8.3).
  local payload <const> = authenticate.encode_digest(digest.of(cbor.encode(encoded)))
  local members <const> = {
    [labels.authentication_wrapper] = authenticate.encode(payload, {}), [labels.manifest] = encoded,
  }
  for _, each in ipairs(plans) do
    if each.payload then members[each.uri] = each.payload end
  end
  return envelope.encode(members, tagged)
end

--- Create an envelope without signature: install, validate and uninstall of its components.
-- Deterministic. Payloads are integrated as `#0`, `#1`, ... by the position of their component.
-- @tparam table given
--
-- * `manifest_component_id`: identifier of the manifest, the same for every version of it
-- * `sequence_number`: higher than that of the version before
-- * `components`: list of `{ id, vendor_identifier, class_identifier (16 bytes each) }` with either `payload`
--   (bytes) or `uri`, `digest` (`{ algorithm = "SHA-256", bytes }`) and `size` (bytes)
-- * `reference_uri`: where the manifest can be had
-- * `tagged`: with tag 107; the TEEP protocol asks for the untagged form
-- @treturn[1] string envelope
-- @treturn[2] nil, string, string `missing_field`, `component_unsupported`, `unsupported_algorithm`,
--   `too_large`, `limit_reached` and the codes of teep.schema
-- @usage local envelope = suit.create{
--   manifest_component_id = { "hello", "suit" }, sequence_number = 1,
--   components = {
--     { id = { "hello" }, payload = bytes, vendor_identifier = vendor, class_identifier = class },
--   },
-- }
function author.create(given)
  options.check(given, {
    manifest_component_id = "table", sequence_number = "number", components = "table",
    reference_uri = "string?", tagged = "boolean?",
  })
  for _, component in ipairs(given.components) do options.check(component, component_options) end
  local plans, message, code = plan_all(given.components)
  if not plans then return plans, message, code end
  if #plans == 0 then return errors.fail("missing_field", "components: none") end
  local encoded
  encoded, message, code = encode_manifest(given, plans)
  if not encoded then return encoded, message, code end
  return check_own(wrap(encoded, plans, given.tagged))
end

-- Blocks of other signers; the own one is replaced.
local function others(wrapper, kid)
  local blocks <const> = {}
  for _, block in ipairs(wrapper.blocks) do
    local parsed <const> = not block.unsupported and cose.parse(block.bytes)
    if not parsed or parsed.signers[1].kid ~= kid then blocks[#blocks + 1] = block.bytes end
  end
  return blocks
end

--- Sign an envelope. Signing again with the same key replaces its signature, another key adds one.
-- @tparam string bytes
-- @tparam table given `key`: of the signer, with its private part; `limits`
-- @treturn[1] string envelope
-- @treturn[2] nil, string, string `digest_mismatch` (checked before signing, section 8.3), `limit_reached`,
--   `no_private_key`, and the codes of @{verify.decode}
-- @usage envelope = suit.sign(envelope, { key = key })
function author.sign(bytes, given)
  options.check(given, { key = "any", limits = "table?" })
  local bound <const> = limits.with(given.limits)
  local opened, wrapper, ok, block, message, code
  opened, message, code = envelope.open(bytes, bound)
  if not opened then return opened, message, code end
  wrapper, message, code = authenticate.open(opened, bound)
  if not wrapper then return wrapper, message, code end
  ok, message, code = authenticate.check_digest(opened, wrapper)
  if not ok then return ok, message, code end
  block, message, code = cose.sign1{ key = given.key, payload = wrapper.payload, detached = true }
  if not block then return block, message, code end
  local blocks <const> = others(wrapper, given.key:thumbprint())
  if #blocks >= bound.authentication_blocks then
    return errors.fail("limit_reached", "authentication-wrapper: %d blocks already", #blocks)
  end
  blocks[#blocks + 1] = block
  return opened:with{ [labels.authentication_wrapper] = authenticate.encode(wrapper.payload, blocks) }
end

--- The same envelope without integrated payloads: what a device keeps in order to uninstall (section 8.6 lets
-- intermediaries take them out).
-- @tparam string bytes
-- @tparam[opt] table bounds limits
-- @treturn[1] string envelope
-- @treturn[2] nil, string, string the codes of @{verify.decode}
function author.strip(bytes, bounds)
  local opened, message, code = envelope.open(bytes, limits.with(bounds))
  if not opened then return opened, message, code end
  local changes <const> = {}
  for name in pairs(opened.payloads) do changes[name] = false end
  return opened:with(changes)
end

return author
