--- The TEEP Broker: an untrusted relay in the device, driven by a flow (RFC 9397 section 6).
-- It moves bytes between a TAM and the agent, tells the agent what the device wants, and tells people
-- what came of it, judged from the agent's own status. Call inside `teep.task.run` when the
-- connection suspends.
-- @module teep.broker
-- @usage local broker = require("teep.broker").new{ agents = { agent }, connect = connect,
--   random = crypto.random, sleep = sleep }
-- task.run(function() print(broker:request("hello").outcome) end)
local component_id <const> = require "teep.component_id"
local download <const> = require "teep.broker.download"
local errors <const> = require "teep.errors"
local flow <const> = require "teep.broker.flow"
local outcome <const> = require "teep.broker.outcome"
local options <const> = require "teep.options"
local queue <const> = require "teep.broker.queue"
local session <const> = require "teep.broker.session"
local task <const> = require "teep.task"

local Broker = {}
Broker.__index = Broker

local broker = {}

--- Limits and their defaults.
broker.limits = {
  exchanges = 64, -- in one session, so that two peers that always fail come to an end
  attempts = 6, -- of one session
  waiting = 64, -- sessions in line for one TAM
  fetch_size = 256 << 20, -- bytes of one payload by URI
  fetch_attempts = 64, -- of one payload, however far each gets
  fetch_time = 3600, -- seconds for one payload, waits included
}

local known <const> = {
  agents = "table", connect = "function", download = "function?", flow = "any?", store = "any?",
  clock = "function?", sleep = "function", random = "function", await = "function?", observe = "function?",
  limits = "table?",
}

local function merge(given)
  local limits = {}
  for name, value in pairs(broker.limits) do limits[name] = value end
  for name, value in pairs(given or {}) do
    if not limits[name] then error("unknown limit: " .. tostring(name), 3) end
    limits[name] = value
  end
  return limits
end

--- Make a broker.
-- @tparam table given options:
--
-- * `agents` list of agents; requests go to the first
-- * `connect` `connect(tam_uri) -> connection | nil, reason`;
--   `connection:exchange(bytes) -> bytes | nil, reason` (`""` = nothing more), `connection:close()`
-- * `download` `download(uri, offset, sink) -> true | nil, message, code`: one attempt to bring a payload
--   from a byte offset on, for @{Broker:fetch}
-- * `flow` name, path or table; `default_flow`
-- * `sleep` `sleep(seconds)`, may suspend; `random` n -> n bytes; `await` as in `teep.task` (default)
-- * `observe(event, details)`; `limits` see @{broker.limits}
-- * `clock` seconds since 1970, for `limits.fetch_time`; payloads may take any time without
-- * `store`: accepted with the other modules' options; the broker keeps nothing
-- @treturn[1] Broker
-- @treturn[2] nil, string, string message and code: those of the flow, see @{teep.broker.flow.load}
function broker.new(given)
  options.check(given, known)
  if not given.agents[1] then error("option agents: want at least one agent", 2) end
  local self = setmetatable({ agents = given.agents, connect = given.connect,
    download = given.download, clock = given.clock,
    flow = given.flow or flow.default, sleep = given.sleep, random = given.random,
    observe = given.observe or function() end, limits = merge(given.limits), listeners = {},
    downloads = {} }, Broker)
  self.queue = queue.new(self.limits.waiting, given.await or task.await)
  local ok, message, code = flow.load(self.flow, session.new(self):verbs())
  if not ok then return nil, message, code end
  return self
end

--- Hear of an event: `session` `{ tam_uri, cause, state, message, code }`, `exchange`, `retry`,
-- `transport_failed`, `outcome`; of payloads by URI `fetch` `{ uri, state, received, attempts, message,
-- code }` and `fetch_failed` `{ uri, received, code, reason }`, an attempt.
-- @tparam string event
-- @tparam function fn `fn(details)`; an error in it is ignored
function Broker:on(event, fn)
  self.listeners[event] = self.listeners[event] or {}
  table.insert(self.listeners[event], fn)
end

function Broker:emit(event, details)
  pcall(self.observe, event, details)
  for _, fn in ipairs(self.listeners[event] or {}) do pcall(fn, details) end
end

-- Runs the flow for one TAM; `needed` is asked when the turn has come, as another session may have
-- done it.
local function run(self, agent, tam_uri, cause, needed)
  local ok, message, code = self.queue:enter(tam_uri)
  if not ok then return nil, message, code end
  local _ <close> = setmetatable({}, { __close = function() self.queue:leave(tam_uri) end })
  if not needed() then return true end
  self:emit("session", { tam_uri = tam_uri, cause = cause, state = "begun" })
  local one = session.new(self, agent, tam_uri, cause)
  ok, message, code = flow.run(self.flow, one)
  one:close()
  self:emit("session", { tam_uri = tam_uri, cause = cause, state = ok and "ended" or "failed",
    message = message, code = code })
  return ok, message, code
end

local function identifier(id)
  if type(id) == "table" then return id end
  local parsed, message = component_id.parse(id)
  if not parsed then error(message, 3) end
  return parsed
end

local function finish(self, found, message, code)
  self:emit("outcome", found or { message = message, code = code })
  return found, message, code
end

