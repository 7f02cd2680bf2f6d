--- SUIT manifest (draft-ietf-suit-manifest section 8.4): fields, components and command sequences.
-- Severed members come from the envelope once their digest has been checked (section 8.4.12).
-- @module teep.suit.manifest
local component_id <const> = require "teep.component_id"
local digest <const> = require "teep.suit.digest"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local schema <const> = require "teep.schema"
local sequence <const> = require "teep.suit.sequence"

local manifest = {}

local identifier <const> = { type = "array", of = { type = "bytes" } }

-- draft-ietf-suit-trust-domains section 5.2.2; metadata of later drafts may change what a dependency means.
local dependencies <const> = {
  type = "table", keys = { type = "uint" }, max = 64,
  of = {
    type = "map", unknown = "refuse",
    fields = { { label = 1, name = "prefix", of = identifier } },
  },
}

local common <const> = {
  type = "map", sorted = true, unknown = "refuse",
  fields = {
    { label = 1, name = "dependencies", of = dependencies },
    { label = 2, name = "components", of = { type = "array", of = identifier, min = 1 } },
    { label = 4, name = "shared_sequence", of = { type = "bytes" } },
  },
}

local function description()
  local fields <const> = {
    { label = 1, name = "manifest_version", of = { type = "uint" }, required = true },
    { label = 2, name = "sequence_number", of = { type = "uint64" }, required = true },
    { label = labels.common, name = "common", of = { type = "wrapped", of = common }, required = true },
    { label = 4, name = "reference_uri", of = { type = "text" } },
    { label = 5, name = "manifest_component_id", of = identifier },
    { label = 6, name = "set_version", of = { type = "bytes" } },
  }
  for _, rows in ipairs{ labels.sections, labels.metadata } do
    for _, row in ipairs(rows) do
      local of = { type = "bytes" }
      if row.severable then of = { type = "choice", of = { of, digest.description } } end
      fields[#fields + 1] = { label = row.label, name = row.name, of = of }
    end
  end
  return { name = "manifest", type = "map", sorted = true, unknown = "keep", fields = fields }
end

local codec <const> = schema.compile(description())
local identifiers <const> = schema.compile{ type = "array", of = identifier }

-- An outdated label is named as such, whatever else is not known.
local function check_unknown(unknown)
  for label, name in pairs(labels.obsolete) do
    if unknown[label] then
      return errors.fail("obsolete_label", "manifest.%d: %s in an outdated draft", label, name)
    end
  end
  local label <const> = next(unknown)
  if label then
    return errors.fail("unknown_field", "manifest.%s: no field of a manifest", labels.shown(label))
  end
  return true
end

local function check_identifier(id, path, limits)
  if #id > limits.segments then
    return errors.fail("component_unsupported", "%s: %d segments, limit %d", path, #id, limits.segments)
  end
  for i = 1, #id do
    if #id[i] > limits.segment_bytes then
      return errors.fail("component_unsupported", "%s: segment of %d bytes, limit %d", path, #id[i],
        limits.segment_bytes)
    end
  end
  return true
end

-- Parameters and staged contents are kept by identifier, so each may be listed once.
local function add_position(self, id, index, path, limits)
  local ok, message, code = check_identifier(id, path, limits)
  if not ok then return ok, message, code end
  local text <const> = component_id.format(id)
  if self.seen[text] then
    return errors.fail("component_unsupported", "%s.%d: %s is listed twice", path, index, text)
  end
  self.seen[text], self.positions[index], self.count = true, text, self.count + 1
  if self.count > limits.components then
    return errors.fail("component_unsupported", "%s: more than %d", path, limits.components)
  end
  return true
end

local function read_components(self, limits)
  local ids <const> = self.components
  for i = 1, #ids do
    local ok, message, code = add_position(self, ids[i], i - 1, "manifest.common.components", limits)
    if not ok then return ok, message, code end
  end
  return true
end

-- An index within the components says that this component is the envelope of a dependency. Beyond them, as
-- all examples have it, the prefix is the identifier of the dependency, and is prepended to nothing.
local function read_dependencies(self, list, limits)
  for _, entry in ipairs(list) do
    local index <const> = entry.key
    local path <const> = "manifest.common.dependencies"
    local id = self.components[index + 1]
    if not id then
      id = entry.value.prefix
      if not id then
        return errors.fail("component_unsupported", "%s.%d: no prefix, no component", path, index)
      end
      local ok, message, code = add_position(self, id, index, path, limits)
      if not ok then return ok, message, code end
    end
    self.dependencies[index] = id
    table.insert(self.dependency_list, index)
  end
  return true
end

-- The content of a severable member: in the manifest, or in the envelope under an announced digest.
local function severable(row, value, envelope)
  local member <const> = envelope.members[row.label]
  if type(value) == "table" then
    if not member then return nil end
    local ok, message, code = envelope:check_digest(row.label, value, "envelope." .. row.name)
    if not ok then return ok, message, code end
    return envelope:content(row.label)
  end
  if member then
    return errors.fail("severed_member", "envelope.%s: the manifest does not announce it", row.name)
  end
  return value
end

local function read_shared(self, fields, limits)
  local bytes <const> = fields.common.shared_sequence
  if not bytes then return true end
  local message, code, offset
  self.shared, message, code, offset = sequence.decode(bytes, "shared-sequence", limits)
  if code then return nil, message, code, { section = labels.common, offset = offset } end
  return true
end

local function read_section(self, row, value, envelope, limits)
  local content, message, code = severable(row, value, envelope)
  if code then return content, message, code end
  if not content then
    self.missing[row.name] = true
    return true
  end
  local offset
  self.sections[row.name], message, code, offset = sequence.decode(content, row.name, limits)
  if code then return nil, message, code, { section = row.label, offset = offset } end
  return true
end

local function read_sections(self, fields, envelope, limits)
  local members <const> = envelope.members
  for i = 1, #labels.sections do
    local row <const> = labels.sections[i]
    local value <const> = fields[row.name]
    if value or members[row.label] then
      local ok, message, code, where = read_section(self, row, value, envelope, limits)
      if not ok then return ok, message, code, where end
    end
  end
  return true
end

local function read_metadata(self, fields, envelope)
  for i = 1, #labels.metadata do
    local row <const> = labels.metadata[i]
    local content, message, code = severable(row, fields[row.name], envelope)
    if code then return content, message, code end
    self[row.name] = content
  end
  return true
end

local function check_fields(fields, limits)
  if fields.manifest_version ~= 1 then
    return errors.fail("manifest_version", "manifest.manifest-version: %d, want 1", fields.manifest_version)
  end
  local ok, message, code = true, nil, nil
  if fields.unknown then ok, message, code = check_unknown(fields.unknown) end
  if ok and fields.manifest_component_id then
    local path <const> = "manifest.manifest-component-id"
    ok, message, code = check_identifier(fields.manifest_component_id, path, limits)
  end
  return ok, message, code
end

--- What sequence numbers are counted for (section 8.4.2): the manifest's own identifier, or one made of the
-- components when it has none.
-- @tparam table self as @{decode} returns it
-- @treturn {string,...}
function manifest.identity(self)
  return self.manifest_component_id or { digest.of(identifiers:encode(self.components)).bytes }
end

--- Decode the manifest of an envelope. Call it after authentication only, unless to show what nobody trusts.
-- @tparam Envelope envelope
-- @tparam table limits of teep.suit.limits
-- @treturn[1] table `sequence_number`, `reference_uri`, `manifest_component_id`, `components`,
--   `dependencies` (index to identifier), `dependency_list` (indices, ascending), `positions` (all indices
--   there are) and their `count`, `shared` and `sections` (name to commands), `missing` (names of severed
--   sections that the envelope lacks), `text`, `coswid`
-- @treturn[2] nil, string, string, table `manifest_version`, `obsolete_label`, `unknown_field`,
--   `severed_member`, `digest_mismatch`, `unsupported_algorithm`, `component_unsupported`, `limit_reached`
--   and the codes of teep.schema
function manifest.decode(envelope, limits)
  local fields, message, code = envelope:decode(labels.manifest, codec,
    { bytes = limits.manifest_bytes, sorted = true })
  if not fields then return fields, message, code end
  local ok
  ok, message, code = check_fields(fields, limits)
  if not ok then return ok, message, code end
  local self <const> = {
    manifest_version = 1, sequence_number = fields.sequence_number, reference_uri = fields.reference_uri,
    manifest_component_id = fields.manifest_component_id,
    components = fields.common.components or {}, sections = {}, missing = {},
    dependencies = {}, dependency_list = {}, positions = {}, count = 0, seen = {},
  }
  ok, message, code = read_components(self, limits)
  local list <const> = fields.common.dependencies
  if ok and list then ok, message, code = read_dependencies(self, list, limits) end
  local where
  if ok then ok, message, code, where = read_shared(self, fields, limits) end
  if ok then ok, message, code, where = read_sections(self, fields, envelope, limits) end
  if ok then ok, message, code = read_metadata(self, fields, envelope) end
  if not ok then return ok, message, code, where end
  return self
end

--- Encode a manifest.
-- @tparam table fields by the names of the description above; sequences as bytes
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string the codes of teep.schema
function manifest.encode(fields)
  return codec:encode(fields)
end

return manifest
