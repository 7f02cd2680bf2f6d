--- What the device still wants from its TAMs: components requested, manifests no longer needed.
-- RFC 9397 section 6.2.1 (RequestTA, UnrequestTA, RequestPolicyCheck). Nothing is removed here:
-- any application of the device may call UnrequestTA, so the agent reports and the TAM decides.
-- @module teep.agent.pending
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local ledger <const> = require "teep.agent.ledger"

local pending = {}

-- The agent's own TAM overrides the hint of the caller unless the hint is an allowed one (T-090).
local function choose(agent, hint)
  if hint and agent.tam_uris[hint] then return hint end
  return agent.tam_uri or next(agent.tam_uris) == nil and hint or nil
end

local function needed_again(agent, holders)
  local book, marked = agent.ledger, false
  for _, holder in ipairs(holders) do
    local id = holder.manifest.manifest_component_id
    marked = marked or ledger.find(book.state.unneeded, "manifest_component_id", id) ~= nil
  end
  if not marked then return true end
  return book:change(function(state)
    for _, holder in ipairs(holders) do
      ledger.drop(state.unneeded, "manifest_component_id", holder.manifest.manifest_component_id)
    end
  end)
end

--- Remember that a component is wanted.
-- @tparam Agent agent
-- @tparam {string,...} id
-- @tparam[opt] string hint TAM URI proposed by the caller
-- @treturn[1] string the TAM URI to contact
-- @treturn[2] nil installed already, in whatever version (A-35, T-089)
-- @treturn[3] nil, string, string message and code: `not_found` (no TAM URI), `limit_reached`, or a code
--   of the driver
function pending.request(agent, id, hint)
  local book = agent.ledger
  local holders = book:holders(id)
  if #holders > 0 then
    local _, message, code = needed_again(agent, holders)
    return nil, message, code
  end
  local uri = choose(agent, hint)
  if not uri then return errors.fail("not_found", "no TAM URI for %s", component_id.format(id)) end
  local known = ledger.find(book.state.requested, "component_id", id)
  if not known and #book.state.requested >= agent.limits.requested then
    return errors.fail("limit_reached", "requested components: limit is %d", agent.limits.requested)
  end
  local ok, message, code = book:change(function(state)
    ledger.put(state.requested, "component_id", { component_id = id, tam_uri = uri })
  end)
  if not ok then return nil, message, code end
  return uri
end

--- Remember that a component is not needed any more.
-- Every manifest that holds it becomes unneeded; a pending request for it is cancelled.
-- @tparam Agent agent
-- @tparam {string,...} id
-- @treturn[1] string the TAM URI to contact
-- @treturn[2] nil it is not installed
-- @treturn[3] nil, string, string message and code of the driver
function pending.unrequest(agent, id)
  local book = agent.ledger
  local holders = book:holders(id)
  local asked = ledger.find(book.state.requested, "component_id", id)
  if #holders == 0 and not asked then return nil end
  local ok, message, code = book:change(function(state)
    ledger.drop(state.requested, "component_id", id)
    for _, holder in ipairs(holders) do
      local row = holder.manifest
      ledger.put(state.unneeded, "manifest_component_id",
        { manifest_component_id = row.manifest_component_id, tam_uri = row.tam_uri })
    end
  end)
  if not ok then return nil, message, code end
  if holders[1] then return choose(agent, holders[1].manifest.tam_uri) end
end

local function overdue(agent)
  if not (agent.check_in and agent.tam_uri) then return false end
  return not agent.heard or math.abs(agent.clock() - agent.heard) >= agent.check_in
end

--- The next TAM to contact: one a call, each once, then nil (T-092).
-- @tparam Agent agent
-- @treturn ?string TAM URI
function pending.next_tam(agent)
  local state, uris = agent.ledger.state, {}
  for _, list in ipairs { state.requested, state.unneeded } do
    for _, row in ipairs(list) do uris[#uris + 1] = choose(agent, row.tam_uri) end
  end
  if overdue(agent) then uris[#uris + 1] = agent.tam_uri end
  for _, uri in ipairs(uris) do
    if not agent.checked[uri] then
      agent.checked[uri] = true
      return uri
    end
  end
  agent.checked = {}
end

return pending
