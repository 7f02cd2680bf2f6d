--- Directives of SUIT (draft-ietf-suit-manifest section 8.4.10): one function each.
-- A directive acts on the component `index`, inside the transaction only. It returns true and the measured
-- values, or `nil, message, code, measured`.
-- @module teep.suit.directives
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"

local directives = {}

local CHUNK <const> = 64 * 1024 -- bytes handed to the back end at once

--- Choose the components that the following commands act on (section 8.4.10.1).
function directives.set_component_index(state, argument)
  state:select(argument)
  return true
end

--- Set parameters of the chosen components, whatever they were (section 8.4.10.3).
function directives.override_parameters(state, argument)
  for _, index in ipairs(state.selected) do
    local parameters <const> = state:parameters(index)
    for name, value in pairs(argument) do parameters[name] = value end
  end
  return true
end

-- A place for payload bytes: passes them on to the slot until the limit is exceeded.
local function bounded(slot, limit)
  local size = 0
  return function(bytes)
    size = size + #bytes
    if size > limit then
      return errors.fail("operation_failed", "fetch: the payload exceeds %d bytes", limit)
    end
    return slot:write(bytes)
  end
end

local function copy_integrated(envelope, name, sink)
  local offset, size <const> = 0, envelope:payload_size(name)
  while offset < size do
    local ok, message, code = sink(envelope:payload(name, offset, CHUNK))
    if not ok then return ok, message, code end
    offset = offset + CHUNK
  end
  return true
end

local function transfer(state, uri, sink)
  if state.envelope:payload_size(uri) then return copy_integrated(state.envelope, uri, sink) end
  if uri:sub(1, 1) == "#" then
    return errors.fail("payload_not_found", "fetch: the envelope has no %s", uri)
  end
  if not state.fetch then return errors.fail("payload_not_found", "fetch: no way to fetch %s", uri) end
  local ok, message, code = state.fetch(uri, 0, sink)
  if not ok then return nil, "fetch: " .. message, code end
  return true
end

-- A component that another manifest holds is not overwritten (draft-ietf-suit-trust-domains section 5.6.5).
-- It need not be when it holds the very bytes already.
local function share(state, index, wanted)
  local found <const> = wanted.image_digest and state:measure(index)
  local same <const> = found and found.digest_algorithm == wanted.image_digest.algorithm
    and crypto.equal(found.digest, wanted.image_digest.bytes)
  if not same then
    return errors.fail("component_in_use", "fetch: another manifest holds %s", state:name(index))
  end
  return true, { image_size = found.size }
end

--- Store a payload of the envelope, or of a URI, in the component (section 8.4.10.4).
function directives.fetch(state, index)
  local parameters <const> = state:parameters(index)
  if not parameters.uri then return errors.fail("parameter_unset", "fetch: uri is not set") end
  if state.keep(state:id(index)) then return share(state, index, parameters) end
  local slot, message, code = state.txn:stage(state:id(index))
  if not slot then return nil, "fetch: " .. message, code end
  local ok
  local limit <const> = parameters.image_size or state.limits.payload_bytes
  ok, message, code = transfer(state, parameters.uri, bounded(slot, limit))
  if not ok then return ok, message, code end
  local found
  found, message, code = slot:finish()
  if not found then return nil, "fetch: " .. message, code end
  state:stage(index, found)
  return true, { uri = parameters.uri, image_size = found.size }
end

--- Give the component up (draft-ietf-suit-trust-domains section 5.6.5). Its data goes with the last manifest
-- that holds it.
function directives.unlink(state, index)
  local id <const> = state:id(index)
  local kept <const> = state.keep(id)
  if not kept then
    local ok, message, code = state.txn:remove(id)
    if not ok then return nil, "unlink: " .. message, code end
  end
  state:unlink(index, not kept)
  return true, {}
end

return directives
