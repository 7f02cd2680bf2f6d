--- One payload by URI: the verbs a flow's `fetch` has, bound to it.
-- Bytes go to the sink once and in order, whatever the line does: an attempt begins where the one before
-- it ended. What the sink refuses (device full, too large, other bytes than announced) no other attempt
-- can mend.
-- @module teep.broker.download
local backoff <const> = require "teep.broker.backoff"

local Download = {}
Download.__index = Download

local download = {}

-- Failures that may pass; another attempt at the others would end in the same way.
local passing <const> = { not_connected = true, timed_out = true, busy = true, truncated = true }

--- A URI as people may see it: scheme, host and path. User, password and query may be secrets.
-- @tparam string uri
-- @treturn string
-- @usage download.public("https://me:secret@host/a?key=1") --> "https://host/a"
function download.public(uri)
  local scheme <const>, authority <const>, path <const> = uri:match "^(%a[%w+.-]*)://([^/?#]*)([^?#]*)"
  if not scheme then return (uri:match "^%a[%w+.-]*:" or "") .. "..." end
  return ("%s://%s%s"):format(scheme, authority:gsub("^.*@", ""), path)
end

local function replace(text, secret, by)
  local first <const>, last <const> = text:find(secret, 1, true)
  if not first then return text end
  return text:sub(1, first - 1) .. by .. replace(text:sub(last + 1), secret, by)
end

-- A reason of the transport may quote the URI, or a part of it.
local function public_reason(self, reason)
  reason = replace(tostring(reason or "closed"), self.uri, self.public_uri)
  local user <const>, query <const> = self.uri:match "^[^:]+://([^/?#]*@)", self.uri:match "%?[^#]+"
  if user then reason = replace(reason, user, "") end
  return query and replace(reason, query, "") or reason
end

--- Begin a download.
-- @tparam Broker broker
-- @tparam string uri
-- @tparam integer offset of the first byte the sink wants
-- @tparam function sink `sink(bytes) -> true | nil, message, code`
-- @treturn Download
function download.new(broker, uri, offset, sink)
  return setmetatable({ broker = broker, uri = uri, public_uri = download.public(uri), offset = offset,
    sink = sink, received = 0, attempts = 0, given = { uri = uri, received = 0 },
    began = broker.clock and broker.clock() }, Download)
end

local function fail(self, final, message, code)
  self.final, self.message, self.code = final, message, code
  return nil, message, code
end

-- A server that sends just enough to be waited for would hold the session, and all that wait for it.
local function check_time(self)
  local limit <const> = self.broker.limits.fetch_time
  if not self.began or self.broker.clock() - self.began <= limit then return true end
  return fail(self, true, ("%d bytes in %d seconds, no more time"):format(self.received, limit), "timed_out")
end

local function take(self, bytes)
  if self.final or not check_time(self) then return nil, self.message, self.code end
  local limit <const> = self.broker.limits.fetch_size
  if #bytes > limit - self.received then
    return fail(self, true, ("the payload exceeds %d bytes"):format(limit), "too_large")
  end
  local ok <const>, message <const>, code <const> = self.sink(bytes)
  if not ok then return fail(self, true, message or "the device refused it", code or "operation_failed") end
  self.received = self.received + #bytes
  return true
end

local function attempt(self)
  if not check_time(self) then return nil end
  if self.attempts >= self.broker.limits.fetch_attempts then
    local message <const> = ("%d attempts, the last: %s"):format(self.attempts, self.message)
    return fail(self, true, message, "limit_reached")
  end
  self.attempts = self.attempts + 1
  local ok <const>, message <const>, code <const> = self.broker.download(self.uri,
    self.offset + self.received, function(bytes) return take(self, bytes) end)
  self.given.received = self.received
  if self.final then return nil end -- the sink's failure tells more than the line's
  self.complete = ok
  if not ok then fail(self, not passing[code], public_reason(self, message), code or "not_connected") end
end

local function fetch(self, given)
  if given ~= self.given then error("fetch: want the download", 2) end
  if not self.complete and not self.final then
    attempt(self)
    if not self.complete then
      self.broker:emit("fetch_failed", { uri = self.public_uri, received = self.received, code = self.code,
        reason = self.message })
    end
  end
  if self.complete then return true end
  return nil, self.message
end

local function retry(self, number)
  local broker <const> = self.broker
  if self.final or number >= broker.limits.attempts then return false end
  local seconds <const> = backoff.seconds(number, broker.random)
  broker:emit("retry", { uri = self.public_uri, attempt = number, seconds = seconds })
  broker.sleep(seconds)
  return true
end

--- The verbs of a flow's `fetch`, bound to this download.
-- @treturn {[string]=function} `fetch(download)`, `retry(attempt)`, `wait(seconds)`
function Download:verbs()
  return {
    fetch = function(given) return fetch(self, given) end,
    retry = function(number) return retry(self, number) end,
    wait = function(seconds) self.broker.sleep(seconds) end,
  }
end

--- What a flow may know of its download.
-- @treturn table `{ uri, received }`: `received` counts the bytes that have reached the device
function Download:facts() return self.given end

--- What people may know of it.
-- @treturn table `{ uri, received, attempts }`, the URI without user, password and query
function Download:status()
  return { uri = self.public_uri, received = self.received, attempts = self.attempts }
end

return download
