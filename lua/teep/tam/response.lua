--- A QueryResponse arrived (draft-ietf-teep-protocol section 7.1.1).
-- @module teep.tam.response
local agents <const> = require "teep.tam.agents"
local decide <const> = require "teep.tam.decide"
local errors <const> = require "teep.errors"
local facts <const> = require "teep.tam.facts"
local hard_rules <const> = require "teep.tam.hard_rules"
local inventory <const> = require "teep.tam.inventory"
local message <const> = require "teep.message"
local reports <const> = require "teep.tam.reports"
local update <const> = require "teep.tam.update"

local response = {}

-- Data item -> field that answers it. Extensions are not among them: none exists, and the CDDL does
-- not let an agent send an empty list (A-07). Neither are SUIT Reports: nothing obliges an agent to have any.
local answers <const> = {
  { item = "attestation", field = "attestation_payload" },
  { item = "trusted_components", field = "tc_list" },
}

-- What is no report at all makes a bad message.
local function check_reports(tam, admitted)
  local list <const>, reason, code = reports.read(tam, admitted)
  if not list then return nil, reason, code end
  for i, report in ipairs(list) do
    if report.malformed then
      return errors.fail(report.code, "query-response.suit_reports[%d]: %s", i, report.unreadable)
    end
  end
  return list
end

-- Everything that was asked for is there (T-078) and answers this request (T-036, T-079).
local function check(tam, admitted)
  local answer <const>, token <const> = admitted.message, admitted.token
  for _, row in ipairs(answers) do
    if token.items[row.item] and not answer[row.field] then
      return errors.fail("missing_field", "query-response.%s: was asked for", row.field)
    end
  end
  if (answer.selected_version or 0) ~= 0 then
    return errors.fail("unsupported_version", "query-response.selected_version: %d was not offered",
      answer.selected_version)
  end
  return check_reports(tam, admitted)
end

-- Use the token up, and in the same transaction keep what follows from the message.
local function store(tam, admitted, tc_list)
  return tam.store:transaction(function()
    local ok, reason, code = tam.store:spend(admitted.token.hash, admitted.token.expires)
    if not ok then return nil, reason, code end
    local agent <const>, lost, what = agents.seen(tam, admitted)
    if not agent or not tc_list then return agent, lost, what end
    local before <const>, failed, why = tam.store:tc_list(agent.kid)
    if not before then return nil, failed, why end
    ok, reason, code = tam.store:tc_list_put(agent.kid, inventory.reported(tc_list, before))
    if not ok then return nil, reason, code end
    return agent
  end, tam.await)
end

-- A bad QueryResponse is discarded; the agent learns why from an Update (T-080).
local function complain(tam, session, agent, reason)
  return update.issue(tam, session, agent,
    { install = {}, remove = {}, err_code = "permanent_error", err_msg = message.line(reason) }, 1)
end

-- Each manifest of an inventory once.
local function manifests_of(installed)
  local list <const>, seen <const> = {}, {}
  for _, entry in ipairs(installed) do
    if entry.manifest and not seen[entry.manifest] then
      seen[entry.manifest] = true
      list[#list + 1] = { id = entry.manifest, sequence_number = entry.sequence_number }
    end
  end
  return list
end

local function gather(tam, agent, answer, read)
  local manifests <const>, reason, code = tam.store:manifests()
  if not manifests then return nil, reason, code end
  local installed <const>, failed, why = tam.store:tc_list(agent.kid)
  if not installed then return nil, failed, why end
  local suit_reports <const> = #read > 0
    and reports.facts(tam, read, manifests_of(installed), agent.kid) or {}
  return facts.plan {
    agent = agent, inventory = installed, response = answer, manifests = manifests, now = tam.clock(),
    suit_reports = suit_reports,
  }
end

local function follow(tam, session, agent, decision, known)
  if decision.verb == "attest" then
    return errors.fail("attestation_unsupported", "attest: this TAM does not appraise evidence")
  end
  if decision.verb ~= "update" then return nil end
  local change <const>, reason, code = hard_rules.resolve(tam, decision, known)
  if not change then return nil, reason, code end
  if #change.install + #change.remove == 0 then return nil end
  return update.issue(tam, session, agent, change, 1)
end

--- Handle a QueryResponse.
-- @tparam Tam tam
-- @tparam table session
-- @tparam table admitted of @{teep.tam.gate}
-- @treturn[1] string bytes an Update
-- @treturn[2] nil nothing to do: the policy said nothing, retry or deny
-- @treturn[3] nil, string, string message and code: `token_spent`, `policy_failed`, `hard_rule`,
--   `attestation_unsupported`, those of the store
function response.handle(tam, session, admitted)
  local answer <const> = admitted.message
  local sound <const>, flaw = check(tam, admitted)
  local agent <const>, reason, code = store(tam, admitted, sound and answer.tc_list)
  if not agent then return nil, reason, code end
  if not sound then return complain(tam, session, agent, flaw) end
  local known <const>, lost, what = gather(tam, agent, answer, sound)
  if not known then return nil, lost, what end
  local decision <const>, refused, kind = decide(tam, "plan", known)
  if not decision then return nil, refused, kind end
  return follow(tam, session, agent, decision, known)
end

return response
