--- Admin routes of a device's broker.
-- @module teep.daemon.broker_routes
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local json <const> = require "teep.daemon.json"

local broker_routes = {}

local hex <const>, map <const> = require("teep.hex").encode, json.map

local function component(entry)
  return {
    id = entry.component_id, size = entry.size, digest = hex(entry.digest),
    manifests = json.list(entry.manifests),
  }
end

local function manifest(entry)
  return {
    id = entry.manifest_component_id, sequence_number = ("%u"):format(entry.sequence_number),
    digest = hex(entry.digest), signer = hex(entry.kid), tam_uri = entry.tam_uri,
    components = json.list(entry.components),
  }
end

-- The public keys of the agent, those that can be had.
local function public_keys(agent)
  local list = {}
  for _, use in ipairs{ "messages", "reports", "encryption" } do
    local key = agent:key(use)
    list[use] = key and hex(key:public())
  end
  return list
end

local function status(given)
  local found, key = given.broker:status(), given.agent:key()
  return {
    role = "broker", version = given.version, tam_uri = given.settings.tam_uri,
    kid = hex(key:thumbprint()), algorithm = key:algorithm(), public_keys = public_keys(given.agent),
    driver = {
      name = given.driver.name, isolation = given.driver.isolation,
      hardware_root = given.driver.hardware_root,
    },
    components = map(found.components, component),
    manifests = map(found.manifests, manifest),
    requested = map(found.requested, function(entry) return entry.component_id end),
    unneeded = map(found.unneeded, function(entry) return entry.manifest_component_id end),
    downloads = json.list(found.downloads), broken = json.list(found.broken),
    sessions = json.list(found.sessions), waiting = found.waiting,
  }
end

local function wanted(body)
  local value, message, code = json.decode(body)
  if value == nil then return nil, message, code end
  local text = type(value) == "table" and value.component_id
  if type(text) ~= "string" then return errors.fail("missing_field", "component_id: is missing") end
  return component_id.parse(text)
end

local function version(entry)
  return { id = entry.manifest_component_id, sequence_number = ("%u"):format(entry.sequence_number) }
end

local function told(outcome, message, code)
  if not outcome then return nil, message, code end
  return {
    outcome = outcome.outcome, component_id = outcome.component_id, size = outcome.size,
    digest = outcome.digest and hex(outcome.digest), message = outcome.message,
    manifests = outcome.manifests and map(outcome.manifests, version),
  }
end

local function checked(outcome, message, code)
  if not outcome then return nil, message, code end
  return {
    outcome = outcome.outcome, sessions = outcome.sessions, installed = json.list(outcome.installed),
    removed = json.list(outcome.removed),
  }
end

--- The routes, for `teep.daemon.router`. POST answers when the session with the TAM is over.
-- @tparam table given `settings`, `broker`, `agent`, `driver`, `version`
-- @treturn {[string]=function}
function broker_routes.new(given)
  local function run(verb, body)
    local id, message, code = wanted(body)
    if not id then return nil, message, code end
    return told(given.broker[verb](given.broker, id))
  end
  return {
    ["GET /status"] = function() return status(given) end,
    ["POST /request"] = function(body) return run("request", body) end,
    ["POST /unrequest"] = function(body) return run("unrequest", body) end,
    ["POST /check"] = function() return checked(given.broker:check()) end,
  }
end

return broker_routes
