--- `teep.transport.serve`: a TAM behind one port and path, over WebSocket and HTTP.
-- @module teep.transport.serve
local http_binding <const> = require "teep.transport.http_binding"
local limits <const> = require "teep.transport.limits"
local options <const> = require "teep.options"
local websocket <const> = require "teep.transport.websocket"

local serve_options <const> = {
  address = "string?", port = "number?", path = "string?", origins = "table?", limits = "table?",
  tam = "table", observe = "function?", tls = "table?",
}

--- Serve a TAM over WebSocket and HTTP; both lead to the same `tam:receive`.
-- A message that the TAM drops is answered like one that needs no more: probing learns nothing. What the TAM
-- throws closes a WebSocket with 1011, is status 500 in HTTP, and is observed; the server goes on.
-- @param loop of @{teep.transport}
-- @tparam table given `tam`: has `:connect(session) -> bytes` and `:receive(session, bytes) -> bytes | nil
--   [, message, code]`, each called in a task and free to wait; `session` is a table of a WebSocket, or of
--   an HTTP request, with `transport` ("websocket", "http") and `peer`; `address`, `port`, `path`,
--   `origins`, `tls`
--   as for `loop:serve`; `limits`: `limits.tam` of @{teep.transport.limits}; `observe(event, details)`,
--   called with `message` { direction = "in"|"out", bytes, session } for every TEEP message and with
--   `failed` { message, traceback, session }
-- @treturn[1] server
-- @treturn[2] nil, string, string message and code as of `loop:serve`
-- @usage local server = assert(transport.serve(loop, { port = 8080, path = "/teep", tam = tam }))
return function(loop, given)
  options.check(given, serve_options)
  local filled <const> = limits.fill(given.limits, limits.tam)
  local settings <const> = {
    tam = given.tam, observe = given.observe or function() end, path = given.path or "/teep", limits = filled,
  }
  return loop:serve {
    address = given.address, port = given.port, path = settings.path, origins = given.origins,
    tls = given.tls,
    limits = limits.part(filled, limits.server),
    websocket = websocket.hooks(settings), http = http_binding.handler(settings),
  }
end
