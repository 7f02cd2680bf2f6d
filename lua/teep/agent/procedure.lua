--- Install or uninstall one manifest: one transaction of the driver, all of it or nothing.
-- Process (stages only), plan the change of every component, record the intent, commit, settle by
-- the bytes. An outcome is that of `teep.suit.process`; what fails outside of it is written into it.
-- @module teep.agent.procedure
local intent <const> = require "teep.agent.intent"
local keys <const> = require "teep.agent.keys"
local ledger <const> = require "teep.agent.ledger"
local plan <const> = require "teep.agent.plan"
local reasons <const> = require "teep.suit.reasons"
local suit <const> = require "teep.suit"

local procedure = {}

-- An outcome before anything ran; without a manifest to refer to there is no report of it.
local function blank(verified)
  return { ok = true, installed = {}, unlinked = {}, dependencies = {}, records = {},
    reference = verified and { uri = verified.reference_uri or "", digest = verified.digest } }
end

local function failed(outcome, message, code)
  outcome.ok, outcome.message, outcome.code, outcome.reason = false, message, code, reasons.of(code)
  return outcome
end

-- The key is made when there is something to decrypt.
local function decrypter(agent)
  return function(info, sink)
    local list, message, code = keys.decryption(agent)
    if not list then return nil, message, code end
    return suit.decrypt_with(list, { limits = agent.suit_limits })(info, sink)
  end
end

local function process(agent, txn, verified, name)
  local book = agent.ledger
  return suit.process(verified, {
    procedure = name,
    txn = txn,
    driver = agent.driver,
    device = agent.device,
    fetch = agent.fetch,
    decrypt = decrypter(agent),
    rights = agent.rights,
    rules = agent.rules,
    limits = agent.suit_limits,
    current = function(identity) return book:sequence_number(identity) end,
    keep = function(id, identities) return book:kept(id, identities) end,
    dependency = function(id, dependent)
      local row = book:dependency(id, dependent)
      if row then return book:envelope(row.slot), row.digest end
    end,
  })
end

--- Store an envelope without its payloads, enough to uninstall by.
-- @tparam Ledger book
-- @tparam string envelope
-- @tparam[opt] {[integer]=boolean,...} taken slots that are not free, though no manifest uses them yet
-- @treturn[1] integer slot
-- @treturn[2] nil, string, string message and code
function procedure.keep(book, envelope, taken)
  local stripped, message, code = suit.strip(envelope)
  if not stripped then return nil, message, code end
  return book:store(stripped, taken)
end

local verdicts <const> = {
  undone = { "the driver did not commit", "io_failed" },
  broken = { "the bytes stored are not those committed", "corrupt" },
}

local function commit(agent, txn, wanted, outcome)
  local book = agent.ledger
  local ok, message, code = intent.record(book, wanted)
  if not ok then
    txn:abort()
    return failed(outcome, message, code)
  end
  local _, why, what = txn:commit()
  local verdict
  verdict, message, code = intent.settle(book)
  if not verdict then return failed(outcome, message, code) end
  if verdict == "done" then return outcome end
  return failed(outcome, why or verdicts[verdict][1], what or verdicts[verdict][2])
end

local function run(agent, verified, name, row)
  local book = agent.ledger
  local txn, message, code = agent.driver:txn()
  if not txn then return failed(blank(verified), message, code) end
  local outcome = verified and process(agent, txn, verified, name) or blank()
  local wanted
  if outcome.ok then
    wanted, message, code = plan.of(book, {
      txn = txn, outcome = outcome, row = row, verified = verified, installing = name == "update",
      keep = function(envelope, taken) return procedure.keep(book, envelope, taken) end,
      limits = agent.limits,
    })
    if not wanted then failed(outcome, message, code) end
  end
  if wanted then return commit(agent, txn, wanted, outcome) end
  txn:abort()
  return outcome
end

--- The outcome of a manifest that is refused before its procedure began.
-- @tparam table verified of `teep.suit.verify`
-- @tparam string message
-- @tparam string code
-- @treturn table outcome of `teep.suit.process`
function procedure.refused(verified, message, code) return failed(blank(verified), message, code) end

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

-- Others depend on it: it stays for them, no longer for itself.
local function release(book, row)
  local outcome = blank()
  local ok, message, code = book:change(function(state)
    local changed = { brought = true }
    for name, value in pairs(row) do changed[name] = changed[name] or value end
    ledger.put(state.manifests, "manifest_component_id", changed)
    ledger.drop(state.unneeded, "manifest_component_id", row.manifest_component_id)
  end)
  return ok and outcome or failed(outcome, message, code)
end

--- Uninstall a manifest of the ledger: its uninstall sequence, then every component nobody else holds. One
-- that others depend on stays until they are uninstalled.
-- The sequence is not run when its signer is no longer trusted or the stored envelope is damaged; the
-- components are removed all the same.
-- @tparam Agent agent
-- @tparam table row of the ledger
-- @treturn table outcome
function procedure.uninstall(agent, row)
  local book = agent.ledger
  if ledger.depend(book.state.manifests, row.manifest_component_id) then return release(book, row) end
  local envelope, message, code = book:envelope(row.slot)
  if not envelope and code ~= "corrupt" and code ~= "not_found" then return failed(blank(), message, code) end
  local trust = { keys = agent.signers, algorithms = agent.algorithms, limits = agent.suit_limits }
  local verified = envelope and suit.verify(envelope, trust)
  if verified and verified.digest.bytes ~= row.digest then verified = nil end
  return run(agent, verified, "uninstall", { manifest_component_id = row.manifest_component_id })
end

return procedure
