--- Install or uninstall one manifest: one transaction of the driver, all of it or nothing.
-- Process (stages only), plan the change of every component, record the intent, commit, settle by
-- the bytes. An outcome is that of `teep.suit.process`; what fails outside of it is written into it.
-- @module teep.agent.procedure
local component_id <const> = require "teep.component_id"
local intent <const> = require "teep.agent.intent"
local ledger <const> = require "teep.agent.ledger"
local reasons <const> = require "teep.suit.reasons"
local suit <const> = require "teep.suit"

local procedure = {}

-- An outcome before anything ran; without a manifest to refer to there is no report of it.
local function blank(verified)
  return { ok = true, installed = {}, unlinked = {}, records = {},
    reference = verified and { uri = verified.reference_uri or "", digest = verified.digest } }
end

local function failed(outcome, message, code)
  outcome.ok, outcome.message, outcome.code, outcome.reason = false, message, code, reasons.of(code)
  return outcome
end

local function process(agent, txn, verified, name)
  local book = agent.ledger
  return suit.process(verified, {
    procedure = name,
    txn = txn,
    driver = agent.driver,
    device = agent.device,
    fetch = agent.fetch,
    current = function(identity) return book:sequence_number(identity) end,
    keep = function(id) return #book:holders(id, verified.identity) > 0 end,
  })
end

local function add_change(book, plan, id, to)
  if ledger.find(plan.changes, "component_id", id) then return true end
  local from, message, code = intent.measure(book.driver, id)
  if not from then return nil, message, code end
  if from ~= "" or to ~= "" then table.insert(plan.changes, { component_id = id, from = from, to = to }) end
  return from ~= ""
end

-- Removes a component that no manifest holds any more. `staged`: the procedure did so already.
local function release(book, plan, id, staged)
  if #book:holders(id, plan.manifest_component_id) > 0 then return true end
  local there, message, code = add_change(book, plan, id, "")
  if code then return nil, message, code end
  if there and not staged then return plan.txn:remove(id) end
  return true
end

local function hold(book, plan, id)
  local state, message, code = book.driver:probe(id)
  if state then
    table.insert(plan.components, { component_id = id, digest = state.digest,
      digest_algorithm = state.digest_algorithm, size = state.size })
  elseif code ~= "not_found" then
    return nil, message, code
  end
  return true
end

local function contains(list, id)
  for _, other in ipairs(list) do
    if component_id.equal(other, id) then return true end
  end
  return false
end

local function plan_installed(book, plan, outcome)
  for _, component in ipairs(outcome.installed) do
    table.insert(plan.components, component)
    local _, message, code = add_change(book, plan, component.component_id, component.digest)
    if code then return nil, message, code end
  end
  return true
end

-- Components the manifest names without writing them are held as they are.
local function plan_named(book, plan, verified, outcome)
  for _, id in ipairs(verified.components) do
    if not ledger.find(plan.components, "component_id", id) and not contains(outcome.unlinked, id) then
      local ok, message, code = hold(book, plan, id)
      if not ok then return nil, message, code end
    end
  end
  return true
end

local function plan_released(book, plan, outcome, old)
  for _, id in ipairs(outcome.unlinked) do
    local ok, message, code = release(book, plan, id, true)
    if not ok then return nil, message, code end
  end
  for _, component in ipairs(old and old.components or {}) do
    if not ledger.find(plan.components, "component_id", component.component_id) then
      local ok, message, code = release(book, plan, component.component_id, false)
      if not ok then return nil, message, code end
    end
  end
  return true
end

-- Fills `plan` with the components held afterwards and the change of each.
local function lay_out(book, plan, verified, outcome, installing)
  local old = book:manifest(plan.manifest_component_id)
  if installing then
    local ok, message, code = plan_installed(book, plan, outcome)
    if not ok then return nil, message, code end
    ok, message, code = plan_named(book, plan, verified, outcome)
    if not ok then return nil, message, code end
  end
  return plan_released(book, plan, outcome, old)
end

local verdicts <const> = {
  undone = { "the driver did not commit", "io_failed" },
  broken = { "the bytes stored are not those committed", "corrupt" },
}

local function commit(agent, plan, outcome)
  local book = agent.ledger
  local ok, message, code = intent.record(book, {
    manifest_component_id = plan.manifest_component_id, manifest = plan.manifest, changes = plan.changes,
  })
  if not ok then
    plan.txn:abort()
    return failed(outcome, message, code)
  end
  local _, why, what = plan.txn:commit()
  local verdict
  verdict, message, code = intent.settle(book)
  if not verdict then return failed(outcome, message, code) end
  if verdict == "done" then return outcome end
  return failed(outcome, why or verdicts[verdict][1], what or verdicts[verdict][2])
end

local function run(agent, verified, name, row)
  local txn, message, code = agent.driver:txn()
  if not txn then return failed(blank(verified), message, code) end
  local outcome = verified and process(agent, txn, verified, name) or blank()
  local plan = { txn = txn, components = {}, changes = {},
    manifest_component_id = row.manifest_component_id }
  if outcome.ok then
    local ok, why, what = lay_out(agent.ledger, plan, verified, outcome, name == "update")
    if not ok then failed(outcome, why, what) end
  end
  if not outcome.ok then
    txn:abort()
    return outcome
  end
  row.components = plan.components
  plan.manifest = name == "update" and row or nil
  return commit(agent, plan, outcome)
end

--- Install a verified manifest.
-- @tparam Agent agent
-- @tparam table verified of `teep.suit.verify`
-- @tparam integer slot where the ledger keeps its envelope for a later uninstall
-- @tparam string tam_uri where it came from
-- @treturn table outcome of `teep.suit.process`
function procedure.install(agent, verified, slot, tam_uri)
  return run(agent, verified, "update", {
    manifest_component_id = verified.identity,
    sequence_number = verified.sequence_number,
    digest = verified.digest.bytes,
    kid = verified.kid,
    tam_uri = tam_uri,
    slot = slot,
  })
end

--- Uninstall a manifest of the ledger: its uninstall sequence, then every component nobody else holds.
-- The sequence is not run when its signer is no longer trusted or the stored envelope is damaged; the
-- components are removed all the same.
-- @tparam Agent agent
-- @tparam table row of the ledger
-- @treturn table outcome
function procedure.uninstall(agent, row)
  local envelope, message, code = agent.ledger:envelope(row.slot)
  if not envelope and code ~= "corrupt" and code ~= "not_found" then return failed(blank(), message, code) end
  local trust = { keys = agent.signers, algorithms = agent.algorithms }
  local verified = envelope and suit.verify(envelope, trust)
  if verified and verified.digest.bytes ~= row.digest then verified = nil end
  return run(agent, verified, "uninstall", { manifest_component_id = row.manifest_component_id })
end

return procedure
