--- SUIT Reports in messages of an agent (draft-ietf-suit-report, draft-ietf-teep-protocol section 7.1).
-- A report says more about what a message says already. So a message is not lost with a report that cannot be
-- opened here: the draft has a TAM drop messages for a wrong nonce alone. What cannot be opened is nobody's
-- word.
-- @module teep.tam.reports
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local hex <const> = require("teep.hex").encode
local suit <const> = require "teep.suit"
local fail <const> = errors.fail

local reports = {}

-- What is wrong is not the report, but that this TAM does not know it.
local foreign <const> = { unknown_key = true, algorithm_not_allowed = true, unsupported_algorithm = true }

-- The key of the message must not have made the report (sections 4.3, 4.5, 4.6): T-051, T-059.
local function check_key(report, kid)
  if not report.protection or report.protection.kid ~= kid then return true end
  return fail("wrong_key", "signed by the key of the message")
end

local function open(tam, bytes, kid)
  local report, message, code = suit.open_report(bytes, {
    keys = tam.reporters, decryption_keys = tam.decryption_keys,
  })
  if not report then return nil, message, code end
  local ok
  ok, message, code = check_key(report, kid)
  if not ok then return ok, message, code end
  return report
end

--- Open the reports of a message and check that each answers this token (T-079, T-087).
-- @tparam Tam tam
-- @tparam table admitted of @{teep.tam.gate}
-- @treturn[1] {table,...} as `teep.suit.open_report` returns them; `{ unreadable = message, code = }` for
--   those it does not open, `malformed` where the agent is to blame
-- @treturn[2] nil, string, string message and code `report_nonce`
function reports.read(tam, admitted)
  local list <const> = {}
  for i, bytes in ipairs(admitted.message.suit_reports or {}) do
    local report <const>, message, code = open(tam, bytes, admitted.kid)
    if report and report.nonce ~= admitted.token.bytes then
      return fail("report_nonce", "suit_reports[%d]: its nonce is not the token", i)
    end
    list[i] = report or { unreadable = message, code = code, malformed = not foreign[code] }
  end
  return list
end

--- The manifests whose reports say that they were installed.
-- @tparam {table,...} list from @{reports.read}
-- @tparam {table,...} manifests as the store has them
-- @treturn {table,...} those of `manifests`
function reports.installed(list, manifests)
  local done <const>, installed <const> = {}, {}
  for _, report in ipairs(list) do
    if report.ok then done[report.reference.digest.bytes] = true end
  end
  for _, manifest in ipairs(manifests) do
    if done[manifest.digest] then installed[#installed + 1] = manifest end
  end
  return installed
end

-- Digest -> manifest that a report may be about: each is read once, however many reports there are.
local function by_digest(tam, manifests)
  local index <const> = {}
  for _, sent in ipairs(manifests) do
    local kept <const> = tam.store:manifest(sent.id, sent.sequence_number)
    if kept then index[kept.digest] = sent end
  end
  return index
end

-- The manifest that a failure is about.
local function subject(tam, report, index)
  local sent <const> = index[report.reference.digest.bytes]
  local kept <const> = sent and tam.store:manifest(sent.id, sent.sequence_number)
  if kept then return sent.id, (suit.decode(kept.envelope)) end
end

local function unreadable(report)
  return { unreadable = report.code, explanation = "unreadable report: " .. report.unreadable }
end

local function capabilities(can)
  local prefixes <const> = {}
  for i, id in ipairs(can.components) do
    local segments <const> = {}
    for _, segment in ipairs(id) do
      if type(segment) == "string" then segments[#segments + 1] = segment end
    end
    prefixes[i] = #segments > 0 and component_id.format(segments) or ""
  end
  return {
    components = prefixes, commands = can.commands, parameters = can.parameters, algorithms = can.algorithms,
  }
end

local function describe(tam, report, index)
  if report.unreadable then return unreadable(report) end
  local protection <const> = report.protection or {}
  local id, manifest
  if not report.ok then id, manifest = subject(tam, report, index()) end
  return {
    ok = report.ok, reference_uri = report.reference.uri, manifest = id,
    reason = report.failure and report.failure.reason, explanation = suit.explain_report(report, manifest),
    signed = protection.algorithm ~= nil, encrypted = protection.encrypted ~= nil,
    capabilities = report.capabilities and capabilities(report.capabilities),
  }
end

--- The reports as a policy sees them. What failed is observed as well, for the operator.
-- @tparam Tam tam
-- @tparam {table,...} list from @{reports.read}
-- @tparam {table,...} manifests that they may be about, `{ id, sequence_number }`
-- @tparam string kid of the agent
-- @treturn {table,...} `{ ok, reference_uri, reason = (SUIT Report reason, number), explanation, signed,
--   encrypted, manifest = (id, of a failure), capabilities }`, or `{ unreadable = (code), explanation }`
function reports.facts(tam, list, manifests, kid)
  local facts <const> = {}
  local known
  local function index()
    known = known or by_digest(tam, manifests)
    return known
  end
  for i, report in ipairs(list) do
    local fact <const> = describe(tam, report, index)
    facts[i] = fact
    if not fact.ok then
      tam.observe("report", { kid = hex(kid), manifest = fact.manifest, message = fact.explanation })
    end
  end
  return facts
end

return reports
