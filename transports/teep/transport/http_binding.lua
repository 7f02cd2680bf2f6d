--- TEEP over HTTP (draft-ietf-teep-otrp-over-http-15): one POST = one TEEP message, its answer = the next.
-- An empty POST starts a session, an answer without content ends it. Nothing but the tokens inside of the
-- messages ties the requests of a session together. No redirects, no cookies, no Cache-Control.
-- @module teep.transport.http_binding
local endpoint <const> = require "teep.transport.endpoint"
local errors <const> = require "teep.errors"
local limits <const> = require "teep.transport.limits"
local media <const> = require "teep.transport.media"
local options <const> = require "teep.options"
local printable <const> = require "teep.transport.printable"
local repeats <const> = require "teep.transport.repeats"
local task <const> = require "teep.task"
local uri <const> = require "teep.transport.uri"

-- Server.

-- Section 5.2: each of them on every answer that carries a message.
local message_fields <const> = {
  ["Content-Type"] = media.teep, ["X-Content-Type-Options"] = "nosniff",
  ["Content-Security-Policy"] = "default-src 'none'", ["Referrer-Policy"] = "no-referrer",
}

local function respond(request, bytes)
  if bytes == "" then return request:respond { status = 204 } end
  return request:respond { headers = message_fields, body = bytes }
end

-- What is wrong at the TAM, not with the message. The same bytes may be welcome later (503), or not (500).
local passing <const> = {
  busy = true, store_failed = true, io_failed = true, no_space = true, no_memory = true, timed_out = true,
}
local lasting <const> = {
  policy_failed = true, hard_rule = true, corrupt = true, crypto_failed = true,
  attestation_unsupported = true,
}

local function fail(request, code)
  request:respond { status = passing[code] and 503 or 500 }
end

-- The answer of the TAM: bytes ("" for nothing more) and whether they may be kept; nil and the code of what
-- failed.
local function judge(good, reply, _, code)
  if not good or passing[code] or lasting[code] then return nil, code end
  return reply or "", code == nil
end

local function new_session(request)
  return { transport = "http", peer = request.peer }
end

local function deliver(settings, request, session, bytes, code)
  if not bytes then return fail(request, code) end
  if respond(request, bytes) then endpoint.answered(settings, session, bytes) end
end

local function answer(settings, request, entry)
  local session <const> = new_session(request)
  local bytes <const>, detail <const> = judge(endpoint.ask(settings, session, request.body))
  local waiting <const> = entry and settings.repeats:finish(entry, detail == true and bytes or nil) or {}
  deliver(settings, request, session, bytes, detail)
  for _, one in ipairs(waiting) do deliver(settings, one, new_session(one), bytes, detail) end
end

local function answer_repeat(settings, request, entry)
  local session <const> = new_session(request)
  settings.observe("message", { direction = "in", bytes = request.body, session = session })
  if not entry.answer then return table.insert(entry.waiting, request) end
  deliver(settings, request, session, entry.answer)
end

local function receive(settings, request)
  if request.body == "" then return task.run(answer, settings, request) end
  local entry <const> = settings.repeats:find(request.body)
  if entry.answer or entry.waiting then return answer_repeat(settings, request, entry) end
  settings.repeats:start(entry)
  task.run(answer, settings, request, entry)
end

--- The handler of `loop:serve{ http = }` behind which a TAM answers at one path.
-- 200 with a message, 204 when there is nothing more to say or the message was dropped: probing learns
-- nothing. 404 other path, 405 other method than POST, 406 Accept without TEEP, 415 content that is not
-- TEEP, 503 with Retry-After when the TAM cannot at present, 500 when it failed. A message that comes again
-- within a minute gets the answer of the first.
-- @tparam table settings `tam`, `path`, `observe`, `limits` (answers, answers_size)
-- @treturn function
local function handler(settings)
  settings.repeats = repeats.new {
    answers = settings.limits.answers, answers_size = settings.limits.answers_size, clock = os.time,
  }
  return function(request)
    if request.path ~= settings.path then return request:respond { status = 404 } end
    if request.method ~= "POST" then
      return request:respond { status = 405, headers = { Allow = "POST" } }
    end
    if request.body ~= "" and not media.is_teep(request.headers.content_type) then
      return request:respond { status = 415 }
    end
    if not media.accepts(request.headers.accept) then return request:respond { status = 406 } end
    receive(settings, request)
  end
