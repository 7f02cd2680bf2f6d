--- Author's side: create, sign and strip envelopes (draft-ietf-suit-manifest section 7, draft-ietf-suit-
-- trust-domains section 8, draft-ietf-suit-firmware-encryption section 9, TEEP protocol appendix E).
-- @module teep.suit.author
local authenticate <const> = require "teep.suit.authenticate"
local cose <const> = require "teep.cose"
local encode <const> = require "teep.suit.author.encode"
local envelope <const> = require "teep.suit.envelope"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local limits <const> = require "teep.suit.limits"
local options <const> = require "teep.options"
local plan <const> = require "teep.suit.author.plan"
local scan <const> = require "teep.suit.scan"
local sections <const> = require "teep.suit.author.sections"
local texts <const> = require "teep.suit.author.text"
local verify <const> = require "teep.suit.verify"

local author = {}

-- Nobody should sign what every processor would refuse.
local function check_own(bytes)
  if #bytes > limits.defaults.envelope_bytes then
    return errors.fail("too_large", "envelope: %d bytes, limit %d: give large payloads a uri", #bytes,
      limits.defaults.envelope_bytes)
  end
  local view <const>, message <const>, code <const> = verify.decode(bytes)
  if not view then return view, message, code end
  local ok <const>, why <const>, reason <const> = scan.check(view.manifest)
  if not ok then return ok, why, reason end
  return bytes
end

local known_options <const> = {
  manifest_component_id = "table", sequence_number = "number", components = "table?", dependencies = "table?",
  conditions = "table?", invoke = "table?", severed = "table?", text = "table?", version = "table?",
  reference_uri = "string?", tagged = "boolean?",
}
local known_conditions <const> = {
  use_before = "number?", minimum_battery = "number?", update_priority = "number?", version = "table?",
}

local function check_misuse(given)
  options.check(given, known_options)
  options.check(given.conditions or {}, known_conditions)
  options.check(given.invoke or { index = 0 }, { index = "number", arguments = "string?" })
end

--- Create an envelope without signature. Deterministic.
-- A component is fetched into place; with `staging` it is fetched there first and copied when all payloads
-- have arrived; with `inline` it is written from the manifest. Dependencies are fetched, checked and
-- processed before (draft-ietf-suit-trust-domains section 5). Integrated payloads are named `#0`, `#1`, ...
-- by the position of their component, `#0-1` by that of the slot, dependencies `#dependency-0`.
-- @tparam table given
--
-- * `manifest_component_id`: identifier of the manifest, the same for every version of it
-- * `sequence_number`: higher than that of the version before
-- * `components`: list of `{ id, vendor_identifier, class_identifier, device_identifier (16 bytes each, the
--   last optional) }` with either `payload` (bytes) or `uri`, `digest` (`{ algorithm = "SHA-256", bytes }`)
--   and `size` (bytes); further
--     * `inline`: the payload stands in the manifest itself
--     * `staging`: identifier of the component that the payload is fetched to before
--     * `encryption`: `{ info, ciphertext | uri + digest + size }` of @{encrypt}; `payload`, or `digest` and
--       `size`, are those of the plaintext; wants `staging` or `inline`
--     * `metadata`: as teep.suit.metadata has it: `default_permissions`, `file_type` and so on
--     * `slots`: list of `{ slot, payload | uri + digest + size }` in place of all these: one image for each
--       slot
-- * `dependencies`: list of `{ envelope, id, uri }`, `id` defaulting to the envelope's own and `uri` to the
--   envelope being integrated; or of `{ id, uri, digest }` (the digest of the manifest)
-- * `conditions`: that an Update asks for: `use_before` (seconds since 1970), `minimum_battery` (mWh),
--   `update_priority` (asks for authorization), `version` (`{ comparison = 1..5, parts }`)
-- * `invoke`: `{ index, arguments }`: the component that is started, and what it is told
-- * `severed`: names of members that travel outside of the manifest: `payload_fetch`, `install`,
--   `dependency_resolution`, `text`
-- * `text`: see teep.suit.author.text; `version`: list of integers (draft-ietf-suit-update-management section
--   3.1)
-- * `reference_uri`: where the manifest can be had
-- * `tagged`: with tag 107; the TEEP protocol asks for the untagged form
-- @treturn[1] string envelope
-- @treturn[2] nil, string, string message, which counts from 1 in the lists given, and code: `missing_field`,
--   `forbidden_field`, `component_unsupported`,
--   `unsupported_algorithm`, `too_large`, `limit_reached` and the codes of teep.schema and teep.suit.verify
-- @usage local envelope = suit.create{
--   manifest_component_id = { "hello", "suit" }, sequence_number = 1,
--   components = {
--     { id = { "hello" }, payload = bytes, vendor_identifier = vendor, class_identifier = class },
--   },
-- }
function author.create(given)
  check_misuse(given)
  local model, message, code = plan.make(given)
  if not model then return model, message, code end
  local encoded, text
  encoded, message, code = sections.encode(model)
  if not encoded then return encoded, message, code end
  if given.text then
    text, message, code = texts.encode(given.text, model.ids)
    if not text then return text, message, code end
  end
  local manifest <const>, outside <const>, reason <const> = encode.manifest(given, model, encoded, text)
  if not manifest then return manifest, outside, reason end
  return check_own(encode.envelope(manifest, outside, model, given.tagged))
