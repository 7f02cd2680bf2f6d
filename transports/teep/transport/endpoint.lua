--- What the bindings share: asking the TAM, and telling the host what passes.
-- @module teep.transport.endpoint
local endpoint = {}

local function ask(settings, session, bytes)
  if bytes == "" then return settings.tam:connect(session) end
  settings.observe("message", { direction = "in", bytes = bytes, session = session })
  return settings.tam:receive(session, bytes)
end

local function judge(settings, session, good, reply, ...)
  if good then return true, reply, ... end
  settings.observe("failed", {
    message = tostring(reply):match "[^\n]*", traceback = reply, session = session,
  })
  return false
end

--- Ask the TAM for its answer to a message, or for the start of a session. What it throws is observed as
-- `failed`.
-- @tparam table settings `tam`, `observe`
-- @tparam table session
-- @tparam string bytes "" for the start
-- @treturn[1] boolean true
-- @treturn[1] ?string answer of the TAM, and further results (message, code)
-- @treturn[2] boolean false: it threw
function endpoint.ask(settings, session, bytes)
  return judge(settings, session, xpcall(ask, debug.traceback, settings, session, bytes))
end

--- An answer went out.
-- @tparam table settings `observe`
-- @tparam table session
-- @tparam string bytes "" is no message
function endpoint.answered(settings, session, bytes)
  if bytes ~= "" then
    settings.observe("message", { direction = "out", bytes = bytes, session = session })
  end
end

return endpoint
