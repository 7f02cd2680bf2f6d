--- Event loop, WebSocket and HTTP over libwebsockets.
-- Callbacks run on the main thread, one at a time; an error in one closes its connection (WebSocket
-- 1011, HTTP 500) and goes to `loop.on_error`. What has to wait belongs into `teep.task.run`.
-- Nothing calls back before the function that started it has returned.
-- @module teep.transport
-- @usage local loop = transport.loop{}
-- local server = loop:serve{ port = 8080, http = function(request) request:respond{ status = 204 } end }
-- loop:run() -- until SIGINT, SIGTERM or loop:stop()
local connect <const> = require "teep.transport.connect"
local download <const> = require "teep.transport.download"
local errors <const> = require "teep.errors"
local http <const> = require "teep.transport.http"
local limits <const> = require "teep.transport.limits"
local lws <const> = require "teep.transport.lws"
local options <const> = require "teep.options"
local serve <const> = require "teep.transport.serve"
local task <const> = require "teep.task"
local uri <const> = require "teep.transport.uri"

local Loop = {}
Loop.__index = Loop

local function nothing() end

local serve_options <const> = {
  address = "string?", port = "number?", socket = "string?", path = "string?", websocket = "table?",
  http = "function?", origins = "table?", allowed_uids = "table?", limits = "table?",
  tls = "table?",
}
local tls_files <const> = { certificate = "string", key = "string" }
local websocket_hooks <const> = { on_open = "function?", on_message = "function?", on_close = "function?" }

local function origin_lines(origins)
  return "\n" .. table.concat(origins or {}, "\n") .. "\n"
end

local Server = {}
Server.__index = Server

--- Stop listening; WebSockets are closed with 1001, HTTP connections after the answer in work.
function Server:close() self.core:close() end

--- How many connections are open.
-- @treturn integer
function Server:count() return self.core:count() end

--- What keeps every client from taking the certificate today.
-- @treturn ?string `expired on DATE` or `is not valid before DATE`, of the certificate or one of its chain;
--   nil when it is valid or there is no TLS
function Server:certificate_flaw() return self.core:flaw() end

--- Listen for WebSocket and HTTP on one port or unix socket.
-- A unix socket file gets mode 0600; a stale one is replaced; it is removed at close.
-- @tparam table given
--   `socket` path of a unix socket, or `address` (numeric, default 127.0.0.1) and `port` (default 0:
--   any free one, see `server.port`);
--   `websocket` = { on_open(connection), on_message(connection, bytes),
--   on_close(connection, code, reason) } at `path` (default "/teep"); sub-protocol v0.teep.cbor;
--   `origins`: Origin values allowed (default none; devices send no Origin);
--   `http(request)`: see @{teep.transport.http}; `allowed_uids` of peers on a unix socket
--   without WebSocket (default: whoever may open the file), others get 403; `limits`:
--   see @{teep.transport.limits}; `tls` = { certificate, key }: PEM files, the certificate may be
--   followed by its chain; TLS 1.2 and 1.3 (RFC 9325).
--   A request with content that did not wait for the answer to the one before is hung up on.
-- @treturn[1] table server
-- @treturn[2] nil, string, string message and code: busy (somebody listens there), denied, exists
--   (something other than a socket lies there), not_found (the folder), config_invalid (address, or a
--   file of `tls` that is missing, unfit or does not belong to the other),
--   io_failed
function Loop:serve(given)
  options.check(given, serve_options)
  if given.websocket then options.check(given.websocket, websocket_hooks) end
  if given.socket and (given.address or given.port) then error("serve: socket or address, not both", 2) end
  if given.allowed_uids and (given.websocket or not given.socket) then
    error("serve: allowed_uids is for HTTP on a unix socket", 2)
  end
  if given.tls then
    options.check(given.tls, tls_files)
    if given.socket then error("serve: TLS is for an address, not for a unix socket", 2) end
  end
  local address <const>, port <const> = given.address or "127.0.0.1", given.port or 0
  if math.type(port) ~= "integer" or port < 0 or port > 65535 then error("serve: port out of range", 2) end
  local hooks <const> = given.websocket or {}
  local core <const>, message <const>, code <const> = self.core:serve {
    name = given.socket or ("%s port %d"):format(address, port),
    socket = given.socket, address = address, port = port,
    path = given.websocket and (given.path or "/teep"),
    origins = origin_lines(given.origins), http = given.http ~= nil,
    limits = limits.fill(given.limits, limits.server),
    certificate = given.tls and given.tls.certificate, key = given.tls and given.tls.key,
    on_open = hooks.on_open, on_message = hooks.on_message, on_close = hooks.on_close,
    on_request = given.http and http.handler(given.http, given.allowed_uids),
  }
  if not core then return nil, message, code end
  return setmetatable({ core = core, port = core:port() }, Server)
