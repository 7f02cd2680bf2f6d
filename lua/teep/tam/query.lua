--- The QueryRequest (draft-ietf-teep-protocol section 4.2).
-- @module teep.tam.query
local decide <const> = require "teep.tam.decide"
local errors <const> = require "teep.errors"
local facts <const> = require "teep.tam.facts"
local message <const> = require "teep.message"
local send <const> = require "teep.tam.send"
local token <const> = require "teep.tam.token"

local query = {}

local items <const> = { "attestation", "trusted_components", "extensions", "suit_reports" }

local function ask(tam, session)
  local known <const> = { now = tam.clock() }
  if session.kid then
    local record <const>, reason, code = tam.store:agent(session.kid)
    if not record and code ~= "not_found" then return nil, reason, code end
    known.agent = record and facts.agent(record)
  end
  return decide(tam, "query", known)
end

-- Without attestation a token is what correlates the answer (T-012); versions are left out, which
-- means version 0 (T-023).
local function encode(tam, requested)
  local bytes <const>, reason, code = token.issue(tam.secret,
    { kind = "query", items = requested, expires = tam.clock() + tam.limits.token_life }, tam.random)
  if not bytes then return nil, reason, code end
  return message.encode({
    type = "query-request", token = bytes, data_item_requested = requested,
    supported_teep_cipher_suites = tam.wire.cipher_suites,
    supported_suit_cose_profiles = tam.wire.suit_cose_profiles,
  }, { wire = tam.wire.name })
end

--- Make a QueryRequest for a peer that has just connected. Nothing is stored.
-- @tparam Tam tam
-- @tparam table session
-- @treturn[1] string bytes COSE_Sign
-- @treturn[2] nil, string, string message and code: `policy_denied`, `policy_failed`,
--   `attestation_unsupported`, `crypto_failed`
function query.request(tam, session)
  local decision <const>, refused, why = ask(tam, session)
  if not decision then return nil, refused, why end
  if decision.verb == "deny" then
    return errors.fail("policy_denied", "query: %s", decision.reason or "no reason given")
  end
  if decision.attestation then
    return errors.fail("attestation_unsupported", "ask: attestation wanted, but this TAM does not appraise "
      .. "evidence")
  end
  local requested <const> = {}
  for _, item in ipairs(items) do requested[item] = decision[item] or nil end
  local payload <const>, reason, code = encode(tam, requested)
  if not payload then return nil, reason, code end
  return send.blind(tam, session, "query-request", payload)
end

return query
