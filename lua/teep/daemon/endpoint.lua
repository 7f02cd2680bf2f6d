--- The TAM's end of the WebSocket binding: a message in, an answer out, strictly in turns.
-- @module teep.daemon.endpoint
local endpoint = {}

local order_violated <const>, internal_error <const> = 1002, 1011

-- An empty message asks the TAM to begin (ProcessConnect), any other is for ProcessTeepMessage. What
-- the TAM drops is answered like the end of a session, so that probing teaches nothing.
local function answer(given, session, bytes)
  if bytes == "" then return given.tam:connect(session) end
  given.messages:note("in", bytes)
  return given.tam:receive(session, bytes)
end

local function on_message(given, state, connection, bytes)
  if state.busy then return connection:close(order_violated) end
  state.busy = true
  given.host:task(function()
    local reply = answer(given, state.session, bytes)
    state.busy = false
    if reply then given.messages:note("out", reply) end
    connection:send(reply or "")
  end, function() connection:close(internal_error) end)
end

--- WebSocket hooks for `loop:serve`.
-- @tparam table given `tam`, `messages` (of teep.daemon.messages), `host`
-- @treturn table `on_open`, `on_message`, `on_close`
function endpoint.new(given)
  local states = setmetatable({}, { __mode = "k" })
  return {
    on_open = function(connection) states[connection] = { session = {} } end,
    on_message = function(connection, bytes) on_message(given, states[connection], connection, bytes) end,
    on_close = function(connection) states[connection] = nil end,
  }
end

return endpoint
