--- QueryRequest to QueryResponse (draft-ietf-teep-protocol sections 4.2, 4.3, 7.2.1).
-- @module teep.agent.query
local crypto <const> = require "teep.crypto"
local gate <const> = require "teep.agent.gate"
local protection <const> = require "teep.suit.report.protection"
local reports <const> = require "teep.agent.reports"

local query = {}

-- Entries of one list in a QueryResponse; what is left is told in the next one.
local LIST_MAX <const> = 64

local function contains(list, value)
  for _, entry in ipairs(list) do
    if entry == value then return true end
  end
  return false
end

local function version(agent, request)
  if contains(request.versions or { 0 }, agent.version) then return nil end
  return gate.refusal(("query-request.versions: %d is not among them"):format(agent.version),
    "unsupported_version", "unsupported_msg_version")
end

local function same_suite(a, b)
  if #a ~= #b then return false end
  for i, operation in ipairs(a) do
    if operation.cose_type ~= b[i].cose_type or operation.algorithm ~= b[i].algorithm then return false end
  end
  return true
end

local function cipher_suite(agent, request)
  for _, suite in ipairs(request.supported_teep_cipher_suites) do
    if same_suite(suite, agent.suite) then return nil end
  end
  return gate.refusal("query-request.supported-teep-cipher-suites: none in common",
    "unsupported_cipher_suite", "unsupported_cipher_suites")
end

-- No list means nonce only (T-020). A token beside the attestation bit is tolerated (A-02).
local function freshness(_, request)
  if not request.data_item_requested.attestation then return nil end
  if contains(request.supported_freshness_mechanisms or { "nonce" }, "nonce") then return nil end
  return gate.refusal("query-request.supported-freshness-mechanisms: want nonce",
    "freshness_mechanism", "unsupported_freshness_mechanisms")
end

-- A response without the evidence asked for would break T-030, so the request is refused as a whole.
local function attestation(_, request)
  if not request.data_item_requested.attestation then return nil end
  return gate.refusal("attestation requested, this agent has no attester", "attestation_unsupported")
end

-- A report is plain or protected as a profile of ours says (T-096).
local function suit_report(agent, request)
  for _, report in ipairs(request.suit_reports or {}) do
    if not protection.covered(report, agent.suit_cose_profiles) then
      return gate.refusal("query-request.suit-reports: protection not supported", "unsupported_algorithm",
        "unsupported_suit_report")
    end
  end
end

local checks <const> = { version, cipher_suite, freshness, suit_report, attestation }

-- The agent lists itself, so the list is never empty (A-08).
local function tc_list(agent)
  local list = { {
    component_id = { "teep-agent" },
    vendor_identifier = agent.device.vendor_identifier,
    class_identifier = agent.device.class_identifier,
  } }
  for _, entry in ipairs(agent.ledger:components()) do
    local component = entry.component
    list[#list + 1] = {
      component_id = component.component_id,
      image_digest = { algorithm = crypto.algorithms[component.digest_algorithm], bytes = component.digest },
      image_size = component.size,
    }
  end
  return list
end

local function identifiers(rows, field, wrap)
  local list = {}
  for i = 1, math.min(#rows, LIST_MAX) do list[i] = wrap and { [wrap] = rows[i][field] } or rows[i][field] end
  return #list > 0 and list or nil
end

--- Answer a QueryRequest.
-- Requested components and unneeded manifests are told whenever there are some, whatever was asked.
-- @tparam Agent agent
-- @tparam table accepted of @{teep.agent.gate}
-- @treturn[1] table message, a query-response
-- @treturn[2] nil, table refusal
function query.answer(agent, accepted)
  local request, state = accepted.message, agent.ledger.state
  for _, check in ipairs(checks) do
    local refused = check(agent, request)
    if refused then return nil, refused end
  end
  local asked = request.data_item_requested
  agent.report_profiles[accepted.kid] = request.supported_suit_cose_profiles
  return {
    type = "query-response",
    token = request.token,
    selected_version = request.versions and agent.version,
    tc_list = asked.trusted_components and tc_list(agent) or nil,
    ext_list = asked.extensions and {} or nil,
    suit_reports = asked.suit_reports and reports.installed(agent, accepted) or nil,
    requested_tc_list = identifiers(state.requested, "component_id", "component_id"),
    unneeded_manifest_list = identifiers(state.unneeded, "manifest_component_id"),
  }
end

return query
