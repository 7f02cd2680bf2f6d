--- Flows: how a device goes about a session, as a script (docs: policies and flows).
-- A flow is `{ api = 1, name =, version =, summary =, run = function(session) ... end }`; `run`
-- returns true, or nil and a reason. A file is loaded anew for each session with the verbs of
-- @{teep.broker.session} as its globals; a table of the host gets them as second argument of `run`.
-- @module teep.broker.flow
local errors <const> = require "teep.errors"
local loader <const> = require "teep.policy.loader"

local flow = {}

local header <const> = {
  api = "number", name = "string", version = "string", summary = "string", run = "function",
}

local function check(script, source)
  for field, wanted in pairs(header) do
    if type(script[field]) ~= wanted then
      return errors.fail("policy_failed", "%s: %s: want a %s, got %s", source, field, wanted,
        type(script[field]))
    end
  end
  if script.api ~= 1 then
    return errors.fail("policy_failed", "%s: api: want 1, got %s", source, script.api)
  end
  return script
end

--- Load a flow.
-- @tparam table|string source a table, the name of a shipped flow, or a path
-- @tparam {[string]=function} verbs
-- @treturn[1] table flow
-- @treturn[2] nil, string, string message and code: `policy_failed`, `not_found`, `io_failed`, `too_large`
function flow.load(source, verbs)
  if type(source) == "table" then return check(source, "flow") end
  local script, message, code = loader.load(source, verbs)
  if not script then return nil, message, code end
  return check(script, source)
end

--- Run a flow to its end; it may suspend in any verb.
-- @tparam table|string source
-- @tparam Session session
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code: `not_connected` when the flow gave up, `policy_failed`
--   when it threw or broke its contract, or those of @{load}
function flow.run(source, session)
  local verbs = session:verbs()
  local script, message, code = flow.load(source, verbs)
  if not script then return nil, message, code end
  local ok, done, reason = pcall(script.run, session:facts(), verbs)
  if not ok then
    return errors.fail("policy_failed", "flow %s: %s", script.name, (tostring(done):gsub("%c", " ")))
  end
  if done == true then return true end
  if done ~= nil and done ~= false then
    return errors.fail("policy_failed", "flow %s: run returns a %s, want true, or nil and a reason",
      script.name, type(done))
  end
  return errors.fail("not_connected", "%s", tostring(reason or "the flow gave up"))
end

return flow
