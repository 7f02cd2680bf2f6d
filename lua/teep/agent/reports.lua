--- SUIT Reports of an agent (draft-ietf-suit-report, draft-ietf-teep-protocol section 8.2): made, protected
-- as the host wants it, and left out where that cannot be. The message that carries them never fails for
-- them.
-- @module teep.agent.reports
local capabilities <const> = require "teep.suit.report.capabilities"
local component_id <const> = require "teep.component_id"
local encryption <const> = require "teep.suit.encryption"
local errors <const> = require "teep.errors"
local keys <const> = require "teep.agent.keys"
local protection <const> = require "teep.suit.report.protection"
local suit <const> = require "teep.suit"

local reports = {}

local LIST_MAX <const> = 64 -- entries of a list in a message

-- Reasons that have to do with what the processor lacks.
local lacking <const> = { [2] = true, [3] = true, [5] = true, [6] = true, [8] = true, [9] = true }

local VALIDATE <const>, CONDITION_FAILED <const> = 7, 10

local function abilities(agent)
  local names <const> = { "SHA-256", "A128KW", "A192KW", "A256KW", "ECDH-ES+A128KW" }
  for _, list in ipairs{ agent.algorithms, encryption.algorithms } do
    table.move(list, 1, #list, #names + 1, names)
  end
  return capabilities.of{ algorithms = names, device = agent.device }
end

-- A TAM has all four profiles (T-115) unless it has said otherwise.
local function readable(agent, bytes, kid)
  local profiles <const> = agent.report_profiles[kid]
  return not profiles or protection.covered(bytes, profiles)
end

-- A report that is to be protected is sent so or not at all: a TAM that has no profile for it gets none
-- (A-27, draft-ietf-suit-report section 8).
local function protect(agent, bytes, kid)
  local wanted <const> = agent.reports
  if not wanted.sign then return bytes end
  local key <const>, message, code = keys.of(agent, "reports")
  if not key then return nil, message, code end
  local made <const>, why, reason = suit.protect_report(bytes, {
    key = key, recipients = wanted.recipients, algorithm = wanted.algorithm,
  })
  if not made then return nil, why, reason end
  if readable(agent, made, kid) then return made end
  return errors.fail("unsupported_algorithm", "the TAM has no SUIT COSE profile for this protection")
end

local Collection = {}
Collection.__index = Collection

-- A manifest decides how much a report on it has to tell.
local function encode(self, outcome)
  return assert(suit.report(outcome, {
    nonce = self.accepted.message.token,
    capabilities = lacking[outcome.reason] and abilities(self.agent) or outcome.capabilities,
  }))
end

local function without_records(outcome)
  local short <const> = { records = {} }
  for name, value in pairs(outcome) do short[name] = short[name] or value end
  return short
end

local function make(self, outcome)
  local bytes = encode(self, outcome)
  if #bytes > self.room then bytes = encode(self, without_records(outcome)) end
  if #bytes > self.room then
    return errors.fail("limit_reached", "SUIT Reports: limit is %d bytes", self.agent.limits.reports)
  end
  self.room = self.room - #bytes
  return protect(self.agent, bytes, self.accepted.kid)
end

--- Add a report. One that would be too much for the message is added without its records; what cannot be
-- made or protected is left out and observed.
-- @tparam table outcome of `teep.suit.process`; without a manifest there is nothing to report on
function Collection:add(outcome)
  if not outcome.reference then return end
  local made <const>, message, code = make(self, outcome)
  if not made then return self.agent.observe("report_failed", { code = code, message = message }) end
  table.insert(self.list, made)
end

--- The reports as a message has them.
-- @treturn ?{string,...} nil when there are none
function Collection:all() return #self.list > 0 and self.list or nil end

--- The reports of one message, none yet.
-- @tparam Agent agent
-- @tparam table accepted message of a TAM that is answered, of @{teep.agent.gate}
-- @treturn Collection
function reports.collect(agent, accepted)
  return setmetatable({ agent = agent, accepted = accepted, list = {}, room = agent.limits.reports },
    Collection)
end

local function position(verified, id)
  for i, other in ipairs(verified.components) do
    if component_id.equal(id, other) then return i - 1 end
  end
  return 0
end

local function measure(agent, component)
  local found <const> = agent.driver:probe(component.component_id)
  if not found then return {} end
  return {
    image_digest = { algorithm = found.digest_algorithm, bytes = found.digest }, image_size = found.size,
  }
end

local function same(measured, component)
  return measured.image_digest and measured.image_digest.bytes == component.digest
end

-- What the components of a manifest measure now; the first that is not as it was installed is the failure.
local function examine(agent, row, view)
  local outcome <const> = {
    ok = true, records = {}, reference = { uri = view.reference_uri or "", digest = view.digest },
  }
  for _, component in ipairs(row.components) do
    local measured <const> = measure(agent, component)
    if outcome.ok and not same(measured, component) then
      outcome.ok, outcome.code, outcome.reason = false, "condition_failed", CONDITION_FAILED
      outcome.failure = {
        manifest_id = {}, section = VALIDATE, offset = 0, parameters = measured,
        component_index = position(view, component.component_id),
      }
    end
    local claims <const> = { component_id = component.component_id }
    for name, value in pairs(measured) do claims[name] = value end
    outcome.records[#outcome.records + 1] = claims
  end
  return outcome
end

--- Reports on what is installed, one a manifest, for a QueryRequest that asks for them. The first of them
-- has the capabilities of the device.
-- @tparam Agent agent
-- @tparam table accepted of @{teep.agent.gate}
-- @treturn ?{string,...} nil when nothing is installed
function reports.installed(agent, accepted)
  local collection <const> = reports.collect(agent, accepted)
  for i, row in ipairs(agent.ledger.state.manifests) do
    local envelope <const> = i <= LIST_MAX and agent.ledger:envelope(row.slot)
    local view <const> = envelope and suit.decode(envelope)
    if view then
      local outcome <const> = examine(agent, row, view)
      outcome.capabilities = i == 1 and abilities(agent) or nil
      collection:add(outcome)
    end
  end
  return collection:all()
end

return reports
