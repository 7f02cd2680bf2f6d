--- The daemon of a TAM: store, policies, keys, WebSocket and HTTP endpoint, admin socket.
-- @module teep.daemon.tam
local crypto <const> = require "teep.crypto"
local host <const> = require "teep.daemon.host"
local keys <const> = require "teep.config.keys"
local observer <const> = require "teep.daemon.observer"
local policy <const> = require "teep.policy"
local setup <const> = require "teep.tam.setup"
local store <const> = require "teep.store"
local tam <const> = require "teep.tam"
local tam_routes <const> = require "teep.daemon.tam_routes"
local transport <const> = require "teep.transport"
local version <const> = require("teep").version

local daemon = {}

local expiry_interval <const> = 300 -- seconds

local shown <const> = {
  dropped = { "warning", "code", "message" }, decision = { "info", "point", "verb", "policy", "reason" },
  report = { "warning", "kid", "manifest", "message" },
}

-- Settings of a policy go by its name, which is that of its file.
local function open_policies(settings)
  local paths, configs = {}, {}
  for i, entry in ipairs(settings.policies) do
    paths[i] = entry.path
    if next(entry.config) then configs[entry.path:match "([^/]+)$":gsub("%.lua$", "")] = entry.config end
  end
  return policy.open{ paths = paths, config = configs, isolation = "trusted" }
end

local function load_keys(settings)
  local own, message, code = keys.load_all(settings.keys, { private = true })
  if not own then return nil, message, code end
  local trust = {}
  for _, name in ipairs{ "agents", "signers", "reporters" } do
    trust[name], message, code = keys.load_all(settings.trust[name])
    if not trust[name] then return nil, ("trust.%s: %s"):format(name, message), code end
  end
  local decryption, why, reason = keys.load_all(settings.decryption_keys, { secret = true })
  if not decryption then return nil, "decryption_keys: " .. why, reason end
  return { signing = own, trust = trust, decryption = decryption }
end

-- The providers come first: they explain better why a key cannot be loaded.
local function open_tam(settings, running)
  local able, needed, lacking = setup.check_providers()
  if not able then return nil, needed, lacking end
  local loaded, flawed, code = load_keys(settings)
  if not loaded then return nil, flawed, code end
  local policies, message, reason = open_policies(settings)
  if not policies then return nil, message, reason end
  local opened, why, kind = store.open(settings.store, {
    timer = function(seconds, fn) running.loop:timer(seconds, fn) end,
  })
  if not opened then return nil, why, kind end
  if not opened.durable then
    running.logger:warning("the store is in memory: agents, tokens and manifests are lost at the end")
  end
  running:close_at_end(opened)
  local made, flaw, what = tam.new{
    keys = loaded.signing, trust = loaded.trust, decryption_keys = loaded.decryption, policy = policies,
    store = opened, wire = settings.wire,
    limits = settings.limits, clock = os.time, random = crypto.random,
    observe = observer.new(running.logger, shown, running.strangers),
  }
  if not made then return nil, flaw, what end
  return { tam = made, store = opened, keys = loaded.signing }
end

-- Tokens that were spent or never answered go once they have expired (T-018, T-122): at the start, as a TAM
-- may have been away for long, and every so often.
local function expire(running, server)
  running:task(function()
    local counts, message, code = server:expire()
    if not counts then running.logger:warning("expiry failed", "code", code, "message", message) end
  end)
  running.loop:timer(expiry_interval, function() expire(running, server) end)
end

-- What devices may have as `tam_uri`.
local function uris(listen, port)
  local name = listen.address:find(":", 1, true) and "[" .. listen.address .. "]" or listen.address
  local found = {}
  for i, scheme in ipairs(listen.tls and { "wss", "https" } or { "ws", "http" }) do
    found[i] = ("%s://%s:%d%s"):format(scheme, name, port, listen.path)
  end
  return found
end

-- No reason not to start: the clocks of the devices decide, and that of the TAM may not be set yet.
local function warn_of(running, server, tls)
  local flaw = server:certificate_flaw()
  if not flaw then return end
  running.logger:warning("no device will take the certificate of this TAM", "certificate", tls.certificate,
    "message", flaw)
end

local function start(settings, running)
  local listen = settings.listen
  if listen.tls then
    local secret, flawed, what = keys.check_tls(listen.tls.key)
    if not secret then return nil, flawed, what end
  end
  local open, message, code = open_tam(settings, running)
  if not open then return nil, message, code end
  local server, why, reason = transport.serve(running.loop, {
    address = listen.address, port = listen.port, path = listen.path, tls = listen.tls, tam = open.tam,
    observe = running:observer(),
  })
  if not server then return nil, why, reason end
  running:close_at_end(server)
  warn_of(running, server, listen.tls)
  local facts = { version = version, port = server.port, keys = open.keys, uris = uris(listen, server.port) }
  local served, flaw, kind = running:admin{
    name = "a TAM", socket = settings.admin_socket,
    routes = tam_routes.new{ settings = settings, tam = open.tam, store = open.store, facts = facts },
  }
  if not served then return nil, flaw, kind end
  expire(running, open.tam)
  return facts
end

--- Run until SIGTERM or SIGINT.
-- @tparam table settings checked TAM configuration
-- @treturn[1] integer exit code
-- @treturn[2] nil, string, string message and code: the daemon did not start
function daemon.run(settings)
  local running, message, code = host.new(settings, "tam")
  if not running then return nil, message, code end
  local facts, why, reason = start(settings, running)
  if not facts then
    running:close()
    return nil, why, reason
  end
  return running:run("role", "tam", "uris", table.concat(facts.uris, ","), "port", facts.port, "store",
    settings.store, "socket", settings.admin_socket)
end

return daemon
