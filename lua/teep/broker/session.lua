--- One run of the flow against one TAM: the verbs a flow has, bound to this run.
-- A relay only: messages go from TAM to agent and back unread (RFC 9397 section 6.1,
-- draft-ietf-teep-otrp-over-http section 5).
-- @module teep.broker.session
local backoff <const> = require "teep.broker.backoff"

local Session = {}
Session.__index = Session

local session = {}

--- Begin a session.
-- @tparam Broker broker
-- @tparam Agent agent
-- @tparam string tam_uri the one the agent named (T-150)
-- @tparam string cause `request`, `unrequest` or `check`
-- @treturn Session
function session.new(broker, agent, tam_uri, cause)
  return setmetatable({ broker = broker, agent = agent, tam_uri = tam_uri, cause = cause, connections = {},
    exchanges = 0 }, Session)
end

-- The agent hears of every transport failure (T-157).
local function transport_failed(self, tam_uri, reason)
  reason = tostring(reason or "closed")
  self.agent:failed(tam_uri, reason)
  self.broker:emit("transport_failed", { tam_uri = tam_uri, reason = reason })
  return nil, reason
end

local function connect(self, tam_uri)
  if type(tam_uri) ~= "string" then error("connect: want a TAM URI", 2) end
  local line, reason = self.broker.connect(tam_uri)
  if not line then return transport_failed(self, tam_uri, reason) end
  local connection = { tam_uri = tam_uri, line = line, outgoing = "" }
  table.insert(self.connections, connection)
  return connection
end

-- Sends what the agent had to say (nothing at first: that asks the TAM to begin, T-151), hands the
-- answer to the agent. True: the agent has a reply for the next exchange. False: nobody has more to say.
local function exchange(self, connection)
  if type(connection) ~= "table" or not connection.line then error("exchange: want a connection", 2) end
  local limit = self.broker.limits.exchanges
  if self.exchanges >= limit then return nil, ("more than %d exchanges in a session"):format(limit) end
  self.exchanges = self.exchanges + 1
  local answer, reason = connection.line:exchange(connection.outgoing)
  if not answer then return transport_failed(self, connection.tam_uri, reason) end
  self.broker:emit("exchange",
    { tam_uri = connection.tam_uri, sent = #connection.outgoing, received = #answer })
  if answer == "" then return false end
  local reply, message, code = self.agent:receive(connection.tam_uri, answer)
  if code then return nil, "the agent dropped the message: " .. message end
  connection.outgoing = reply or ""
  return reply ~= nil
end

local function retry(self, attempt)
  if attempt >= self.broker.limits.attempts then return false end
  local seconds = backoff.seconds(attempt, self.broker.random)
  self.broker:emit("retry", { tam_uri = self.tam_uri, attempt = attempt, seconds = seconds })
  self.broker.sleep(seconds)
  return true
end

--- The verbs of a flow, bound to this session.
-- @treturn {[string]=function} `connect(tam_uri)`, `exchange(connection)`, `retry(attempt)`,
--   `wait(seconds)`, `choose_tam(session)`
function Session:verbs()
  return {
    connect = function(tam_uri) return connect(self, tam_uri) end,
    exchange = function(connection) return exchange(self, connection) end,
    retry = function(attempt) return retry(self, attempt) end,
    wait = function(seconds) self.broker.sleep(seconds) end,
    choose_tam = function(facts) return facts.tam_uri end,
  }
end

--- What a flow may know of its session.
-- @treturn table `{ tam_uri, cause }`
function Session:facts() return { tam_uri = self.tam_uri, cause = self.cause } end

--- Close every connection the flow opened.
function Session:close()
  for _, connection in ipairs(self.connections) do connection.line:close() end
  self.connections = {}
end

return session