--- Request a component and see it through (RequestTA).
-- @tparam string|{string,...} id component identifier, text form or list
-- @tparam[opt] string tam_uri where it may be had; the agent decides (T-150)
-- @treturn[1] table `{ outcome = "installed"|"already_installed"|"not_installed",
--   component_id = text, digest, digest_algorithm, size, message }`; `message` tells why not, or that
--   the TAM could not be told; of what was installed before also `manifests = { { manifest_component_id =
--   text, sequence_number } }`
-- @treturn[2] nil, string, string message and code: `not_connected`, `policy_failed` (flow),
--   `limit_reached`, or those of `agent:request`
function Broker:request(id, tam_uri)
  id = identifier(id)
  local agent = self.agents[1]
  local uri, message, code = agent:request(id, tam_uri)
  if code then return finish(self, nil, message, code) end
  local before = agent:status()
  if not uri then return finish(self, outcome.already_installed(before, id)) end
  local ok
  ok, message, code = run(self, agent, uri, "request",
    function() return not outcome.component(agent:status(), id) end)
  return finish(self, outcome.requested(before, agent:status(), id, ok, message, code))
end

local function holder(self, id)
  for _, agent in ipairs(self.agents) do
    if outcome.component(agent:status(), id) then return agent end
  end
  return self.agents[1]
end

--- Report a component as not needed and see it through (UnrequestTA); the TAM decides whether it goes.
-- @tparam string|{string,...} id component identifier, text form or list
-- @treturn[1] table `{ outcome = "removed"|"not_removed"|"not_installed"|"cancelled",
--   component_id = text, message }`; `cancelled`: it was requested, not installed yet
-- @treturn[2] nil, string, string message and code as for @{Broker:request}
function Broker:unrequest(id)
  id = identifier(id)
  local agent = holder(self, id)
  local before = agent:status()
  local uri, message, code = agent:unrequest(id)
  if code then return finish(self, nil, message, code) end
  if not uri then return finish(self, outcome.absent(before, id)) end
  local ok
  ok, message, code = run(self, agent, uri, "unrequest",
    function() return outcome.component(agent:status(), id) end)
  return finish(self, outcome.unrequested(before, agent:status(), id, ok, message, code))
end

--- Contact every TAM for which something is pending (RequestPolicyCheck, T-154, T-155).
-- @treturn[1] table `{ outcome = "checked"|"nothing_pending", sessions = count, installed = {text},
--   removed = {text} }`
-- @treturn[2] nil, string, string message and code of the first session that failed, after all were tried
function Broker:check()
  local found = { outcome = "nothing_pending", sessions = 0, installed = {}, removed = {} }
  local message, code
  for _, agent in ipairs(self.agents) do
    local before = agent:status()
    for uri in function() return agent:check_policy() end do
      found.outcome, found.sessions = "checked", found.sessions + 1
      local ok, why, what = run(self, agent, uri, "check", function() return true end)
      if not ok and not code then message, code = why, what end
    end
    outcome.difference(before, agent:status(), found)
  end
  if code then return finish(self, nil, message, code) end
  return finish(self, found)
end

local function finish_download(self, one)
  for i, other in ipairs(self.downloads) do
    if other == one then return table.remove(self.downloads, i) end
  end
end

--- Bring a payload by URI: the `fetch` of an agent, see `teep.suit.process`. The flow decides how often to
-- try; bytes that have reached the sink are not asked for again. Suspends where `download` and `sleep` do;
-- runs inside of a session, so it has no turn of its own to wait for.
-- @tparam string uri
-- @tparam integer offset of the first byte
-- @tparam function sink `sink(bytes) -> true | nil, message, code`; its failure ends the download
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code: those of the sink, of `download` or of the flow,
--   `too_large`, `limit_reached` or `timed_out` (@{broker.limits}), `unsupported` when there is no `download`
-- @usage agent.new{ fetch = function(...) return broker:fetch(...) end, ... }
function Broker:fetch(uri, offset, sink)
  if not self.download then return errors.fail("unsupported", "this broker fetches no payloads") end
  local one = download.new(self, uri, offset, sink)
  table.insert(self.downloads, one)
  local _ <close> = setmetatable({}, { __close = function() finish_download(self, one) end })
  self:emit("fetch", { uri = one.public_uri, state = "begun" })
  local ok, message, code = flow.fetch(self.flow, one)
  self:emit("fetch", { uri = one.public_uri, state = ok and "ended" or "failed", received = one.received,
    attempts = one.attempts, message = message, code = code })
  return ok, message, code
end

--- What the agents hold, and the sessions under way.
-- @treturn table as `agent:status()`, lists of all agents together; and `sessions` = TAM URIs,
--   `waiting` = how many sessions are in line, `downloads` = list of `{ uri, received, attempts }`
function Broker:status()
  local all = {}
  for _, agent in ipairs(self.agents) do
    for name, value in pairs(agent:status()) do
      local into = all[name]
      all[name] = into and #value > 0 and table.move(value, 1, #value, #into + 1, into) or into or value
    end
  end
  all.sessions, all.waiting = self.queue:busy()
  all.downloads = {}
  for i, one in ipairs(self.downloads) do all.downloads[i] = one:status() end
  return all
end

return broker
