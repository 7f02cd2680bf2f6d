--- The broker's end of a WebSocket to a TAM: one message out, one answer in.
-- @module teep.daemon.connection
local task <const> = require "teep.task"

local Connection = {}
Connection.__index = Connection

-- Whoever waits gets it; an answer that nobody waits for is kept for the next exchange, as the TAM
-- may begin while the line is idle. A second one breaks the order of the binding.
local function deliver(self, ...)
  local waiting = self.waiting
  self.waiting = nil
  if waiting then return waiting(...) end
  if self.early then return self.socket:close(1002) end
  self.early = table.pack(...)
end

--- Send a message and wait for the answer.
-- @tparam string bytes empty: ask the TAM to begin
-- @treturn[1] string bytes empty: the TAM has nothing more to say
-- @treturn[2] nil, string, string message and code `not_connected`
function Connection:exchange(bytes)
  if bytes ~= "" then self.messages:note("out", bytes) end
  local sent, message, code = self.socket:send(bytes)
  if not sent then return nil, message, code end
  local early = self.early
  self.early = nil
  if early then return table.unpack(early, 1, early.n) end
  return task.await(function(done) self.waiting = done end)
end

--- Close it; harmless when it is closed.
function Connection:close() self.socket:close(1000) end

local connection = {}

--- Connect to a TAM.
-- @tparam table loop of teep.transport
-- @tparam string tam_uri
-- @tparam table messages of teep.daemon.messages
-- @treturn[1] Connection
-- @treturn[2] nil, string, string message and code
function connection.open(loop, tam_uri, messages)
  local self = setmetatable({ messages = messages }, Connection)
  return task.await(function(done)
    local started, message, code = loop:connect{
      uri = tam_uri,
      on_open = function(socket)
        self.socket = socket
        done(self)
      end,
      on_error = function(why, reason) done(nil, why, reason) end,
      on_message = function(_, bytes)
        if bytes ~= "" then messages:note("in", bytes) end
        deliver(self, bytes)
      end,
      on_close = function(_, number)
        deliver(self, nil, ("the TAM closed the connection (%d)"):format(number), "not_connected")
      end,
    }
    if not started then done(nil, message, code) end
  end)
end

return connection
