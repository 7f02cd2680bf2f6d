--- Records of agents: known from their first authenticated message on.
-- @module teep.tam.agents
local agents = {}

--- The record of the agent that sent a message, new or as stored, seen now. Nothing is written.
-- @tparam Tam tam
-- @tparam table admitted of @{teep.tam.gate}
-- @treturn[1] table record for `agent_put` of the store
-- @treturn[2] nil, string, string message and code of the store
function agents.seen(tam, admitted)
  local now <const> = tam.clock()
  local record <const>, message, code = tam.store:agent(admitted.kid)
  if record then
    record.last_seen, record.algorithm = now, admitted.algorithm
    return record
  end
  if code ~= "not_found" then return nil, message, code end
  local public_key <const>, reason, why = admitted.key:public()
  if not public_key then return nil, reason, why end
  return {
    kid = admitted.kid, public_key = public_key, algorithm = admitted.algorithm, first_seen = now,
    last_seen = now, status = "active",
  }
end

return agents
