--- SUIT Reports in messages of an agent (draft-ietf-suit-report, draft-ietf-teep-protocol section 7.1).
-- @module teep.tam.reports
local errors <const> = require "teep.errors"
local suit <const> = require "teep.suit"
local fail <const> = errors.fail

local reports = {}

--- Read the reports of a message and check that each answers this token (T-079, T-087).
-- A protected report is one whose protection cannot be checked here: it is refused as unreadable.
-- @tparam[opt] {string,...} list encoded reports
-- @tparam string token
-- @treturn[1] {table,...} as `teep.suit.read_report` returns them
-- @treturn[2] nil, string, string message and code `report_nonce`, or why it cannot be read
function reports.read(list, token)
  local read <const> = {}
  for i, bytes in ipairs(list or {}) do
    local report, reason, code = suit.read_report(bytes)
    if not report then return nil, ("suit_reports[%d]: %s"):format(i, reason), code end
    if report.nonce ~= token then
      return fail("report_nonce", "suit_reports[%d]: its nonce is not the token", i)
    end
    read[i] = report
  end
  return read
end

--- The reports as a policy sees them.
-- @tparam {table,...} list from @{reports.read}
-- @treturn {table,...} `{ ok, reference_uri, reason = (SUIT Report reason, number), explanation }`
function reports.facts(list)
  local facts <const> = {}
  for i, report in ipairs(list) do
    facts[i] = {
      ok = report.ok, reference_uri = report.reference.uri, reason = report.failure and report.failure.reason,
      explanation = suit.explain_report(report),
    }
  end
  return facts
end

return reports
