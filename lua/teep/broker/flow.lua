--- Flows: how a device goes about a session, as a script (docs: policies and flows).
-- A flow is `{ api = 1, name =, version =, summary =, run = function(session) ... end }` and may have
-- `fetch = function(download) ... end`; each returns true, or nil and a reason. A file is loaded anew for
-- each session and download with the verbs of @{teep.broker.session} or @{teep.broker.download} as its
-- globals; a table of the host gets them as second argument.
-- @module teep.broker.flow
local errors <const> = require "teep.errors"
local loader <const> = require "teep.policy.loader"

local flow = {}

--- The flow of a device that names none.
flow.default = "default_flow"

local header <const> = {
  api = "number", name = "string", version = "string", summary = "string", run = "function",
  fetch = "function?",
}

local function check(script, source)
  for field, wanted in pairs(header) do
    local kind, optional = wanted:gsub("%?$", "")
    local found = type(script[field])
    if found ~= kind and not (optional == 1 and found == "nil") then
      return errors.fail("policy_failed", "%s: %s: want a %s, got %s", source, field, kind, found)
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

-- Runs one part of a flow, which may suspend in any verb: true; or nil and the reason it gave, if any; or
-- a failure.
local function call(script, part, facts, verbs)
  local ok, done, reason = pcall(script[part], facts, verbs)
  if not ok then
    return errors.fail("policy_failed", "flow %s: %s", script.name, (tostring(done):gsub("%c", " ")))
  end
  if done == true then return true end
  if done == nil or done == false then return nil, reason ~= nil and tostring(reason) or nil end
  return errors.fail("policy_failed", "flow %s: %s returns a %s, want true, or nil and a reason",
    script.name, part, type(done))
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
  local done, reason, failure = call(script, "run", session:facts(), verbs)
  if done then return true end
  return nil, reason or "the flow gave up", failure or "not_connected"
end

--- Bring a payload as the flow says, or as the default flow does when it says nothing.
-- @tparam table|string source
-- @tparam Download download
-- @treturn[1] boolean true the whole payload has reached the sink
-- @treturn[2] nil, string, string message and code: that of the last attempt when the flow gave up,
--   `policy_failed` as for @{run}, or when it says true of a payload that is not there, or those of @{load}
function flow.fetch(source, download)
  local verbs = download:verbs()
  local script, message, code = flow.load(source, verbs)
  if script and not script.fetch then script, message, code = flow.load(flow.default, verbs) end
  if not script then return nil, message, code end
  local done, reason, failure = call(script, "fetch", download:facts(), verbs)
  if done and download.complete then return true end
  if done then
    return errors.fail("policy_failed", "flow %s: fetch returns true, but the payload is not there",
      script.name)
  end
  return nil, reason or download.message or "the flow gave up", failure or download.code or "not_connected"
end

return flow
