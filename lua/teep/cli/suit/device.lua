--- The device that `teep suit process` makes up: what it answers to conditions, where its payloads come from,
-- what it decrypts with.
-- @module teep.cli.suit.device
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local files <const> = require "teep.cli.files"
local suit <const> = require "teep.suit"

local device <const> = {}

local function constant(value)
  return value and function() return value end or nil
end

--- What conditions ask: absent as far as no option says it.
-- @tparam table arguments of the verb
-- @tparam Recorder record gets the metadata of what is written
-- @treturn table as suit.process takes it
function device.facts(arguments, record)
  return {
    vendor_identifier = arguments.vendor, class_identifier = arguments.class,
    device_identifier = arguments.device, clock = constant(arguments.time or os.time()),
    slot = constant(arguments.slot), battery = constant(arguments.battery),
    version = constant(arguments.installed_version),
    authorized = arguments.authorized and constant(true) or nil,
    metadata = function(_, id, metadata) return record:describe(id, metadata) end,
  }
end

-- The last part of the path, which leads nowhere else.
local function local_name(uri)
  local name <const> = uri:gsub("[?#].*$", ""):match "([^/]+)$"
  return name ~= "." and name ~= ".." and name or nil
end

local function skip(record, uri, why)
  if record:skip(why) then return true end
  return errors.fail("payload_not_found", "%s: %s, and it cannot be skipped", uri, why)
end

--- Payloads come from a folder, whole: this is for a developer's files.
-- @tparam Recorder record
-- @tparam string|nil folder
-- @treturn function as suit.process takes it
function device.fetch(record, folder)
  return function(uri, offset, sink)
    record:from(uri)
    if not folder then return skip(record, uri, "no --payloads given") end
    local bytes <const>, message <const> = files.read(("%s/%s"):format(folder, local_name(uri) or ""))
    if not bytes then return skip(record, uri, message) end
    return sink(bytes:sub(offset + 1))
  end
end

-- Without a key, what is decrypted is taken for what the manifest states.
local function pretend(record)
  return function()
    if not record:skip "no --decrypt-key given" then
      return errors.fail("operation_failed", "decrypt: no --decrypt-key given, and it cannot be skipped")
    end
    local function pass() return true end
    return { update = pass, finish = pass }
  end
end

--- Decryption: with keys where there are some; never of a ciphertext that was skipped.
-- @tparam Recorder record
-- @tparam {key,...} keys
-- @treturn function as suit.process takes it
function device.decrypt(record, keys)
  local decrypt <const>, skipping <const> = suit.decrypt_with(keys), pretend(record)
  return function(info, sink)
    record:from "decryption"
    if #keys == 0 or record.skipped then return skipping() end
    return decrypt(info, sink)
  end
end

--- Dependencies of an envelope that are integrated, by identifier: of a device that has them installed.
-- @tparam table view of `suit.verify`
-- @tparam Recorder record learns what they state
-- @treturn function as suit.process takes it
function device.dependency(view, record)
  local found <const> = {}
  for name, size in pairs(view.integrated) do
    local bytes <const> = view.envelope:payload(name, 0, size)
    local inner <const> = suit.decode(bytes)
    if inner and inner.manifest_component_id then
      found[component_id.format(inner.manifest_component_id)] = bytes
      record:learn(inner)
    end
  end
  return function(id) return record.installed and found[component_id.format(id)] or nil end
end

return device
