--- The keys of an agent. Each has one use, and its private half stays in the driver, which makes it at its
-- first use.
-- @module teep.agent.keys
local keys = {}

-- Reports are signed by another key than the messages that carry them (T-051, T-059).
local names <const> = { messages = "agent", reports = "report", encryption = "encryption" }

-- Every SUIT COSE profile agrees on keys so (draft-ietf-teep-protocol section 8.2).
local AGREEMENT <const> = "ECDH-ES+A128KW"

--- A key of the agent.
-- @tparam Agent agent
-- @tparam string use `messages`, `reports` (signs SUIT Reports) or `encryption` (what payloads are
--   encrypted to); another one throws
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code of the driver; `unsupported` where it does not agree on
--   keys
-- @usage keys.of(agent, "encryption"):public()
function keys.of(agent, use)
  local name <const> = names[use]
  if not name then error("key: want messages, reports or encryption, got " .. tostring(use), 3) end
  return agent.driver:key(name, use == "encryption" and AGREEMENT or agent.algorithm)
end

--- The keys that payloads may be encrypted to: that in the TEE, if it agrees on keys, and those that were
-- handed in.
-- @tparam Agent agent
-- @treturn[1] {key,...}
-- @treturn[2] nil, string, string message and code of the driver
function keys.decryption(agent)
  local own <const>, message <const>, code <const> = keys.of(agent, "encryption")
  if not own and code ~= "unsupported" then return nil, message, code end
  local list <const> = { own }
  return table.move(agent.decryption_keys, 1, #agent.decryption_keys, #list + 1, list)
end

return keys
