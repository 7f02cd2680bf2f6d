--- HTTP requests, received and sent.
-- @module teep.transport.http
local limits <const> = require "teep.transport.limits"
local options <const> = require "teep.options"

local http = {}

-- A field that carries line ends would inject further ones (RFC 9110, section 5.5).
local function field_lines(headers)
  local lines <const> = {}
  for name, value in pairs(headers or {}) do
    if not name:find "^[%w!#$%%&'*+.^_`|~-]+$" then error("not a header field name: " .. name, 3) end
    if tostring(value):find "%c" then error("control character in header field " .. name, 3) end
    lines[#lines + 1] = ("%s: %s\r\n"):format(name, value)
  end
  table.sort(lines)
  return table.concat(lines)
end

local Request = {}
Request.__index = Request

local respond_options <const> = { status = "number?", headers = "table?", body = "string?" }

--- Answer the request, in the handler or later; once. A peer that is gone is no error of the handler. An
-- answer 503 that has no Retry-After gets one.
-- @tparam table given `status` (default 200), `headers` (name -> value), `body`
-- @treturn[1] true
-- @treturn[2] nil, string, string message and code not_connected
-- @usage request:respond{ headers = { ["Content-Type"] = "application/json" }, body = "{}" }
function Request:respond(given)
  options.check(given, respond_options)
  return self.core:respond(given.status or 200, field_lines(given.headers), given.body or "")
end

local function contains(list, wanted)
  for _, value in ipairs(list) do
    if value == wanted then return true end
  end
  return false
end

-- What the C side calls: makes the request and asks `fn(request)`.
-- A request has `method`, `path`, `body`, `headers` (content_type, accept, content_length; nil when
-- absent) and `peer` (`address` and `port`, or `uid`, `gid` and `pid` on a unix socket).
function http.handler(fn, allowed_uids)
  return function(core, method, path, body, content_type, accept, content_length, peer)
    local request <const> = setmetatable({
      core = core, method = method, path = path, body = body, peer = peer,
      headers = { content_type = content_type, accept = accept, content_length = content_length },
    }, Request)
    if allowed_uids and peer.uid and not contains(allowed_uids, peer.uid) then
      request:respond { status = 403 }
    else
      fn(request)
    end
  end
end

local methods <const> = { GET = true, POST = true, PUT = true, DELETE = true }
local request_options <const> = {
  socket = "string?", address = "string?", port = "number?", method = "string?", path = "string?",
  host = "string?", headers = "table?", body = "string?", timeout = "number?", on_response = "function",
  on_error = "function?", on_head = "function?", on_data = "function?", limits = "table?",
  tls = "table?",
}

-- What the C side takes for TLS: a PEM file, or "" for the authorities of the system.
function http.authorities(tls)
  options.check(tls or {}, { authorities = "string?" })
  return tls and tls.authorities or ""
end

local function check_request(given)
  options.check(given, request_options)
  if (given.socket == nil) == (given.address == nil) then error("request: either socket or address", 4) end
  if not methods[given.method or "GET"] then error("request: unsupported method " .. given.method, 4) end
  local path <const> = given.path or "/"
  if (given.on_head == nil) ~= (given.on_data == nil) then
    error("request: on_head and on_data, or neither", 4)
  end
  if not path:find "^/[!-~]*$" or #path > 1024 then error("request: not a path: " .. path, 4) end
end

--- Send one request on a connection of its own; `loop:request`.
-- @param core the loop
-- @tparam table given `socket` path of a unix socket, or `address` and `port` (default 80, with TLS
--   443); `host` for the Host field; `method` GET, POST, PUT or DELETE (default GET), `path` (default
--   "/"), `headers`,
--   `body`, `timeout` in seconds (default 120), `limits` (message: size of the answer),
--   `tls` = {} or { authorities } as of `loop:connect`; either
--   `on_response(status, headers, body)` is called, headers being content_type, content_length,
--   content_range, content_encoding, transfer_encoding, location and retry_after, or
--   `on_error(message, code)`: not_connected, timed_out, too_large, refused (what came is no valid
--   answer), tls_failed, config_invalid (the path of the socket is too long, or `authorities`).
--   With `on_head(exchange, status, headers)` and `on_data(exchange, bytes)` the body goes to the latter
--   as it arrives, however large
--   it is, `on_response` gets none, and `timeout` is for the header and for every 4096 bytes
-- @return exchange with `:cancel()`: it ends with not_connected, unless it has ended
function http.request(core, given)
  check_request(given)
  local filled <const> = limits.fill(given.limits, limits.client)
  filled.response = given.timeout or filled.response
  local method <const>, body <const> = given.method or "GET", given.body or ""
  local length <const> = body == "" and method ~= "GET" and "Content-Length: 0\r\n" or ""
  return core:request {
    address = given.socket and "+" .. given.socket or given.address,
    port = given.port or given.tls and 443 or 80,
    authorities = given.tls and http.authorities(given.tls),
    host = given.host or given.socket and "localhost" or given.address,
    method = method, path = given.path or "/",
    fields = field_lines(given.headers) .. length, body = body, limits = filled,
    stream = given.on_data ~= nil, on_head = given.on_head, on_data = given.on_data,
    on_response = function(_, status, headers, answer) given.on_response(status, headers, answer) end,
    on_error = function(_, message, code)
      if given.on_error then given.on_error(message, code) end
    end,
  }
end

return http
