--- `teep.transport.download`: one GET of a payload, streamed, from an offset on (RFC 9110, section 14).
-- @module teep.transport.download
local errors <const> = require "teep.errors"
local limits <const> = require "teep.transport.limits"
local options <const> = require "teep.options"
local printable <const> = require "teep.transport.printable"
local task <const> = require "teep.task"
local uri <const> = require "teep.transport.uri"

local function check_scheme(text, schemes)
  local scheme <const> = text:match "^(%a[%w+.-]*):"
  for _, allowed in ipairs(schemes) do
    if scheme == allowed then return true end
  end
  return errors.fail("denied", "%s: the scheme is not allowed, only %s", text, table.concat(schemes, ", "))
end

local missing <const> = { [404] = true, [410] = true }

-- What a server may answer otherwise a little later: the client errors that say so (RFC 9110, section 15.5.9;
-- RFC 8470; RFC 6585), and its own (15.6).
local passing <const> = { [408] = true, [425] = true, [429] = true }

local function check_status(self, status, headers)
  if missing[status] then return errors.fail("payload_not_found", "status %d", status) end
  if passing[status] or status >= 500 then return errors.fail("busy", "status %d", status) end
  if status ~= 200 and status ~= 206 then
    local place <const> = status == 416 and (" for byte %d on"):format(self.offset) or ""
    return errors.fail("refused", "status %d%s", status, place)
  end
  local coding <const> = (headers.content_encoding or "identity"):lower()
  if coding ~= "identity" then
    return errors.fail("unexpected_message", "Content-Encoding %s, want none", printable(coding))
  end
  return true
end

-- Content-Range (RFC 9110, section 14.4) has to begin where we asked; the range ends at `self.stop`.
local function read_range(self, headers)
  local text <const> = headers.content_range or ""
  local first, last, total = text:match "^bytes (%d+)-(%d+)/([%d*]+)$"
  first, last = math.tointeger(tonumber(first)), math.tointeger(tonumber(last))
  if self.offset == 0 or first ~= self.offset or not last or last < first then
    return errors.fail("unexpected_message", "Content-Range \"%s\", asked for byte %d on",
      printable(text), self.offset)
  end
  self.position, self.stop = first, last + 1
  self.total = total == "*" and self.stop or math.tointeger(tonumber(total))
  if not self.total or self.total < self.stop then
    return errors.fail("unexpected_message", "Content-Range \"%s\" ends behind the whole", text)
  end
  return true
end

-- Where the whole ends, as far as the header tells.
local function check_size(self, headers)
  local length <const> = math.tointeger(tonumber(headers.content_length))
  if length and self.stop and length ~= self.stop - self.position then
    return errors.fail("unexpected_message", "Content-Length %d, but Content-Range has %d bytes", length,
      self.stop - self.position)
  end
  self.total = self.total or length
  if self.total and self.total > self.limits.download then
    return errors.fail("too_large", "%d bytes, limit is %d", self.total, self.limits.download)
  end
  return true
end

local function read_head(self, status, headers)
  local good, message, code = check_status(self, status, headers)
  if good and status == 206 then good, message, code = read_range(self, headers) end
  if good then good, message, code = check_size(self, headers) end
  return good, message, code
end

-- A server without ranges sends the whole: what was received before is skipped.
local function take(self, bytes)
  local from <const> = self.position
  self.position = from + #bytes
  if self.position > self.limits.download then
    return errors.fail("too_large", "more than %d bytes", self.limits.download)
  end
  if self.stop and self.position > self.stop then
    return errors.fail("unexpected_message", "more than Content-Range tells")
  end
  if self.position <= self.offset then return true end
  return self.sink(from < self.offset and bytes:sub(self.offset - from + 1) or bytes)
end

-- The body has ended; what came is kept by the sink, and the next attempt goes on from there.
local function finish(self)
  if self.position < self.offset then
    return errors.fail("unexpected_message", "%d bytes, fewer than were received before", self.position)
  end
  if self.total and self.position < self.total then
    return errors.fail("not_connected", "%d bytes of %d", self.position, self.total)
  end
  return true
end

-- End with this, once the connection is closed.
local function stop(self, exchange, ...)
  self.outcome = table.pack(...)
  exchange:cancel()
end

local function on_head(self, exchange, status, headers)
  if status == 416 and headers.content_range == ("bytes */%d"):format(self.offset) then
    return stop(self, exchange, true) -- nothing was missing
  end
  local good <const>, message <const>, code <const> = read_head(self, status, headers)
  if not good then stop(self, exchange, nil, message, code) end
end

local function on_data(self, exchange, bytes)
  local good <const>, message <const>, code <const> = take(self, bytes)
  if not good then stop(self, exchange, nil, message or "the receiver failed", code or "io_failed") end
end

local function start(self, loop, target, done)
  loop:request {
    address = target.address, port = target.port, host = target.host, path = target.path,
    tls = target.tls and self.tls or nil,
    headers = {
      ["Accept-Encoding"] = "identity",
      Range = self.offset > 0 and ("bytes=%d-"):format(self.offset) or nil,
    },
    limits = limits.part(self.limits, limits.client), timeout = self.limits.stall,
    on_head = function(...) on_head(self, ...) end,
    on_data = function(...) on_data(self, ...) end,
    on_response = function() done(finish(self)) end,
    on_error = function(message, code)
      if self.outcome then return done(table.unpack(self.outcome, 1, self.outcome.n)) end
      done(nil, message, code)
    end,
  }
end

local download_options <const> = {
  await = "function?", schemes = "table?", limits = "table?", tls = "table?",
}

--- Fetch a payload, or the rest of it: one attempt. Neither redirects nor content codings; a server that does
-- not know ranges sends everything, and what was received before is skipped.
-- @param loop of @{teep.transport}
-- @tparam string text URI
-- @tparam integer offset how many bytes were received before
-- @tparam function sink `sink(bytes) -> true | nil, message, code`, called with the pieces as they arrive, up
--   to 4096 bytes each, and may not wait; its failure ends the download at once
-- @tparam[opt] table given `await` (default `teep.task.await`); `schemes` allowed (default only https);
--   `tls` as of `loop:connect`; `limits`: `limits.download` of @{teep.transport.limits}
-- @treturn[1] true the whole was received
-- @treturn[2] nil, string, string message and code: of the sink; denied (scheme), config_invalid,
--   tls_failed, payload_not_found (404, 410), busy (408, 425, 429, 500 and above), refused (other status),
--   unexpected_message (not what was asked for), too_large; not_connected and timed_out: go on from what was
--   received. A body that ends with the connection and has no length counts as whole
-- @usage local received = 0
-- local good, message, code = transport.download(loop, "http://127.0.0.1:8080/app.bin", received,
--   function(bytes) received = received + #bytes return slot:write(bytes) end, { schemes = { "http" } })
return function(loop, text, offset, sink, given)
  given = options.check(given or {}, download_options)
  if math.type(offset) ~= "integer" or offset < 0 then error("download: not an offset", 2) end
  local self <const> = {
    offset = offset, position = 0, sink = sink, limits = limits.fill(given.limits, limits.download),
    tls = given.tls or {},
  }
  local good, message, code = check_scheme(text, given.schemes or { "https" })
  if not good then return nil, message, code end
  local target <const>, flaw <const>, reason <const> = uri.parse(text)
  if not target then return nil, flaw, reason end
  return (given.await or task.await)(function(done) start(self, loop, target, done) end)
end
