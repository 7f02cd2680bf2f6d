--- What came of it, told from the agent's status before and after, not from what the session promised.
-- @module teep.broker.outcome
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"

local outcome = {}

--- The entry of a component in a status, or nil.
-- @tparam table status of an agent
-- @tparam {string,...} id
function outcome.component(status, id)
  local text = component_id.format(id)
  for _, component in ipairs(status.components) do
    if component.component_id == text then return component end
  end
end

local function describe(id, kind, component, message)
  return { outcome = kind, component_id = component_id.format(id), digest = component and component.digest,
    digest_algorithm = component and component.digest_algorithm, size = component and component.size,
    message = message }
end

-- The manifests that hold a component, with their sequence numbers.
local function holders(status, component)
  local list <const> = {}
  for _, manifest in ipairs(status.manifests) do
    for _, id in ipairs(component.manifests) do
      if id == manifest.manifest_component_id then
        list[#list + 1] = { manifest_component_id = id, sequence_number = manifest.sequence_number }
      end
    end
  end
  return list
end

--- An outcome for a component that is installed, in whatever version: the agent has nothing to ask for (RFC
-- 9397 section 6.2.1). Whether there is a newer one is known by the TAM.
function outcome.already_installed(status, id)
  local component <const> = outcome.component(status, id)
  local found <const> =
    describe(id, "already_installed", component, "a newer version is for its TAM to offer")
  found.manifests = component and holders(status, component) or {}
  return found
end

-- What agent or TAM said in this session; the tables are new ones when something was said.
local function said(before, after)
  local notice, answer = after.update_error, after.last_answer
  if notice and notice ~= before.update_error then
    return ("the TAM reports %s: %s"):format(notice.err_code, notice.err_msg or "no reason given")
  end
  if answer and answer ~= before.last_answer and answer.type == "error" then
    return ("the agent answered %s: %s"):format(answer.err_code, answer.err_msg or "no reason given")
  end
end

--- The outcome of a request.
-- @tparam table before status
-- @tparam table after status
-- @tparam {string,...} id
-- @param ok, message, code what the flow returned
-- @treturn[1] table outcome
-- @treturn[2] nil, string, string message and code when the flow failed and nothing was installed
function outcome.requested(before, after, id, ok, message, code)
  local component = outcome.component(after, id)
  if component then
    return describe(id, "installed", component, not ok and "the TAM may not know: " .. message or nil)
  end
  local reason = said(before, after)
  if not ok then return errors.fail(code, "%s", reason and message .. "; " .. reason or message) end
  return describe(id, "not_installed", nil, reason or "the TAM did not offer it")
end

--- The outcome of an unrequest of a component that was there; parameters as for @{requested}.
function outcome.unrequested(before, after, id, ok, message, code)
  local component = outcome.component(after, id)
  if not component then
    return describe(id, "removed", nil, not ok and "the TAM may not know: " .. message or nil)
  end
  local reason = said(before, after)
  if not ok then return errors.fail(code, "%s", reason and message .. "; " .. reason or message) end
  return describe(id, "not_removed", component, reason or "the TAM did not remove it")
end

--- The outcome of an unrequest of a component that was not there.
function outcome.absent(before, id)
  local text = component_id.format(id)
  for _, wanted in ipairs(before.requested) do
    if wanted.component_id == text then return describe(id, "cancelled") end
  end
  return describe(id, "not_installed")
end

local function missing_in(status, others)
  local here, missing = {}, {}
  for _, component in ipairs(status.components) do here[component.component_id] = component.digest end
  for _, component in ipairs(others.components) do
    local id = component.component_id
    if here[id] ~= component.digest then missing[#missing + 1] = id end
  end
  return missing
end

--- Add what changed between two statuses to `into.installed` (new or other bytes), `into.removed`.
function outcome.difference(before, after, into)
  for _, id in ipairs(missing_in(before, after)) do table.insert(into.installed, id) end
  local here = {}
  for _, component in ipairs(after.components) do here[component.component_id] = true end
  for _, component in ipairs(before.components) do
    if not here[component.component_id] then table.insert(into.removed, component.component_id) end
  end
end

return outcome
