--- Conditions of SUIT (draft-ietf-suit-manifest section 8.4.9): one function each.
-- A condition looks at the component `index` and changes nothing. It returns true and the measured
-- values, or `nil, message, code, measured`.
-- @module teep.suit.conditions
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"

local conditions = {}

local function failed(measured, ...)
  local _, message, code = errors.fail("condition_failed", ...)
  return nil, message, code, measured
end

local hex <const> = require("teep.hex").encode

local function identifier(name, title)
  return function(state, index)
    local wanted <const>, own <const> = state:parameters(index)[name], state.device[name]
    local measured <const> = { [name] = own }
    if not wanted then return failed(measured, "%s: the parameter is not set", title) end
    if wanted ~= own then
      return failed(measured, "%s: want %s, the device has %s", title, hex(wanted), hex(own))
    end
    return true, measured
  end
end

--- The device belongs to this vendor (section 8.4.9.1).
conditions.vendor_identifier = identifier("vendor_identifier", "vendor-identifier")

--- The device is of this class (section 8.4.9.1).
conditions.class_identifier = identifier("class_identifier", "class-identifier")

--- The component has this digest and, where one is stated, this size (section 8.4.9.2).
function conditions.image_match(state, index)
  local wanted <const> = state:parameters(index)
  if not wanted.image_digest then return failed({}, "image-match: image-digest is not set") end
  local found, message, code = state:measure(index)
  if not found and code == "not_found" then return failed({}, "image-match: the component is absent") end
  if not found then return nil, "image-match: " .. message, code, {} end
  local measured <const> = {
    image_digest = { algorithm = found.digest_algorithm, bytes = found.digest }, image_size = found.size,
  }
  if wanted.image_size and wanted.image_size ~= found.size then
    return failed(measured, "image-match: want %d bytes, found %d", wanted.image_size, found.size)
  end
  local same <const> = wanted.image_digest.algorithm == found.digest_algorithm
    and crypto.equal(wanted.image_digest.bytes, found.digest)
  if not same then return failed(measured, "image-match: the component has another digest") end
  return true, measured
end

return conditions
