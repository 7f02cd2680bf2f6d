--- Verbs of the memory engine for agents; see @{teep.store.sqlite.agents}.
-- @module teep.store.memory.agents
local copy <const> = require "teep.store.memory.copy"
local errors <const> = require "teep.errors"
local hex <const> = require "teep.hex"

local agents = {}

function agents:agent_put(agent)
  self:set(self.known_agents, agent.kid, copy.record(agent))
  return true
end

function agents:agent(kid)
  local found <const> = self.known_agents[kid]
  if not found then return errors.fail("not_found", "store: no agent %s", hex.encode(kid)) end
  return copy.record(found)
end

function agents:agents() return copy.sorted(self.known_agents, copy.record) end

function agents:tc_list_put(kid, list)
  self:set(self.tc_lists, kid, copy.record(list))
  return true
end

function agents:tc_list(kid) return copy.record(self.tc_lists[kid] or {}) end

return agents