end

-- Client: what the broker holds.

local Connection = {}
Connection.__index = Connection

local function note(self, direction, bytes)
  if bytes ~= "" then self.observe("message", { direction = direction, bytes = bytes }) end
end

-- Redirects are failures like all the others, and never followed (section 4 of the draft).
local function read_answer(self, status, headers, body)
  if status >= 300 then
    local later <const> = headers.retry_after and ", retry after " .. printable(headers.retry_after) or ""
    return errors.fail("refused", "the TAM answers with status %d%s", status, later)
  end
  if body ~= "" and not media.is_teep(headers.content_type) then
    return errors.fail("unexpected_message", "the TAM answers with %s",
      headers.content_type and printable(headers.content_type) or "content without Content-Type")
  end
  note(self, "in", body)
  return body
end

local function post(self, bytes, done)
  local target <const> = self.target
  return self.loop:request {
    address = target.address, port = target.port, host = target.host, method = "POST", path = target.path,
    tls = target.tls and self.tls or nil,
    headers = { Accept = media.teep, ["Content-Type"] = bytes ~= "" and media.teep or nil },
    body = bytes, limits = self.limits, timeout = self.limits.idle,
    on_response = function(...) done(read_answer(self, ...)) end,
    on_error = function(message, code) done(nil, message, code) end,
  }
end

--- Send one message and wait for the one answer, on a connection of its own; takes as long as the TAM takes,
-- up to limit `idle`.
-- @tparam string bytes a TEEP message, "" to start a session
-- @treturn[1] string answer, "" when the TAM has nothing more to say
-- @treturn[2] nil, string, string message and code: not_connected, timed_out, too_large, tls_failed,
--   config_invalid (authorities), refused (status 300 and above; or no valid HTTP), unexpected_message
--   (content that is not TEEP)
function Connection:exchange(bytes)
  if self.asking then error("exchange: one message at a time", 2) end
  if self.gone then return nil, "connection closed", "not_connected" end
  return self.await(function(done)
    note(self, "out", bytes)
    self.asking = post(self, bytes, function(...)
      self.asking = nil
      done(...)
    end)
  end)
end

--- End the session; an exchange under way ends with not_connected.
function Connection:close()
  self.gone = true
  if self.asking then self.asking:cancel() end
end

local connect_options <const> = {
  await = "function?", limits = "table?", observe = "function?", tls = "table?",
}

--- Prepare a session with a TAM; nothing is sent before the first exchange.
-- @param loop of @{teep.transport}
-- @tparam string text http://host[:port]/path or https://...
-- @tparam[opt] table given `await` (default `teep.task.await`), `limits`; `tls` as of `loop:connect`;
--   `observe(event, details)`,
--   called with `message` { direction, bytes } for every TEEP message
-- @treturn[1] connection with `:exchange(bytes)` and `:close()`
-- @treturn[2] nil, string, string message and code: config_invalid
-- @usage local connection = assert(http_binding.connect(loop, "http://127.0.0.1:8080/teep"))
-- local query_request = assert(connection:exchange(""))
local function connect(loop, text, given)
  given = options.check(given or {}, connect_options)
  local target <const>, message <const>, code <const> = uri.parse(text)
  if not target then return nil, message, code end
  if not target.scheme:find "^http" then
    return errors.fail("config_invalid", "%s: want http://host[:port]/path", text)
  end
  return setmetatable({
    loop = loop, target = target, tls = given.tls or {}, await = given.await or task.await,
    observe = given.observe or function() end, limits = limits.fill(given.limits, limits.client),
  }, Connection)
end

return { handler = handler, connect = connect }
