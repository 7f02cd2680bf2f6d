--- Verbs of the SQLite engine for agents and what is installed on their devices.
-- @module teep.store.sqlite.agents
local hex <const> = require "teep.hex"
local query <const> = require "teep.store.sqlite.query"

local agents = {}

--- Insert or replace an agent.
-- @tparam table agent `{ kid =, public_key = (COSE_Key), algorithm = (name), first_seen =, last_seen =,
--   status = (text) }`
-- @treturn boolean true
function agents:agent_put(agent)
  return query.run(self, "REPLACE INTO agent VALUES (?, ?, CAST(? AS TEXT), ?, ?, CAST(? AS TEXT))",
    agent.kid, agent.public_key, agent.algorithm, agent.first_seen, agent.last_seen, agent.status)
end

--- One agent.
-- @tparam string kid
-- @treturn[1] table as given to @{agent_put}
-- @treturn[2] nil, string, string message and code `not_found`
function agents:agent(kid)
  local found <const>, message, code = query.row(self, "SELECT * FROM agent WHERE kid = ?", kid)
  return query.require_row("agent", hex.encode(kid), found, message, code)
end

--- All agents.
-- @treturn {table,...} as given to @{agent_put}, ordered by kid
function agents:agents()
  return query.rows(self, "SELECT * FROM agent ORDER BY kid")
end

--- Replace what is known to be installed on a device.
-- @tparam string kid of the agent
-- @tparam {table,...} list `{ component_id = (text), digest =, digest_algorithm = (name), size =,
--   manifest = (id text), sequence_number = }`, all but the first optional
-- @treturn boolean true
function agents:tc_list_put(kid, list)
  return query.atomically(self, function()
    local ok <const>, message <const>, code <const> = query.run(self, "DELETE FROM tc WHERE kid = ?", kid)
    if not ok then return nil, message, code end
    return query.for_each(list, function(i, tc)
      return query.run(self, "INSERT INTO tc VALUES"
        .. " (?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT), ?, CAST(? AS TEXT), ?)",
        kid, i, tc.component_id, tc.digest, tc.digest_algorithm, tc.size, tc.manifest, tc.sequence_number)
    end)
  end)
end

--- What was installed on a device when its agent last reported.
-- @tparam string kid of the agent
-- @treturn {table,...} as given to @{tc_list_put}; empty for an agent that never reported
function agents:tc_list(kid)
  return query.rows(self, "SELECT component_id, digest, digest_algorithm, size, manifest, sequence_number"
    .. " FROM tc WHERE kid = ? ORDER BY position", kid)
end

return agents
