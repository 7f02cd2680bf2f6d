--- The signature under everything a TAM sends.
-- @module teep.tam.send
local cose <const> = require "teep.cose"

local send = {}

local function note(tam, session, kind, bytes, kid)
  tam.observe("message", {
    direction = "out", type = kind, size = #bytes, bytes = bytes, kid = kid, session = session,
  })
  return bytes
end

--- Sign for a peer nobody knows yet: one signature for each key of the TAM (section 8.1, T-106).
-- @treturn[1] string bytes COSE_Sign
-- @treturn[2] nil, string, string message and code of `teep.cose.sign`
function send.blind(tam, session, kind, payload)
  local bytes <const>, message, code = cose.sign { keys = tam.keys, payload = payload }
  if not bytes then return nil, message, code end
  return note(tam, session, kind, bytes)
end

--- Sign with the algorithm that the agent uses (T-109).
-- @tparam Tam tam
-- @tparam table session
-- @tparam string kind message type
-- @tparam string payload
-- @tparam table agent `{ kid, algorithm }`
-- @treturn[1] string bytes COSE_Sign1
-- @treturn[2] nil, string, string message and code of `teep.cose.sign1`
function send.to(tam, session, kind, payload, agent)
  local bytes <const>, message, code = cose.sign1 { key = tam.reply_keys[agent.algorithm], payload = payload }
  if not bytes then return nil, message, code end
  return note(tam, session, kind, bytes, agent.kid)
end

return send
