--- The daemon on a device: TEE driver, TEEP Agent, TEEP Broker, admin socket.
-- @module teep.daemon.broker
local hex <const> = require "teep.hex"
local backoff <const> = require "teep.broker.backoff"
local broker <const> = require "teep.broker"
local broker_routes <const> = require "teep.daemon.broker_routes"
local crypto <const> = require "teep.crypto"
local device <const> = require "teep.daemon.device"
local host <const> = require "teep.daemon.host"
local observer <const> = require "teep.daemon.observer"
local transport <const> = require "teep.transport"
local version <const> = require("teep").version

local daemon = {}

-- What agent and broker tell beside the messages, which have lines of their own.
local agent_events <const> = {
  refused = { "warning", "code", "message" }, dropped = { "warning", "code", "message" },
  report_failed = { "warning", "code", "message" }, settled = { "info", "verdict" },
}
local broker_events <const> = {
  session = { "info", "state", "cause", "tam_uri", "code", "message" },
  transport_failed = { "warning", "tam_uri", "reason" }, retry = { "info", "uri", "attempt", "seconds" },
  fetch = { "info", "state", "uri", "received", "attempts", "code", "message" },
  fetch_failed = { "warning", "uri", "received", "code", "reason" },
  outcome = { "info", "outcome", "component_id", "code", "message" },
}

local function open_broker(settings, running, agent)
  local loop, fetch, await = running.loop, settings.fetch, running:awaiter()
  local lines = { observe = running:observer(), tls = settings.tls, await = await }
  local downloads = { schemes = fetch.schemes, tls = settings.tls, limits = { download = fetch.size },
    await = await }
  return broker.new{
    agents = { agent }, flow = settings.flow, clock = os.time, random = crypto.random,
    connect = function(tam_uri) return transport.connect(loop, tam_uri, lines) end,
    download = function(uri, offset, sink) return transport.download(loop, uri, offset, sink, downloads) end,
    sleep = function(seconds) await(function(done) loop:timer(seconds, done) end) end,
    observe = observer.new(running.logger, broker_events),
    limits = { fetch_size = fetch.size, fetch_attempts = fetch.attempts, fetch_time = fetch.time },
  }
end

-- RequestPolicyCheck every so often (RFC 9397 section 6.2.1).
local function check_regularly(settings, running, made)
  if not settings.check_interval then return end
  running.loop:timer(settings.check_interval, function()
    running:task(function() made:check() end)
    check_regularly(settings, running, made)
  end)
end

-- What was not finished when the device went off goes on when it is back, not all devices in one instant.
local function go_on(running, made)
  local status = made:status()
  if #status.requested + #status.unneeded == 0 then return end
  running.loop:timer(backoff.seconds(1, crypto.random), function()
    running:task(function() made:check() end)
  end)
end

local function start(settings, running)
  local made
  local agent, driver, code = device.open(settings, {
    observe = observer.new(running.logger, agent_events), fetch = function(...) return made:fetch(...) end,
  })
  if not agent then return nil, driver, code end
  running:close_at_end(driver)
  local message, reason
  made, message, reason = open_broker(settings, running, agent)
  if not made then return nil, message, reason end
  local served, why, kind = running:admin{
    name = "a device", socket = settings.admin_socket,
    routes = broker_routes.new{
      settings = settings, broker = made, agent = agent, driver = driver, version = version,
    },
  }
  if not served then return nil, why, kind end
  go_on(running, made)
  check_regularly(settings, running, made)
  return agent
end

--- Run until SIGTERM or SIGINT.
-- @tparam table settings checked device configuration
-- @treturn[1] integer exit code
-- @treturn[2] nil, string, string message and code: the daemon did not start
function daemon.run(settings)
  local running, message, code = host.new(settings, "device")
  if not running then return nil, message, code end
  local agent, why, reason = start(settings, running)
  if not agent then
    running:close()
    return nil, why, reason
  end
  return running:run("role", "broker", "kid", hex.encode(agent:key():thumbprint()), "tam", settings.tam_uri,
    "socket", settings.admin_socket)
end

return daemon
