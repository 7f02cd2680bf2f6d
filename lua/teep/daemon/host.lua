--- What both daemons share: log, event loop, admin socket, signals, a clean end.
-- @module teep.daemon.host
local lfs <const> = require "lfs"
local log <const> = require "teep.log"
local messages <const> = require "teep.daemon.messages"
local providers <const> = require "teep.config.providers"
local router <const> = require "teep.daemon.router"
local strangers <const> = require "teep.daemon.strangers"
local task <const> = require "teep.task"
local transport <const> = require "teep.transport"

local Host = {}
Host.__index = Host

-- An envelope with an integrated payload is the largest thing an operator sends.
local admin_limits <const> = { message = 64 * 1024 * 1024, response = math.huge, idle = math.huge }

local json_type <const> = { ["Content-Type"] = "application/json" }

local function one_line(text) return (tostring(text):gsub("%s*\n%s*", " | ")) end

--- Log what should never happen.
-- @param fault error value or traceback
function Host:fault(fault) self.logger:error("internal error", "message", one_line(fault)) end

--- An `observe(event, details)` for the transport: messages are noted, faults are logged.
-- @treturn function
function Host:observer()
  return function(event, details)
    if event == "message" then
      local session = details.session
      self.messages:note(details.direction, details.bytes, session and not session.kid)
    else
      self:fault(details.traceback)
    end
  end
end

--- Run a function as a task; what it throws is logged, and `on_fault()` called.
-- @tparam function fn
-- @tparam[opt] function on_fault
function Host:task(fn, on_fault)
  task.run(function()
    local ok, fault = xpcall(fn, debug.traceback)
    if ok then return end
    self:fault(fault)
    if on_fault then on_fault() end
  end)
end

--- An `await` for everything that goes over the network: as that of `teep.task`, but what still waits when
-- the daemon stops is never resumed. A session that went on would meet a driver that is closed.
-- @treturn function
function Host:awaiter()
  return function(operation)
    return task.await(function(done)
      operation(function(...)
        if not self.stopped then done(...) end
      end)
    end)
  end
end

--- Serve routes on the admin socket, to the user that runs the daemon and to root.
-- @tparam table given `socket` (path), `routes` of teep.daemon.router, `name` of the daemon, for people who
--   ask the wrong one
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code: `busy` when a daemon runs there already
function Host:admin(given)
  local routing = router.new(given.name, given.routes)
  return self:serve{
    socket = given.socket, limits = admin_limits, allowed_uids = { 0, lfs.attributes("/proc/self", "uid") },
    http = function(request)
      self:task(function()
        local status, body = routing:answer(request)
        request:respond{ status = status, headers = json_type, body = body }
      end, function() request:respond{ status = 500, headers = json_type, body = router.internal_error } end)
    end,
  }
end

--- Listen; the server is closed at the end.
-- @tparam table options of `loop:serve`
-- @treturn[1] server
-- @treturn[2] nil, string, string message and code
function Host:serve(options)
  local server, message, code = self.loop:serve(options)
  if not server then return nil, message, code end
  table.insert(self.closing, 1, server)
  return server
end

--- Have something closed at the end, after everything that was added later.
function Host:close_at_end(object) table.insert(self.closing, 1, object) end

--- Close everything, in the opposite order of opening.
function Host:close()
  self.stopped = true
  self.strangers:flush()
  for _, object in ipairs(self.closing) do object:close() end
  self.closing = {}
  self.loop:close()
end

--- Tell that the daemon is ready and run until SIGTERM or SIGINT.
-- @param ... pairs for the log line
-- @treturn integer exit code 0
function Host:run(...)
  self.loop:on_signal(function(name)
    self.logger:info("stopping", "signal", name)
    self.loop:stop()
  end)
  self.logger:info("ready", "providers", providers.in_use(), ...)
  self.loop:run()
  self:close()
  return 0
end

local host = {}

--- A host.
-- @tparam table settings checked configuration: `log`, `messages`, `wire`
-- @tparam string role as it appears in message lines
-- @treturn[1] Host with `logger`, `loop`, `messages`
-- @treturn[2] nil, string, string message and code
function host.new(settings, role)
  local ordered, flawed, what = providers.use(settings.providers, "providers")
  if not ordered then return nil, flawed, what end
  local logger, message, code = log.new{ level = settings.log.level, file = settings.log.file }
  if not logger then return nil, message, code end
  local self = setmetatable({ logger = logger, closing = {} }, Host)
  self.strangers = strangers.new{
    rate = settings.log.strangers, logger = logger, timer = function(...) return self.loop:timer(...) end,
  }
  local why, reason
  self.messages, why, reason = messages.new{ role = role, logger = logger, wire = settings.wire,
    folder = settings.messages, strangers = self.strangers }
  if not self.messages then return nil, why, reason end
  local loop, flaw, kind = transport.loop()
  if not loop then return nil, flaw, kind end
  self.loop = loop
  loop.on_error = function(text) self:fault(text) end
  return self
end

return host
