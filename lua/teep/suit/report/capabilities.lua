--- Capability report: what the manifest processor of a device has (draft-ietf-suit-report section 6).
-- @module teep.suit.report.capabilities
local commands <const> = require "teep.suit.commands"
local crypto <const> = require "teep.crypto"
local labels <const> = require "teep.suit.labels"
local options <const> = require "teep.options"
local parameters <const> = require "teep.suit.parameters"

local capabilities = {}

local numbers <const> = { type = "array", of = { type = "int" }, min = 1, max = 256 }

-- Identifiers, each with true at its end where it stands for all that begin like it.
local component <const> = { type = "array", of = { type = "any" }, min = 1 }

--- Description for teep.schema.
capabilities.description = {
  type = "map", unknown = "skip",
  fields = {
    { label = 1, name = "components", of = { type = "array", of = component, min = 1 }, required = true },
    { label = 2, name = "commands", of = numbers, required = true },
    { label = 3, name = "parameters", of = numbers, required = true },
    { label = 4, name = "algorithms", of = numbers, required = true },
    { label = 5, name = "envelope", of = numbers },
    { label = 6, name = "manifest", of = numbers },
    { label = 7, name = "common", of = numbers },
    { label = 8, name = "text", of = numbers },
    { label = 9, name = "component_text", of = numbers },
    { label = 10, name = "dependency", of = numbers },
  },
}

local function sorted(set)
  local list <const> = {}
  for number in pairs(set) do list[#list + 1] = number end
  table.sort(list)
  return list
end

-- A command consumes the parameter whose label is its code, where it needs anything of the device.
local function has(device, needs) return not (needs and device) or device[needs] ~= nil end

local function supported_commands(device)
  local set <const> = {}
  for code, row in pairs(commands) do
    if has(device, row.needs) then set[code] = true end
  end
  return sorted(set)
end

local COMPONENT_METADATA <const> = 30

local function supported_parameters(device)
  local set <const> = {}
  for _, row in ipairs(parameters.rows) do
    local needs <const> = row.label == COMPONENT_METADATA and "metadata" or (commands[row.label] or {}).needs
    if has(device, needs) then set[row.label] = true end
  end
  return sorted(set)
end

local function labels_of(rows, extra)
  local set <const> = {}
  for _, label in ipairs(extra or {}) do set[label] = true end
  for _, row in ipairs(rows) do set[row.label] = true end
  return sorted(set)
end

local function severable()
  local list <const> = {}
  for _, rows in ipairs{ labels.sections, labels.metadata } do
    for _, row in ipairs(rows) do
      if row.severable then list[#list + 1] = row end
    end
  end
  return list
end

local function all_rows()
  local list <const> = table.move(labels.sections, 1, #labels.sections, 1, {})
  return table.move(labels.metadata, 1, #labels.metadata, #list + 1, list)
end

local function algorithm_numbers(names)
  local set <const> = {}
  for _, name in ipairs(names) do set[crypto.algorithms[name]] = true end
  return sorted(set)
end

--- What the processor has on a device.
-- @tparam table given
-- @tparam {string,...} given.algorithms names: digests, signatures, and for encrypted payloads key management
--   and content encryption
-- @tparam[opt] table given.device as for @{processor.run}: what needs something that the device cannot tell
--   is left out; everything is in without
-- @tparam[opt] {{string,...},...} given.components identifiers that what is installed has to begin with; any
--   identifier when absent
-- @treturn table as @{teep.suit.report.encode} takes it
-- @usage local can = capabilities.of{ algorithms = { "SHA-256", "ESP256" } }
function capabilities.of(given)
  options.check(given, { algorithms = "table", components = "table?", device = "table?" })
  local components <const> = {}
  for i, prefix in ipairs(given.components or { {} }) do
    components[i] = table.move(prefix, 1, #prefix, 1, {})
    table.insert(components[i], true)
  end
  return {
    components = components, commands = supported_commands(given.device),
    parameters = supported_parameters(given.device),
    algorithms = algorithm_numbers(given.algorithms),
    envelope = labels_of(severable(), { labels.authentication_wrapper, labels.manifest }),
    manifest = labels_of(all_rows(), { 1, 2, 3, 4, 5, 6 }),
    common = { 1, 2, 4 }, dependency = { 1 },
  }
end

return capabilities
