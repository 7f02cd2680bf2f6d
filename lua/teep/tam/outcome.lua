--- A Success or an Error arrived (draft-ietf-teep-protocol section 7.1.2).
-- @module teep.tam.outcome
local agents <const> = require "teep.tam.agents"
local decide <const> = require "teep.tam.decide"
local errors <const> = require "teep.errors"
local facts <const> = require "teep.tam.facts"
local hard_rules <const> = require "teep.tam.hard_rules"
local inventory <const> = require "teep.tam.inventory"
local reports <const> = require "teep.tam.reports"
local update <const> = require "teep.tam.update"

local outcome = {}

-- Take the Update out, if it went to this agent (D9); another agent's token stays good.
local function take(tam, admitted)
  local row, reason, code = tam.store:update_take(admitted.token.hash)
  if code == "not_found" then return errors.fail("token_spent") end
  if not row then return nil, reason, code end
  if row.agent ~= admitted.kid then
    return errors.fail("token_invalid", "token: issued to another agent")
  end
  return row
end

-- An Error may also answer a QueryRequest; there is no Update then.
local function consume(tam, admitted)
  if admitted.token.kind == "update" then return take(tam, admitted) end
  local ok, reason, code = tam.store:spend(admitted.token.hash, admitted.token.expires)
  if not ok then return nil, reason, code end
  return { attempt = 1, manifests = {}, remove = {} }
end

-- A manifest that was removed from the catalogue meanwhile is left out: the next tc-list tells.
local function load_sent(tam, row)
  local list <const> = {}
  for _, sent in ipairs(row.manifests) do
    local manifest <const>, reason, code = tam.store:manifest(sent.id, sent.sequence_number)
    if not manifest and code ~= "not_found" then return nil, reason, code end
    list[#list + 1] = manifest
  end
  return list
end

-- A Success vouches for the whole Update, an Error for the manifests that its reports say are installed.
-- What became of removals before an Error the next tc-list tells.
local function applied(admitted, read, row, manifests)
  if admitted.message.type == "success" then return manifests, row.remove end
  return reports.installed(read, manifests), {}
end

local function update_inventory(tam, admitted, read, row)
  local sent <const>, reason, code = load_sent(tam, row)
  if not sent then return nil, reason, code end
  local manifests <const>, removed <const> = applied(admitted, read, row, sent)
  if #manifests + #removed == 0 then return true end
  local before <const>, failed, why = tam.store:tc_list(admitted.kid)
  if not before then return nil, failed, why end
  return tam.store:tc_list_put(admitted.kid, inventory.updated(before, manifests, removed))
end

-- The Update that was answered, and the agent.
local function store(tam, admitted, read)
  return tam.store:transaction(function()
    local row <const>, reason, code = consume(tam, admitted)
    if not row then return nil, reason, code end
    local agent <const>, lost, what = agents.seen(tam, admitted)
    if not agent then return nil, lost, what end
    if not read then return row, agent end
    local ok <const>, failed, why = update_inventory(tam, admitted, read, row)
    if not ok then return nil, failed, why end
    return row, agent
  end, tam.await)
end

local function settle(tam, admitted, agent, row, read)
  return decide(tam, "settle", {
    outcome = admitted.message.type, err_code = admitted.message.err_code, err_msg = admitted.message.err_msg,
    suit_reports = reports.facts(tam, read, row.manifests, admitted.kid),
    attempt = row.attempt, agent = facts.agent(agent), manifests = row.manifests, remove = row.remove,
    now = tam.clock(),
  })
end

-- The agent may have been seen again while the policy thought.
local function quarantine(tam, kid)
  local _, reason, code = tam.store:transaction(function()
    local agent <const>, lost, what = tam.store:agent(kid)
    if not agent then return nil, lost, what end
    agent.status = "quarantined"
    return tam.store:agent_put(agent)
  end, tam.await)
  return nil, reason, code
end

-- With a delay, or where no change was under way, there is no answer now: the agent comes back, and
-- `plan` decides anew.
local function retry(tam, session, agent, row, decision)
  if (decision.after or 0) > 0 or #row.manifests + #row.remove == 0 then return nil end
  local change <const>, reason, code = hard_rules.repeated(tam, row)
  if not change then return nil, reason, code end
  return update.issue(tam, session, agent, change, row.attempt + 1)
end

local function follow(tam, session, agent, row, decision, answer)
  if decision.verb == "quarantine" then return quarantine(tam, agent.kid) end
  if decision.verb == "retry" then
    if answer.type == "success" then return errors.fail("hard_rule", "retry: the Update succeeded") end
    return retry(tam, session, agent, row, decision)
  end
  if answer.err_code == "attestation_required" then
    return errors.fail("attestation_unsupported", "the agent wants this TAM to attest itself")
  end
  return nil
end

--- Handle a Success or an Error. It is never answered with an error notice.
-- @tparam Tam tam
-- @tparam table session
-- @tparam table admitted of @{teep.tam.gate}
-- @treturn[1] string bytes the Update once more
-- @treturn[2] nil nothing more to say
-- @treturn[3] nil, string, string message and code: `token_spent`, `token_invalid` (another agent's),
--   `unexpected_message` (a Success nobody waits for), `report_nonce`, `policy_failed`, `hard_rule`,
--   `attestation_unsupported`, those of the store
function outcome.handle(tam, session, admitted)
  local answer <const> = admitted.message
  if answer.type == "success" and admitted.token.kind == "query" then
    return errors.fail("unexpected_message", "success: answers a QueryRequest")
  end
  local read <const>, flaw, kind = reports.read(tam, admitted)
  local row <const>, agent, code = store(tam, admitted, read)
  if not row then return nil, agent, code end
  if not read then return nil, flaw, kind end
  local decision <const>, refused, what = settle(tam, admitted, agent, row, read)
  if not decision then return nil, refused, what end
  return follow(tam, session, agent, row, decision, answer)
end

return outcome