end

local connect_options <const> = {
  uri = "string", on_open = "function?", on_message = "function?", on_close = "function?",
  on_error = "function?", limits = "table?", tls = "table?",
}

--- Open a WebSocket with sub-protocol v0.teep.cbor.
-- A name in the URI is looked up before the function returns (getaddrinfo blocks).
-- @tparam table given `uri` ws://host[:port]/path, or wss:// for TLS; `on_open(connection)`,
--   `on_message(connection, bytes)`, `on_close(connection, code, reason)` once it was open,
--   `on_error(message, code)` when it does not come to that: not_connected, refused, timed_out,
--   tls_failed (no TLS there, or the certificate has expired, is for another name or from an unknown
--   authority), config_invalid (`authorities`);
--   `tls` = { authorities }: PEM file (default: the authorities of the system), for wss; the name or
--   address of the server is always verified; `limits`
-- @treturn[1] connection with `:send(bytes)` -> true | nil, message, code (not_connected,
--   limit_reached), `:close([code[, reason]])` and `.peer`, all harmless once it is closed. Code 1006:
--   lost. libwebsockets 4.1.6 shows codes 1012 to 1016 of the peer as 1002.
-- @treturn[2] nil, string, string message and code: config_invalid
function Loop:connect(given)
  options.check(given, connect_options)
  local target <const>, message <const>, code <const> = uri.parse(given.uri)
  if not target then return nil, message, code end
  if not target.scheme:find "^ws" then
    return errors.fail("config_invalid", "%s: want ws://host[:port]/path", given.uri)
  end
  local on_error <const> = given.on_error or nothing
  return self.core:connect {
    address = target.address, port = target.port, host = target.host, path = target.path,
    authorities = target.tls and http.authorities(given.tls),
    limits = limits.fill(given.limits, limits.client),
    on_open = given.on_open, on_message = given.on_message, on_close = given.on_close,
    on_error = function(_, text, why) on_error(text, why) end,
  }
end

--- Send an HTTP request; redirects are not followed.
-- @tparam table given see @{teep.transport.http.request}
-- @return exchange with `:cancel()`
function Loop:request(given) return http.request(self.core, given) end

--- Call `fn()` once.
-- @tparam number seconds from now
-- @tparam function fn
-- @treturn timer with `:cancel()`
function Loop:timer(seconds, fn)
  return self.core:timer(seconds, { on_timer = function() fn() end })
end

--- Call `fn(name)` for SIGINT and SIGTERM while `run` runs; without it they stop the loop.
-- @tparam function fn gets "SIGINT" or "SIGTERM"
function Loop:on_signal(fn) self.signalled = fn end

--- Handle events until `stop`, a signal, or until nothing can happen any more.
function Loop:run() self.core:run() end

--- Wait for one turn of events.
-- @treturn boolean false when nothing can ever happen any more
function Loop:step() return self.core:step() end

--- Make `run` return after the present turn.
function Loop:stop() self.core:stop() end

--- Drop everything at once: connections hear on_close with code 1006.
function Loop:close()
  self.core:close()
  if task.step == self.stepper then task.step = self.no_step end
end

local loop_options <const> = { engine = "string?", log_level = "number?" }

--- Make a loop. Outside of coroutines `teep.task.await` blocks by running the last one made.
-- SIGPIPE and SIGXFSZ are ignored from now on.
-- @tparam[opt] table given `engine = "poll"` does without libev; `log_level`: bits of libwebsockets'
--   log to stderr (default 0, none; 7: errors, warnings, notices)
-- @treturn[1] loop `loop.engine` is "ev", or "poll" (slow beyond some hundred connections) when asked
--   for or when package libwebsockets-evlib-ev is missing; `loop.on_error(message)` gets what
--   callbacks throw (default: one line on stderr)
-- @treturn[2] nil, string, string message and code no_memory
local function loop(given)
  options.check(given or {}, loop_options)
  local engine <const> = given and given.engine
  if engine and engine ~= "poll" and engine ~= "ev" then error("option engine: want ev or poll", 2) end
  local self <const> = setmetatable({ no_step = task.step }, Loop)
  local core <const>, message <const>, code <const> = lws.loop({
    on_error = function(_, text) self.on_error(text) end,
    on_signal = function(_, name) (self.signalled or self.stop_on_signal)(name) end,
  }, engine == "poll", given and given.log_level)
  if not core then return nil, message, code end
  self.core, self.engine = core, core:engine()
  self.on_error = function(text) io.stderr:write("transport: ", (text:gsub("\n%s*", " | ")), "\n") end
  self.stop_on_signal = function() core:stop() end
  self.stepper = function() return core:step() end
  task.step = self.stepper
  return self
end

return { loop = loop, serve = serve, connect = connect, download = download }
