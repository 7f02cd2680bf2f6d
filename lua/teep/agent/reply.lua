--- Answers of the agent: Success, Error, and the signature under everything it sends.
-- @module teep.agent.reply
local cose <const> = require "teep.cose"
local message <const> = require "teep.message"
local wire <const> = require "teep.wire"

local reply = {}

-- What an Error must list (T-054..T-057). The suites are those the agent signs with, because the
-- selected suite serves both directions (T-109).
local companions <const> = {
  unsupported_cipher_suites = function(agent) return "supported_teep_cipher_suites", { agent.suite } end,
  unsupported_freshness_mechanisms = function() return "supported_freshness_mechanisms", { "nonce" } end,
  unsupported_suit_report = function(agent)
    return "supported_suit_cose_profiles", agent.suit_cose_profiles
  end,
  unsupported_msg_version = function(agent) return "versions", { agent.version } end,
}

-- A whole key identifier would use up half of the 128 bytes there are.
local KID <const> = ("%x"):rep(64)
local function shorten(text)
  return (text:gsub(KID, function(kid) return kid:sub(1, 16) .. ".." end))
end

--- An Error message.
-- @tparam Agent agent
-- @tparam table refused a refusal of @{teep.agent.gate}, with `token` and `suit_reports` where there are some
-- @treturn table message
function reply.error(agent, refused)
  local answer = {
    type = "error",
    token = refused.token,
    err_code = refused.err_code,
    err_msg = message.line(shorten(refused.message)),
    err_lang = "en",
    suit_reports = refused.suit_reports,
  }
  local companion = companions[refused.err_code]
  if companion then
    local name, list = companion(agent)
    answer[name] = list
  end
  return answer
end

--- The suites and SUIT COSE profiles an agent with this signing algorithm has.
-- @tparam string dialect wire dialect
-- @tparam integer algorithm COSE number of the agent's own key
-- @treturn table suite
-- @treturn {table,...} profiles
function reply.abilities(dialect, algorithm)
  local numbers, own, profiles = wire.open(dialect), nil, {}
  for _, suite in ipairs(numbers.cipher_suites) do
    if suite[1].algorithm == algorithm then own = suite end
  end
  for _, profile in ipairs(numbers.suit_cose_profiles) do
    if profile.authentication == algorithm then profiles[#profiles + 1] = profile end
  end
  return own, profiles
end

--- Encode and sign a message with the agent's key (T-005, T-108).
-- @tparam Agent agent
-- @tparam table answer
-- @treturn[1] string bytes COSE_Sign1
-- @treturn[2] nil, string, string message and code
function reply.sign(agent, answer)
  local payload, reason, code = message.encode(answer, { wire = agent.wire })
  if not payload then return nil, reason, code end
  return cose.sign1 { key = agent.own_key, payload = payload }
end

return reply
