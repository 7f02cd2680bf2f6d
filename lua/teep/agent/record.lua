--- The stored form of the ledger: one CBOR map, kept by the driver under the name `ledger`.
-- Labels are never reused; a reader of this version refuses what it does not know, because acting on
-- half a ledger could remove what another manifest holds.
-- @module teep.agent.record
local schema <const> = require "teep.schema"

local bytes <const> = { type = "bytes" }
local text <const> = { type = "text" }
local identifier <const> = { type = "array", of = bytes }

local function map(...)
  local fields = {}
  for label, field in ipairs { ... } do
    local name, of, optional = table.unpack(field)
    fields[label] = { label = label, name = name, of = of, required = not optional }
  end
  return { type = "map", unknown = "refuse", fields = fields }
end

local function list(of) return { type = "array", of = of } end

local component <const> = map(
  { "component_id", identifier },
  { "digest", bytes },
  { "digest_algorithm", text },
  { "size", { type = "uint" } })

local manifest <const> = map(
  { "manifest_component_id", identifier },
  { "sequence_number", { type = "uint64" } },
  { "digest", bytes },
  { "kid", bytes },
  { "tam_uri", text },
  { "slot", { type = "uint" } },
  { "components", list(component) },
  -- edges to the manifests it depends on; and whether it is there for these only, not sent by itself
  { "dependencies", list(map({ "component_id", identifier }, { "manifest_component_id", identifier })),
    true },
  { "brought", { type = "bool" }, true })

local change <const> = map(
  { "component_id", identifier },
  { "from", bytes },
  { "to", bytes })

local description <const> = map(
  { "version", { type = "uint", min = 1, max = 1 } },
  { "manifests", list(manifest) },
  { "sequence_numbers", list(map({ "manifest_component_id", identifier },
    { "sequence_number", { type = "uint64" } })) },
  { "requested", list(map({ "component_id", identifier }, { "tam_uri", text })) },
  { "unneeded", list(map({ "manifest_component_id", identifier }, { "tam_uri", text })) },
  { "update_tokens", list(map({ "kid", bytes }, { "tokens", list(bytes) })) },
  { "broken", list(identifier) },
  { "intent", map({ "manifest_component_id", identifier }, { "changes", list(change) },
    { "manifest", manifest, true }, { "dependencies", list(manifest), true },
    { "dropped", list(identifier), true }), true })
description.name = "ledger"

local record = {}

local compiled <const> = schema.compile(description)

--- A ledger in which nothing is installed.
-- @treturn table state
function record.empty()
  return { version = 1, manifests = {}, sequence_numbers = {}, requested = {}, unneeded = {},
    update_tokens = {}, broken = {} }
end

--- State to its stored form.
-- @tparam table state
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code
function record.encode(state) return compiled:encode(state) end

--- Stored form to state.
-- @tparam string stored
-- @treturn[1] table state
-- @treturn[2] nil, string, string message and code
function record.decode(stored) return compiled:decode(stored) end

return record
