--- Admin routes of a TAM.
-- @module teep.daemon.tam_routes
local errors <const> = require "teep.errors"
local json <const> = require "teep.daemon.json"

local tam_routes = {}

local hex <const>, map <const> = require("teep.hex").encode, json.map

local function component(record)
  return {
    id = record.component_id, size = record.size, digest = record.digest and hex(record.digest),
    manifest = record.manifest,
  }
end

local function manifest(record)
  return {
    id = record.id, sequence_number = ("%u"):format(record.sequence_number), digest = hex(record.digest),
    signer = hex(record.signer), added = record.added, size = record.envelope and #record.envelope,
    components = map(record.components, function(item) return item.component_id end),
  }
end

local function device(store, record)
  local installed, message, code = store:tc_list(record.kid)
  if not installed then return nil, message, code end
  return {
    kid = hex(record.kid), algorithm = record.algorithm, status = record.status, seen = record.last_seen,
    first_seen = record.first_seen, components = map(installed, component),
  }
end

local function devices(store)
  local known, message, code = store:agents()
  if not known then return nil, message, code end
  local list = json.list{}
  for i, record in ipairs(known) do
    local one, why, reason = device(store, record)
    if not one then return nil, why, reason end
    list[i] = one
  end
  return list
end

-- The only device whose kid begins with these digits.
local function find_device(store, prefix)
  local list, message, code = devices(store)
  if not list then return nil, message, code end
  local found
  for _, one in ipairs(list) do
    if one.kid:sub(1, #prefix) == prefix then
      if found then return errors.fail("conflict", "several devices begin with %s", prefix) end
      found = one
    end
  end
  if not found then return errors.fail("not_found", "no device %s", prefix) end
  return found
end

local function manifests(store)
  local list, message, code = store:manifests()
  if not list then return nil, message, code end
  return map(list, manifest)
end

local function show(store, id)
  local record, message, code = store:manifest(id)
  if not record then return nil, message, code end
  return manifest(record)
end

local function remove(store, id)
  local ok, message, code = store:manifest_remove(id)
  if not ok then return nil, message, code end
  return { id = id }
end

local function status(settings, facts, store)
  local known, message, code = store:manifests()
  if not known then return nil, message, code end
  local agents, why, reason = store:agents()
  if not agents then return nil, why, reason end
  return {
    role = "tam", version = facts.version, uris = json.list(facts.uris), port = facts.port,
    store = settings.store, wire = settings.wire, manifests = #known, devices = #agents,
    keys = map(facts.keys, function(key)
      return { kid = hex(key:thumbprint()), algorithm = key:algorithm() }
    end),
  }
end

--- The routes, for `teep.daemon.router`.
-- @tparam table given `settings`, `tam`, `store`, `facts` (`version`, `uris`, `port`, `keys`)
-- @treturn {[string]=function}
function tam_routes.new(given)
  local store = given.store
  return {
    ["GET /status"] = function() return status(given.settings, given.facts, store) end,
    ["GET /manifests"] = function() return manifests(store) end,
    ["POST /manifests"] = function(envelope)
      local added, message, code = given.tam:add_manifest(envelope)
      if not added then return nil, message, code end
      return show(store, added.id)
    end,
    ["GET /manifests/*"] = function(_, id) return show(store, id) end,
    ["DELETE /manifests/*"] = function(_, id) return remove(store, id) end,
    ["GET /devices"] = function() return devices(store) end,
    ["GET /devices/*"] = function(_, kid) return find_device(store, kid) end,
  }
end

return tam_routes
