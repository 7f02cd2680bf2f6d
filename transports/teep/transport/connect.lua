--- `teep.transport.connect`: a session with a TAM; the scheme of its URI chooses the transport.
-- @module teep.transport.connect
local http_binding <const> = require "teep.transport.http_binding"
local websocket <const> = require "teep.transport.websocket"

--- Connect to a TAM.
-- @param loop of @{teep.transport}
-- @tparam string uri scheme://host[:port]/path; scheme ws, wss, http or https
-- @tparam[opt] table given `await` (default `teep.task.await`), `limits`; `tls` as of `loop:connect`;
--   `observe(event, details)`,
--   called with `message` { direction, bytes } for every TEEP message
-- @treturn[1] connection with `:exchange(bytes) -> bytes | nil, message, code` ("" = nothing more) and
--   `:close()`
-- @treturn[2] nil, string, string message and code: not_connected, refused, timed_out, tls_failed (all
--   WebSocket), config_invalid
-- @usage local connection = assert(transport.connect(loop, "http://127.0.0.1:8080/teep"))
-- local query_request = assert(connection:exchange(""))
return function(loop, uri, given)
  local binding <const> = uri:find "^https?:" and http_binding or websocket
  return binding.connect(loop, uri, given)
end
