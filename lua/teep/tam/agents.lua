--- Records of agents: known from their first authenticated message on.
-- @module teep.tam.agents
local agents = {}

-- The record, new or as stored, seen now.
local function current(tam, admitted)
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

--- Keep that the agent was seen. To be called in the transaction of what it said: a quarantine that came
-- in between must not be overwritten.
-- @tparam Tam tam
-- @tparam table admitted of @{teep.tam.gate}
-- @treturn[1] table record as stored
-- @treturn[2] nil, string, string message and code of the store
function agents.seen(tam, admitted)
  local record <const>, message, code = current(tam, admitted)
  if not record then return nil, message, code end
  local ok <const>, reason, why = tam.store:agent_put(record)
  if not ok then return nil, reason, why end
  return record
end

return agents