end

local function kid_of(block)
  local signed <const> = cose.parse(block)
  if signed then return signed.signers[1].kid end
  local made <const> = cose.parse_mac(block)
  return made and made.recipients[1].kid
end

-- Blocks of other signers; the own one is replaced.
local function others(blocks, kid)
  local kept <const> = {}
  for _, block in ipairs(blocks) do
    if kid_of(block) ~= kid then kept[#kept + 1] = block end
  end
  return kept
end

-- COSE_Sign1, or COSE_Mac0 by a key that verifiers share (draft-ietf-suit-mti section 3.1). Who meets many
-- signers finds the key by its kid, so it is always there.
local function make_block(key, payload)
  local make <const> = key:algorithm():find "^HMAC" and cose.mac0 or cose.sign1
  local block <const>, message <const>, code <const> = make{ key = key, payload = payload, detached = true }
  if block and not kid_of(block) then
    return errors.fail("wrong_key", "authentication block: the key has no kid")
  end
  return block, message, code
end

local function add_block(blocks, key, payload, bound)
  local block <const>, message <const>, code <const> = make_block(key, payload)
  if not block then return block, message, code end
  local all <const> = others(blocks, kid_of(block))
  if #all >= bound.authentication_blocks then
    return errors.fail("limit_reached", "authentication-wrapper: %d blocks already", #all)
  end
  all[#all + 1] = block
  return all
end

-- The wrapper of an envelope whose manifest has the digest that is to be signed (section 8.3).
local function open_wrapper(bytes, bound)
  local opened <const>, message <const>, code <const> = envelope.open(bytes, bound)
  if not opened then return opened, message, code end
  local wrapper <const>, why <const>, reason <const> = authenticate.open(opened, bound)
  if not wrapper then return wrapper, why, reason end
  local ok <const>, flaw <const>, kind <const> = authenticate.check_digest(opened, wrapper)
  if not ok then return ok, flaw, kind end
  return opened, wrapper
end

--- Sign an envelope. Signing again with the same key replaces its signature, another key adds one.
-- @tparam string bytes
-- @tparam table given `key` or `keys`: of the signers, with their private part; `limits`
-- @treturn[1] string envelope
-- @treturn[2] nil, string, string `digest_mismatch` (checked before signing, section 8.3), `limit_reached`,
--   `no_private_key`, and the codes of @{verify.decode}
-- @usage envelope = suit.sign(envelope, { key = key })
function author.sign(bytes, given)
  options.check(given, { key = "any?", keys = "table?", limits = "table?" })
  if (given.key == nil) == (given.keys == nil) then error("suit.sign: want either key or keys", 2) end
  local bound <const> = limits.with(given.limits)
  local opened <const>, wrapper <const>, code <const> = open_wrapper(bytes, bound)
  if not opened then return opened, wrapper, code end
  local blocks = wrapper.blocks
  for _, key in ipairs(given.keys or { given.key }) do
    local message, reason
    blocks, message, reason = add_block(blocks, key, wrapper.payload, bound)
    if not blocks then return nil, message, reason end
  end
  return opened:with{ [labels.authentication_wrapper] = authenticate.encode(wrapper.payload, blocks) }
end

local severable <const> = {}
for _, rows in ipairs{ labels.sections, labels.metadata } do
  for _, row in ipairs(rows) do severable[row.name] = row.severable and row.label or nil end
end

local function without_severed(opened, names)
  local changes <const> = {}
  for _, name in ipairs(names) do
    local label <const> = severable[name] or error("suit.strip: no severable member " .. tostring(name), 3)
    if not opened.members[label] then
      return errors.fail("missing_field", "envelope.%s: absent, it was not severed or taken out before", name)
    end
    changes[label] = false
  end
  return changes
end

--- The same envelope without integrated payloads: what a device keeps in order to uninstall. Or without some
-- of its severed members (section 8.6 lets intermediaries take out both).
-- @tparam string bytes
-- @tparam[opt] table given `severed`: names of the members to take out in place of the payloads; `limits`
-- @treturn[1] string envelope
-- @treturn[2] nil, string, string `missing_field` and the codes of @{verify.decode}
function author.strip(bytes, given)
  given = options.check(given or {}, { severed = "table?", limits = "table?" })
  local opened <const>, message <const>, code <const> = envelope.open(bytes, limits.with(given.limits))
  if not opened then return opened, message, code end
  if given.severed then
    local changes <const>, why <const>, reason <const> = without_severed(opened, given.severed)
    if not changes then return changes, why, reason end
    return opened:with(changes)
  end
  local changes <const> = {}
  for name in pairs(opened.payloads) do changes[name] = false end
  return opened:with(changes)
end

return author
