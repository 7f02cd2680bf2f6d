--- Conditions of SUIT (draft-ietf-suit-manifest section 8.4.9): one function each.
-- A condition looks at the component `index` of a frame and changes nothing of it; that its bytes are those
-- stated is noted. It returns true and the measured values, or `nil, message, code, measured`.
-- @module teep.suit.conditions
local crypto <const> = require "teep.crypto"
local dependency <const> = require "teep.suit.dependency"
local errors <const> = require "teep.errors"
local metadata <const> = require "teep.suit.metadata"

local conditions = {}

local function failed(measured, ...)
  local _, message, code = errors.fail("condition_failed", ...)
  return nil, message, code, measured
end

local hex <const> = require("teep.hex").encode

local function identifier(name, title)
  return function(state, frame, index)
    local wanted <const>, own <const> = frame:parameters(index)[name], state.device[name]
    if wanted and wanted == own then return true, { [name] = own } end
    if not wanted then return failed({ [name] = own }, "%s: the parameter is not set", title) end
    return failed({ [name] = own }, "%s: want %s, the device has %s", title, hex(wanted), hex(own))
  end
end

--- The device belongs to this vendor (section 8.4.9.1).
conditions.vendor_identifier = identifier("vendor_identifier", "vendor-identifier")

--- The device is of this class (section 8.4.9.1).
conditions.class_identifier = identifier("class_identifier", "class-identifier")

--- It is this very device (section 8.4.9.1).
conditions.device_identifier = identifier("device_identifier", "device-identifier")

-- Of a dependency it is the digest of its manifest (draft-ietf-suit-trust-domains section 5.2.2).
local function find(state, frame, index)
  if frame.dependencies[index] then return dependency.measure(state, frame, index) end
  return state:measure(frame, index)
end

-- Compare the digest; `judge` says whether what was found is what the condition wants.
local function compare(title, judge)
  return function(state, frame, index)
    local wanted <const> = frame:parameters(index)
    if not wanted.image_digest then return failed({}, "%s: image-digest is not set", title) end
    local found, message, code = find(state, frame, index)
    if not found and code == "not_found" then return failed({}, "%s: the component is absent", title) end
    if not found then return nil, title .. ": " .. message, code, {} end
    local measured <const> = {
      image_digest = { algorithm = found.digest_algorithm, bytes = found.digest }, image_size = found.size,
    }
    local same <const> = wanted.image_digest.algorithm == found.digest_algorithm
      and crypto.equal(wanted.image_digest.bytes, found.digest)
    -- The size of a dependency counts its envelope, which others may change.
    local size <const> = not frame.dependencies[index] and wanted.image_size or found.size
    local reason <const> = judge(same, size, found.size)
    if reason then return failed(measured, "%s: %s", title, reason) end
    return true, measured
  end
end

local match <const> = compare("image-match", function(same, size, found)
  if size ~= found then return ("want %d bytes, found %d"):format(size, found) end
  return not same and "the component has another digest" or nil
end)

--- The component has this digest and, where one is stated, this size (section 8.4.9.2).
function conditions.image_match(state, frame, index)
  local ok, message, code, measured = match(state, frame, index)
  if ok then state:confirm(frame, index) end
  return ok, message, code, measured
end

--- The component has another digest (draft-ietf-suit-update-management section 5.2).
conditions.image_not_match = compare("image-not-match", function(same)
  return same and "the component has this digest" or nil
end)

--- The component holds these bytes (section 8.4.9.3); compared by their digests, in constant time.
function conditions.check_content(state, frame, index)
  local wanted <const> = frame:parameters(index).content
  if not wanted then return failed({}, "check-content: content is not set") end
  local found, message, code = state:measure(frame, index)
  if not found and code == "not_found" then return failed({}, "check-content: the component is absent") end
  if found then
    local ok
    ok, message, code = state:work(#wanted)
    found = ok and found
  end
  if not found then return nil, "check-content: " .. message, code, {} end
  if not crypto.equal(crypto.digest(found.digest_algorithm, wanted), found.digest) then
    return failed({ image_size = found.size }, "check-content: the component holds other bytes")
  end
  state:confirm(frame, index)
  return true, { image_size = found.size }
end

--- The component is in this slot (section 8.4.9.4).
function conditions.component_slot(state, frame, index)
  local wanted <const> = frame:parameters(index).component_slot
  local own <const> = state.device.slot(frame:id(index))
  if not wanted then return failed({ component_slot = own }, "component-slot: the parameter is not set") end
  if wanted ~= own then
    return failed({ component_slot = own }, "component-slot: want %d, it is %s", wanted, own or "in none")
  end
  return true, { component_slot = own }
end

--- Never holds (section 8.4.9.5).
function conditions.abort() return failed({}, "abort") end

--- The component is a dependency (draft-ietf-suit-trust-domains section 5.6.3).
function conditions.is_dependency(_, frame, index)
  if not frame.dependencies[index] then return failed({}, "is-dependency: it is none") end
  return true, {}
end

--- The time is earlier (draft-ietf-suit-update-management section 5.1), in 64 bits without sign.
function conditions.use_before(state, frame, index)
  local wanted <const> = frame:parameters(index).use_before
  if not wanted then return failed({}, "use-before: the parameter is not set") end
  local now <const> = state.device.clock()
  if not math.ult(now, wanted) then
    return failed({ use_before = now }, "use-before: %u has passed, it is %u", wanted, now)
  end
  return true, { use_before = now }
end

--- There is that much energy left, in mWh (draft-ietf-suit-update-management section 5.3).
function conditions.minimum_battery(state, frame, index)
  local wanted <const> = frame:parameters(index).minimum_battery
  if not wanted then return failed({}, "minimum-battery: the parameter is not set") end
  local left <const> = state.device.battery()
  if left < wanted then
    return failed({ minimum_battery = left }, "minimum-battery: want %d mWh, there are %d", wanted, left)
  end
  return true, { minimum_battery = left }
end

--- An update of this priority is permitted (draft-ietf-suit-update-management section 5.4); smaller is more
-- urgent.
function conditions.update_authorized(state, frame, index)
  local priority <const> = frame:parameters(index).update_priority
  if not priority then return failed({}, "update-authorized: update-priority is not set") end
  if not state.device.authorized(priority) then
    return failed({ update_priority = priority }, "update-authorized: priority %d is not permitted", priority)
  end
  return true, { update_priority = priority }
end

--- The component has such a version (draft-ietf-suit-update-management section 5.5).
function conditions.version(state, frame, index)
  local wanted <const> = frame:parameters(index).version
  if not wanted then return failed({}, "version: the parameter is not set") end
  local found <const> = state.device.version(frame:id(index))
  if not found then return failed({}, "version: the component has none") end
  local measured <const> = { version = { comparison = "equal", version = found } }
  if not metadata.matches(wanted, found) then
    return failed(measured, "version: want %s %s, found %s", wanted.comparison,
      table.concat(wanted.version, "."), table.concat(found, "."))
  end
  return true, measured
end

return conditions
