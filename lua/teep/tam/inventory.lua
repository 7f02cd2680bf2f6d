--- What is installed on a device: reported by its agent, completed by what its Updates did.
-- @module teep.tam.inventory
local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"

local inventory = {}

-- Where the component is the same as before, the manifest it came with is still known.
local function remember(entry, before)
  if before and before.digest == entry.digest then
    entry.manifest, entry.sequence_number = before.manifest, before.sequence_number
  end
  return entry
end

local function by_component(list)
  local index <const> = {}
  for _, entry in ipairs(list) do index[entry.component_id] = entry end
  return index
end

--- Records for the store out of a tc-list (section 4.3).
-- @tparam {table,...} tc_list of a QueryResponse
-- @tparam {table,...} before the records so far
-- @treturn {table,...} records as `tc_list_put` of the store takes them
function inventory.reported(tc_list, before)
  local known <const>, records <const> = by_component(before), {}
  for i, claims in ipairs(tc_list) do
    local id <const>, digest <const> = component_id.format(claims.component_id), claims.image_digest
    records[i] = remember({
      component_id = id, digest = digest and digest.bytes,
      digest_algorithm = digest and crypto.algorithms[digest.algorithm], size = claims.image_size,
    }, known[id])
  end
  return records
end

local function installed(manifest)
  local records <const> = {}
  for i, component in ipairs(manifest.components) do
    records[i] = {
      component_id = component.component_id, digest = component.digest,
      digest_algorithm = component.digest_algorithm, size = component.size, manifest = manifest.id,
      sequence_number = manifest.sequence_number,
    }
  end
  return records
end

--- The records after an Update, or after the part of it that succeeded.
-- @tparam {table,...} before records so far
-- @tparam {table,...} manifests installed, as the store has them
-- @tparam {string,...} remove identifiers of manifests, text form
-- @treturn {table,...} records
function inventory.updated(before, manifests, remove)
  local gone <const>, fresh <const>, after <const> = {}, {}, {}
  for _, id in ipairs(remove) do gone[id] = true end
  for _, manifest in ipairs(manifests) do
    table.move(installed(manifest), 1, #manifest.components, #fresh + 1, fresh)
  end
  local replaced <const> = by_component(fresh)
  for _, entry in ipairs(before) do
    if not gone[entry.manifest] and not replaced[entry.component_id] then after[#after + 1] = entry end
  end
  return table.move(fresh, 1, #fresh, #after + 1, after)
end

return inventory
