--- The input gate: what has to hold before anything of a message is believed
-- (draft-ietf-teep-protocol section 4.1.2; order: size, COSE shape, suite, key, signature, structure).
-- @module teep.agent.gate
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local errors <const> = require "teep.errors"
local message <const> = require "teep.message"
local wire <const> = require "teep.wire"

local gate = {}

-- The TEEP error each failure ends in; permanent_error where nothing is said (section 4.6, A-23).
local err_codes <const> = {
  algorithm_not_allowed = "unsupported_cipher_suites",
  unsupported_algorithm = "unsupported_cipher_suites",
  untrusted_tam = "bad_certificate",
  wrong_key = "bad_certificate",
  unknown_message = "unsupported_extension",
  unsupported_extension = "unsupported_extension",
}

--- Why a message is not served.
-- @tparam string reason for people
-- @tparam string code of `teep.errors`
-- @tparam[opt] string err_code TEEP error by name; derived from `code` when absent
-- @treturn table refusal `{ message, code, err_code }`
function gate.refusal(reason, code, err_code)
  return { message = reason, code = code, err_code = err_code or err_codes[code] or "permanent_error" }
end

-- The token of a message that could not be decoded, so that the Error can echo it (T-053).
local function token_in(payload, label)
  local value = cbor.decode(payload)
  local options = type(value) == "table" and value[2]
  if type(options) ~= "table" or not options.get then return nil end
  local token = options:get(label)
  return type(token) == "string" and #token >= 8 and #token <= 64 and token or nil
end

local function authenticate(agent, bytes)
  if #bytes > agent.limits.message then
    return errors.fail("too_large", "message: %d bytes, limit is %d", #bytes, agent.limits.message)
  end
  local shape, reason, code = cose.parse(bytes)
  if not shape then return nil, reason, code end
  local proof
  proof, reason, code = cose.verify(bytes, { keys = agent.tams, algorithms = agent.algorithms })
  if proof then return proof end
  if code == "unknown_key" then code = "untrusted_tam" end
  return nil, reason, code, shape.payload
end

--- Authenticate and decode a message.
-- @tparam Agent agent
-- @tparam string bytes as the transport delivered them
-- @treturn[1] table accepted `{ message, kid, type }`
-- @treturn[2] nil, table refusal with `token` (to echo), `type` where it can be told, and `stranger` =
--   true when the sender is not authenticated
function gate.accept(agent, bytes)
  local proof, reason, code, claimed = authenticate(agent, bytes)
  local payload = proof and proof.payload or claimed
  local name = payload and message.peek(payload, agent.wire)
  if proof then
    local decoded, foreign
    decoded, reason, code, foreign = message.decode(payload, { wire = agent.wire })
    name = foreign or name
    if decoded then return { message = decoded, kid = proof.kid, type = name } end
  end
  local refused = gate.refusal(reason, code)
  refused.stranger, refused.type = not proof, name
  refused.token = payload and token_in(payload, wire.open(agent.wire).label.token)
  return nil, refused
end

return gate
