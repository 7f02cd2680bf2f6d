--- Update to Success or Error (draft-ietf-teep-protocol sections 4.4, 7.2.2).
-- Unneeded manifests go first, any failure there installs nothing (T-100). Then the envelopes in
-- their order, each wholly or not at all (A-26): one that fails does not keep those after it from being
-- installed, as nothing but a dependency links them. Every one attempted is reported. The answer is made
-- when the ledger is durable (T-102).
-- @module teep.agent.update
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local gate <const> = require "teep.agent.gate"
local intent <const> = require "teep.agent.intent"
local procedure <const> = require "teep.agent.procedure"
local reports <const> = require "teep.agent.reports"
local suit <const> = require "teep.suit"

local update = {}

-- Trouble that passes: the TAM may send the same again (section 4.6).
local temporary <const> = {
  busy = true, no_memory = true, no_space = true, timed_out = true, indeterminate = true,
  not_connected = true,
}

local function refusal(message, code, err_code)
  return gate.refusal(message, code, temporary[code] and "temporary_error" or err_code)
end

local function manifest_failed(name, message, code)
  local prefix = name .. ": "
  if message:sub(1, #prefix) ~= prefix then message = prefix .. message end
  return refusal(message, code, "manifest_processing_failed")
end

local function verify(work)
  local agent = work.agent
  local trust = { keys = agent.signers, algorithms = agent.algorithms, limits = agent.suit_limits }
  for i, envelope in ipairs(work.message.manifest_list or {}) do
    local verified, message, code, refused = suit.verify(envelope, trust)
    work.manifests[i] = { envelope = envelope, verified = verified, message = message, code = code,
      refused = refused }
  end
end

local function texts(ids)
  local list = {}
  for i, id in ipairs(ids or {}) do list[i] = component_id.format(id) end
  return list
end

local function facts(work)
  local manifests = {}
  for _, entry in ipairs(work.manifests) do
    local verified = entry.verified
    if verified then
      table.insert(manifests, {
        manifest_component_id = component_id.format(verified.identity),
        sequence_number = verified.sequence_number,
        kid = verified.kid,
        components = texts(verified.components),
      })
    end
  end
  local device = work.agent.device
  return { tam = { kid = work.kid, uri = work.tam_uri }, manifests = manifests,
    unneeded_manifest_list = texts(work.message.unneeded_manifest_list),
    device = { vendor_identifier = device.vendor_identifier, class_identifier = device.class_identifier } }
end

-- Policy point `consider`: no verb is a denial.
local function consider(work)
  local agent = work.agent
  if not agent.policy then return nil end
  local decision, message, code = agent.policy:decide("consider", facts(work))
  local verb = decision and decision.verb
  agent.observe("decision", { point = "consider", verb = verb, policy = decision and decision.policy,
    reason = decision and decision.reason or message })
  if verb == "accept" then return nil end
  local reason = decision and decision.reason or message or "no decision"
  if verb == "retry" then return refusal("policy: " .. reason, "policy_denied", "temporary_error") end
  return refusal("policy: " .. reason, code or "policy_denied", "permanent_error")
end

local function report(work, outcome)
  work.reports:add(outcome)
end

local function unlink(work)
  local agent = work.agent
  for _, id in ipairs(work.message.unneeded_manifest_list or {}) do
    local row = agent.ledger:manifest(id)
    local outcome = row and procedure.uninstall(agent, row)
    if outcome and not outcome.ok then
      report(work, outcome)
      return manifest_failed(component_id.format(id), outcome.message, outcome.code)
    elseif outcome then
      agent.observe("uninstalled", { manifest_component_id = component_id.format(id) })
    end
  end
end

local function new_components(book, verified)
  local count = 0
  for _, id in ipairs(verified.components) do
    if #book:holders(id) == 0 then count = count + 1 end
  end
  return count
end

-- The ledger has room for removal left when it takes no further manifest.
local function fits(agent, verified)
  local book, limits, id = agent.ledger, agent.limits, verified.identity
  if book.size >= limits.ledger then
    return errors.fail("limit_reached", "ledger: %d bytes, limit is %d", book.size, limits.ledger)
  end
  if #book:components() + new_components(book, verified) > limits.components then
    return errors.fail("limit_reached", "installed components: limit is %d", limits.components)
  end
  if not book:manifest(id) and #book.state.manifests >= limits.installed then
    return errors.fail("limit_reached", "installed manifests: limit is %d", limits.installed)
  end
  if not book:sequence_number(id) and #book.state.sequence_numbers >= limits.known then
    return errors.fail("limit_reached", "known manifests: limit is %d", limits.known)
  end
  return true
end

local function attempt(work, entry)
  local agent, verified = work.agent, entry.verified
  local ok, message, code = fits(agent, verified)
  if not ok then return procedure.refused(verified, message, code) end
  local slot
  slot, message, code = procedure.keep(agent.ledger, entry.envelope)
  if not slot then return procedure.refused(verified, message, code) end
  return procedure.install(agent, verified, slot, work.tam_uri)
end

-- There is no report of an envelope that nobody trusts: its place in the list tells which it was.
local function install_one(work, place)
  local entry = work.manifests[place]
  local verified = entry.verified
  if not verified then
    if entry.refused then report(work, entry.refused) end
    return manifest_failed(("manifest-list[%d]"):format(place), entry.message, entry.code)
  end
  local outcome = attempt(work, entry)
  report(work, outcome)
  if not outcome.ok then
    return manifest_failed(component_id.format(verified.identity), outcome.message, outcome.code)
  end
  work.agent.observe("installed", { manifest_component_id = component_id.format(verified.identity),
    sequence_number = verified.sequence_number, components = texts(verified.components) })
end

-- One intent is kept at a time: that of the Update or manifest before is settled before anything new begins.
local function settle(work)
  local verdict, message, code = intent.settle(work.agent.ledger)
  if not verdict then return refusal(message, code, "temporary_error") end
end

-- What is said of several: the first that will fail again speaks for all of them.
local function sum(failures, count)
  local first = failures[1]
  for _, refused in ipairs(failures) do
    if refused.err_code ~= "temporary_error" then
      first = refused
      break
    end
  end
  if count == 1 then return first end
  first.message = ("%d of %d failed, %s"):format(#failures, count, first.message)
  return first
end

local function install(work)
  local failures = {}
  for place in ipairs(work.manifests) do
    local stuck = settle(work)
    if stuck then return stuck end
    failures[#failures + 1] = install_one(work, place)
  end
  if #failures > 0 then return sum(failures, #work.manifests) end
end

-- The TAM has no other way to report an error of its own; nothing failed here (A-11, T-049).
local function notice(work)
  local message = work.message
  if not message.err_code then return end
  work.agent.update_error = { err_code = message.err_code, err_msg = message.err_msg,
    err_lang = message.err_lang }
  work.agent.observe("update_error", work.agent.update_error)
end

local steps <const> = { notice, settle, verify, consider, unlink, install }

local function run(work)
  for _, step in ipairs(steps) do
    local refused = step(work)
    if refused then return refused end
  end
end

-- An Update that may be sent again keeps its token usable.
local function remember(work, refused)
  local token = work.message.token
  if not token or refused and refused.err_code == "temporary_error" then return refused end
  local agent = work.agent
  local ok, message, code = agent.ledger:remember(work.kid, token, agent.limits.update_tokens)
  if ok then return refused end
  return refused or refusal(message, code, "temporary_error")
end

local function check(agent, accepted)
  local message, limits = accepted.message, agent.limits
  local count = #(message.manifest_list or {})
  if message.token and agent.ledger:seen(accepted.kid, message.token) then
    return gate.refusal("update.token: this Update was processed before", "repeated_update")
  end
  if count > limits.manifests then
    return gate.refusal(("update.manifest-list: %d entries, limit is %d"):format(count, limits.manifests),
      "limit_reached")
  end
  if agent.updating then return refusal("another Update is being processed", "busy") end
end

local function occupy(agent)
  agent.updating = true
  return setmetatable({}, { __close = function() agent.updating = false end })
end

--- Process an Update.
-- @tparam Agent agent
-- @tparam table accepted of @{teep.agent.gate}
-- @tparam string tam_uri
-- @treturn[1] table message, a success
-- @treturn[2] nil, table refusal
function update.answer(agent, accepted, tam_uri)
  local refused = check(agent, accepted)
  if refused then return nil, refused end
  local _ <close> = occupy(agent)
  local work = { agent = agent, message = accepted.message, kid = accepted.kid, tam_uri = tam_uri,
    manifests = {}, reports = reports.collect(agent, accepted) }
  refused = remember(work, run(work))
  local made = work.reports:all()
  if refused then
    refused.suit_reports = made
    return nil, refused
  end
  return { type = "success", token = accepted.message.token, suit_reports = made }
end

return update
