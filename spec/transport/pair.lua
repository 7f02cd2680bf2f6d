-- A loop of one engine with a server and clients of it.
local assert <const> = require "luassert"
local support <const> = require "transport.support"
local transport <const> = require "teep.transport"

local Pair = {}
Pair.__index = Pair

local pair = {}

function pair.new(engine) return setmetatable({ loop = assert(transport.loop { engine = engine }) }, Pair) end

-- Serve with these options of loop:serve and with others over them.
function Pair:serve(options, extra)
  for name, value in pairs(extra or {}) do options[name] = value end
  self.server = assert(self.loop:serve(options))
  return self.server
end

-- Serve HTTP; `asked` is the last request.
function Pair:serve_http(handler, extra)
  local function http(request)
    self.asked = request
    handler(request)
  end
  return self:serve({ http = http }, extra)
end

-- Send a request; returns status, body, headers or nil, message, code.
function Pair:request(given)
  local outcome
  if not given.socket then
    given.address, given.port = given.address or "127.0.0.1", given.port or self.server.port
  end
  given.on_response = function(status, headers, body) outcome = { status, body, headers } end
  given.on_error = function(message, code) outcome = { nil, message, code } end
  self.loop:request(given)
  assert.is_nil(outcome)
  support.wait(self.loop, function() return outcome end)
  return table.unpack(outcome, 1, 3)
end

-- Serve WebSockets that send back what they get; `seen` tells of them.
function Pair:serve_websocket(limits, extra)
  local seen <const> = { closed = {}, messages = {}, open = 0 }
  self.seen = seen
  return self:serve({
    limits = limits,
    websocket = {
      on_open = function(connection)
        seen.open, seen.connection = seen.open + 1, connection
      end,
      on_message = function(connection, bytes)
        table.insert(seen.messages, #bytes)
        connection:send(bytes)
      end,
      on_close = function(_, code, reason) table.insert(seen.closed, { code, reason }) end,
    },
  }, extra)
end

-- Connect and wait for the outcome: connection, or nil and what on_error got.
function Pair:connect(hooks, limits)
  local outcome
  local connection <const> = assert(self.loop:connect {
    uri = ("ws://127.0.0.1:%d/teep"):format(self.server.port), limits = limits,
    on_open = function(connection) outcome = { connection } end,
    on_error = function(message, code) outcome = { nil, message, code } end,
    on_message = hooks and hooks.on_message, on_close = hooks and hooks.on_close,
  })
  support.wait(self.loop, function() return outcome end)
  if outcome[1] then assert.equal(connection, outcome[1]) end
  return table.unpack(outcome, 1, 3)
end

-- Send by a WebSocket, wait for the answer or the close; returns the answer and the code of the close.
function Pair:exchange(bytes)
  local answer, code
  local connection <const> = assert(self:connect {
    on_message = function(_, back) answer = back end,
    on_close = function(_, close_code) code = close_code end,
  })
  assert.is_true(connection:send(bytes))
  support.wait(self.loop, function() return answer or code end)
  connection:close()
  support.wait(self.loop, function() return code end)
  return answer, code
end

-- Send these pieces; returns the status of the answer, and the answer.
function Pair:raw(...)
  local answer <const> = support.raw(self.loop, self.server.port, { ... })
  return support.status(answer), answer
end

-- A handler of HTTP that sends back what it gets.
function pair.echo(request) request:respond { body = request.body } end

return pair
