--- The ledger as people and the broker see it.
-- @module teep.agent.status
local component_id <const> = require "teep.component_id"

local status = {}

local function texts(list, field)
  local found = {}
  for i, row in ipairs(list) do found[i] = component_id.format(field and row[field] or row) end
  return found
end

local function pending_list(rows, field)
  local list = {}
  for i, row in ipairs(rows) do
    list[i] = { [field] = component_id.format(row[field]), tam_uri = row.tam_uri }
  end
  return list
end

--- What is installed and what is pending; identifiers as text, digests and kid as bytes.
-- @tparam Agent agent
-- @treturn table `{ components = { { component_id, digest, digest_algorithm, size, manifests } },
--   manifests = { { manifest_component_id, sequence_number, digest, kid, tam_uri, components } },
--   requested = { { component_id, tam_uri } }, unneeded = { { manifest_component_id, tam_uri } },
--   broken = { component_id }, last_answer = { type, err_code, err_msg },
--   update_error = { err_code, err_msg } }`
function status.of(agent)
  local state, components, manifests = agent.ledger.state, {}, {}
  for i, entry in ipairs(agent.ledger:components()) do
    local component = entry.component
    components[i] = { component_id = component_id.format(component.component_id),
      digest = component.digest, digest_algorithm = component.digest_algorithm, size = component.size,
      manifests = texts(entry.manifests, "manifest_component_id") }
  end
  for i, row in ipairs(state.manifests) do
    manifests[i] = { manifest_component_id = component_id.format(row.manifest_component_id),
      sequence_number = row.sequence_number, digest = row.digest, kid = row.kid,
      tam_uri = row.tam_uri,
      components = texts(row.components, "component_id") }
  end
  return { components = components, manifests = manifests, broken = texts(state.broken),
    requested = pending_list(state.requested, "component_id"),
    unneeded = pending_list(state.unneeded, "manifest_component_id"),
    last_answer = agent.last_answer, update_error = agent.update_error }
end

return status
