--- TEEP over WebSocket: one binary message = one TEEP message, strictly one after the other.
-- A zero-length message starts a session (client) or says "nothing more" (server). Close codes: 1002
-- out of turn, 1003 text, 1008 too many fragments or too slow, 1009 too big, 1011 internal error, 4001
-- idle.
-- @module teep.transport.websocket
local endpoint <const> = require "teep.transport.endpoint"
local options <const> = require "teep.options"
local printable <const> = require "teep.transport.printable"
local task <const> = require "teep.task"

local out_of_turn <const> = 1002
local internal_error <const> = 1011

-- Server: one TAM behind one endpoint.

local function answer(settings, connection, state, bytes)
  local good <const>, reply <const> = endpoint.ask(settings, state.session, bytes)
  state.busy = false
  if not good then return connection:close(internal_error, "internal error") end
  if connection:send(reply or "") then endpoint.answered(settings, state.session, reply or "") end
end

--- The hooks of `loop:serve{ websocket = }` behind which a TAM answers.
-- @tparam table settings `tam`, `observe`
-- @treturn table
local function hooks(settings)
  local states <const> = setmetatable({}, { __mode = "k" })
  return {
    on_open = function(connection)
      states[connection] = { session = { transport = "websocket", peer = connection.peer }, busy = false }
    end,
    on_message = function(connection, bytes)
      local state <const> = states[connection]
      if state.busy then return connection:close(out_of_turn, "message before the answer") end
      state.busy = true
      task.run(answer, settings, connection, state, bytes)
    end,
  }
end

-- Client: what the broker holds.

local Connection = {}
Connection.__index = Connection

local function finish(self, ...)
  local done <const> = self.waiting
  self.waiting = nil
  if done then done(...) end
end

local function on_message(self, bytes)
  self:note("in", bytes)
  if self.waiting then return finish(self, bytes) end
  self.core:close(out_of_turn, "message without a question")
end

local function on_close(self, code, reason)
  self.gone = ("connection closed: %d %s"):format(code, printable(reason))
  finish(self, nil, self.gone, "not_connected")
end

function Connection:note(direction, bytes)
  if bytes ~= "" then self.observe("message", { direction = direction, bytes = bytes }) end
end

--- Send one message and wait for the one answer; takes as long as the TAM takes.
-- @tparam string bytes a TEEP message, "" to start a session
-- @treturn[1] string answer, "" when the TAM has nothing more to say
-- @treturn[2] nil, string, string message and code: not_connected, limit_reached
function Connection:exchange(bytes)
  if self.waiting then error("exchange: one message at a time", 2) end
  if self.gone then return nil, self.gone, "not_connected" end
  return self.await(function(done)
    self.waiting = done
    self:note("out", bytes)
    local sent <const>, message <const>, code <const> = self.core:send(bytes)
    if not sent then finish(self, nil, message, code) end
  end)
end

--- Close with 1000; an exchange under way ends with not_connected.
function Connection:close()
  self.core:close()
  self.gone = self.gone or "connection closed"
end

local connect_options <const> = {
  await = "function?", limits = "table?", observe = "function?", tls = "table?",
}

--- Connect to a TAM and wait until the connection is open.
-- @param loop of @{teep.transport}
-- @tparam string uri ws://host[:port]/path or wss://...
-- @tparam[opt] table given `await` (default `teep.task.await`), `limits`; `tls` as of `loop:connect`;
--   `observe(event, details)`,
--   called with `message` { direction, bytes } for every TEEP message
-- @treturn[1] connection with `:exchange(bytes)` and `:close()`
-- @treturn[2] nil, string, string message and code: not_connected, refused, timed_out, tls_failed,
--   config_invalid
-- @usage local connection = assert(websocket.connect(loop, "ws://127.0.0.1:8080/teep"))
-- local query_request = assert(connection:exchange(""))
local function connect(loop, uri, given)
  given = options.check(given or {}, connect_options)
  local self <const> = setmetatable({
    await = given.await or task.await, observe = given.observe or function() end,
  }, Connection)
  return self.await(function(done)
    local core <const>, message <const>, code <const> = loop:connect {
      uri = uri, tls = given.tls, limits = given.limits,
      on_open = function() done(self) end,
      on_error = function(text, why) done(nil, text, why) end,
      on_message = function(_, bytes) on_message(self, bytes) end,
      on_close = function(_, close_code, reason) on_close(self, close_code, reason) end,
    }
    if not core then return done(nil, message, code) end
    self.core = core
  end)
end

return { hooks = hooks, connect = connect }
