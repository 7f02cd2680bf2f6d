--- The host that a case describes: what `suit.process` is given.
local component_id <const> = require "teep.component_id"
local encode <const> = require "fuzz.suit.encode"
local encryption <const> = require "fixtures.suit_encryption"
local errors <const> = require "teep.errors"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"
local vocabulary <const> = require "fuzz.suit.vocabulary"

local slots <const> = { a = 0, b = 1, c = 2 }
local none <const> = {}

local function happens(argument, limit)
  if argument == 0 then return errors.fail("timed_out", "nothing for %d seconds", limit) end
  return true
end

local wait <const> = {}
for _, name in ipairs{ "authorization", "power", "network", "other_device", "time", "time_of_day", "day_of_week",
  "time_of_day_utc" } do
  wait[name] = happens
end

local abilities <const> = {
  device_identifier = ("d"):rep(16), wait = wait,
  clock = function() return 1000 end,
  slot = function(id) return slots[id[1]] end,
  battery = function() return 50 end,
  authorized = function(priority) return priority >= 0 end,
  version = function(id) return id[1] == "a" and { 1, 2 } or id[1] == "b" and { 1, 2, -1 } or nil end,
  metadata = function(_, _, metadata)
    if metadata.file_type == "directory" then return errors.fail("unsupported", "no directories here") end
    return true
  end,
}

local decrypt <const> = suit.decrypt_with{ encryption.kek }

local function fetch(drips)
  return function(uri, offset, sink)
    local content <const> = vocabulary.network[uri]
    if not content then return errors.fail("not_found", "%s: no such file", "network") end
    local size <const> = drips and 1 + #content // 7 or #content
    for at = offset + 1, #content, size do
      local ok <const>, message <const>, code <const> = sink(content:sub(at, at + size - 1))
      if not ok then return ok, message, code end
    end
    return true
  end
end

local services <const> = {
  fetch = function(_, host) return fetch(host.drips) end,
  decrypt = function() return decrypt end,
  current = function(_, host) return function() return host.installed and host.installed // 2 end end,
  keep = function(case) return function(id) return case.held[component_id.format(id)] or false end end,
  dependency = function(case, host)
    return function(id)
      local manifest <const> = host.has_child and (id[1] == "child" and case.child or id[1] == "grand" and case.grand)
      if not manifest then return nil end
      return manifest.envelope, host.has_child % 2 == 0 and raw.digest(encode.bytes(manifest.bytes))[2] or nil
    end
  end,
}

-- Beyond these limits a case would show nothing but its own size.
local bounds <const> = { steps = 400, buffered_bytes = 1 << 20, payload_bytes = 1 << 19 }

local function limits_of(host)
  local limits <const> = {}
  for name, value in pairs(bounds) do limits[name] = value end
  for name, value in pairs(host.limits or none) do limits[name] = value end
  return limits
end

--- Options of `suit.process` but for driver and transaction, and those of `suit.verify`.
-- @tparam table case encoded
-- @treturn table for process
-- @treturn table for verify
return function(case)
  local host <const> = case.host or none
  local lacks <const> = host.lacks or none
  local device <const> = {
    vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier,
  }
  for name, ability in pairs(abilities) do device[name] = not lacks[name] and ability or nil end
  local given <const> = {
    procedure = case.procedure, device = device, rules = case.rules, limits = limits_of(host),
    rights = host.rights and { mac = host.rights },
  }
  for name, service in pairs(services) do
    if not lacks[name] then given[name] = service(case, host) end
  end
  return given, { keys = { encode.signer }, algorithms = { "HMAC-256" }, limits = given.limits }
end
