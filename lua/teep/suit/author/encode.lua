--- A manifest and its envelope as bytes (draft-ietf-suit-manifest sections 8.2 and 8.4).
-- @module teep.suit.author.encode
local authenticate <const> = require "teep.suit.authenticate"
local cbor <const> = require "teep.cbor"
local digest <const> = require "teep.suit.digest"
local envelope <const> = require "teep.suit.envelope"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local schema <const> = require "teep.schema"

local encode = {}

local MANIFEST_VERSION <const>, SEQUENCE_NUMBER <const>, REFERENCE_URI <const> = 1, 2, 4
local COMPONENT_ID <const>, SET_VERSION <const>, VERSION <const> = 5, 6, 1
local DEPENDENCIES <const>, COMPONENTS <const>, SHARED <const>, PREFIX <const> = 1, 2, 4, 1

local sequence_number <const> = schema.compile{ name = "sequence-number", type = "uint64" }
local digest_codec <const> = schema.compile(digest.description)

local function identifier(id) return cbor.array(table.move(id, 1, #id, 1, {})) end

-- Entries that are nil are left out; cbor.encode sorts.
local function map(pairs_of)
  local made <const> = cbor.map()
  for label, value in pairs(pairs_of) do made[#made + 1] = { label, value } end
  return made
end

local function common(model, shared)
  local components <const>, dependencies <const> = cbor.array(), {}
  for i, id in ipairs(model.ids) do components[i] = identifier(id) end
  for _, each in ipairs(model.dependencies) do
    dependencies[each.index] = map{ [PREFIX] = identifier(each.id) }
  end
  return cbor.encode(map{
    [DEPENDENCIES] = next(dependencies) and map(dependencies) or nil,
    [COMPONENTS] = #components > 0 and components or nil, [SHARED] = shared,
  })
end

-- Content of severable members, by label.
local function severable(sections, text)
  local contents <const> = {}
  for _, rows in ipairs{ labels.sections, labels.metadata } do
    for _, row in ipairs(rows) do
      local content = sections[row.name]
      if row.name == "text" then content = text end
      if content then
        contents[row.label] = { content = content, name = row.name, severable = row.severable }
      end
    end
  end
  return contents
end

-- The digest that stands for a severed member covers the head of its byte string (section 8.4.12).
local function severed(content)
  return cbor.decode(digest_codec:encode(digest.of(cbor.encode(content))))
end

-- A member no longer than the digest that would stand for it is not worth severing (section 8.6).
local function check_severed(member)
  if not member.severable then
    return errors.fail("forbidden_field", "severed: %s must stay in the manifest", member.name)
  end
  local least <const> = #cbor.encode(severed(member.content))
  if #member.content <= least then
    return errors.fail("size_out_of_range", "severed: %s has %d bytes, the digest for it %d: leave it in",
      member.name, #member.content, least)
  end
  return true
end

local function sever(members, names)
  local fields <const>, outside <const>, done <const> = {}, {}, {}
  for label, member in pairs(members) do
    fields[label] = member.content
    if names[member.name] then
      local ok <const>, message <const>, code <const> = check_severed(member)
      if not ok then return ok, message, code end
      fields[label], outside[label], done[member.name] = severed(member.content), member.content, true
    end
  end
  for name in pairs(names) do
    if not done[name] then return errors.fail("missing_field", "severed: the manifest has no %s", name) end
  end
  return fields, outside
end

-- The number may take all 64 bits.
local function number(value)
  local bytes <const>, message <const>, code <const> = sequence_number:encode(value)
  if not bytes then return nil, message, code end
  return cbor.decode(bytes)
end

-- No pre-release comes first (draft-ietf-suit-update-management section 4.4).
local function check_version(version)
  if not version or #version > 0 and version[1] >= 0 then return true end
  return errors.fail("number_out_of_range", "version: begins with a pre-release, want a number from 0")
end

--- Encode a manifest.
-- @tparam table given of teep.suit.author
-- @tparam table model of teep.suit.author.plan
-- @tparam {[string]=string,...} sections of teep.suit.author.sections
-- @tparam string|nil text of teep.suit.author.text
-- @treturn[1] string bytes
-- @treturn[1] {[integer]=string,...} severed members by label
-- @treturn[2] nil, string, string `missing_field`, `forbidden_field`, `size_out_of_range` and the codes of
--   teep.schema
function encode.manifest(given, model, sections, text)
  local names <const> = {}
  for _, name in ipairs(given.severed or {}) do names[name] = true end
  local fields, outside <const>, code = sever(severable(sections, text), names)
  if not fields then return fields, outside, code end
  local sequence, message
  sequence, message, code = check_version(given.version)
  if sequence then sequence, message, code = number(given.sequence_number) end
  if not sequence then return sequence, message, code end
  fields[MANIFEST_VERSION], fields[SEQUENCE_NUMBER] = VERSION, sequence
  fields[labels.common] = common(model, sections.shared)
  fields[REFERENCE_URI] = given.reference_uri and cbor.text(given.reference_uri)
  fields[COMPONENT_ID] = identifier(given.manifest_component_id)
  fields[SET_VERSION] = given.version and cbor.encode(identifier(given.version))
  local bytes
  bytes, message, code = cbor.encode(map(fields))
  if not bytes then return bytes, message, code end
  return bytes, outside
end

local function add_payloads(members, model)
  local sources <const> = {}
  for _, each in ipairs(model.components) do
    for _, slot in ipairs(each.slots or {}) do sources[#sources + 1] = slot end
    if each.source and not each.content then sources[#sources + 1] = each.source end
  end
  table.move(model.dependencies, 1, #model.dependencies, #sources + 1, sources)
  for _, source in ipairs(sources) do members[source.uri] = source.payload end
end

--- An envelope without signature.
-- @tparam string manifest
-- @tparam {[integer]=string,...} members severed ones
-- @tparam table model of teep.suit.author.plan
-- @tparam boolean|nil tagged
-- @treturn string bytes
function encode.envelope(manifest, members, model, tagged)
  -- The digest covers the manifest with the head of its byte string (section 8.3).
  local payload <const> = authenticate.encode_digest(digest.of(cbor.encode(manifest)))
  local all <const> = {
    [labels.authentication_wrapper] = authenticate.encode(payload, {}), [labels.manifest] = manifest,
  }
  for label, content in pairs(members) do all[label] = content end
  add_payloads(all, model)
  return envelope.encode(all, tagged)
end

return encode
