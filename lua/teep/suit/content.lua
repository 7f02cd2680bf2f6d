--- Where the bytes of components come from and go to.
-- A component is streamed into the transaction. A dependency stays in memory, for it has to be read before
-- the transaction commits, and so does what a manifest names as a source later on.
-- @module teep.suit.content
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"

local content = {}

local CHUNK <const> = 64 * 1024 -- bytes handed on at once

-- Keep pieces within the memory that all of them may take.
local function memory(state)
  local pieces <const> = {}
  return pieces, function(bytes)
    state.buffered = state.buffered + #bytes
    if state.buffered > state.limits.buffered_bytes then
      return errors.fail("limit_reached", "more than %d bytes to be kept in memory",
        state.limits.buffered_bytes)
    end
    pieces[#pieces + 1] = bytes
    return true
  end
end

-- A dependency never reaches the back end; the host of the processor keeps its manifest.
local function open_memory(state)
  local pieces <const>, keep <const> = memory(state)
  return {
    write = function(_, bytes) return keep(bytes) end,
    finish = function()
      local bytes <const> = table.concat(pieces)
      return { size = #bytes, digest = crypto.digest("SHA-256", bytes), digest_algorithm = "SHA-256",
        pieces = { bytes } }
    end,
  }
end

local function open_both(state, slot)
  local pieces <const>, keep <const> = memory(state)
  return {
    write = function(_, bytes)
      local ok, message, code = keep(bytes)
      if not ok then return ok, message, code end
      return slot:write(bytes)
    end,
    finish = function()
      local found, message, code = slot:finish()
      if not found then return found, message, code end
      return { size = found.size, digest = found.digest, digest_algorithm = found.digest_algorithm,
        pieces = pieces }
    end,
  }
end

local function open(state, frame, index)
  if frame.dependencies[index] then return open_memory(state) end
  local slot, message, code = state.changes:stage(frame:id(index), frame:name(index))
  if not slot then return slot, message, code end
  return (state.retain_all or state.retained[frame:key(index)]) and open_both(state, slot) or slot
end

-- An image-size that a manifest states may lower what the host has set, but not raise it. What would not be
-- stored need not be fetched first.
local function check_size(state, parameters)
  local stated <const>, cap <const> = parameters.image_size, state.limits.payload_bytes
  if not stated or not math.ult(cap, stated) then return true end
  return errors.fail("limit_reached", "image-size is %u bytes, the limit %d", stated, cap)
end

-- How many bytes a component may get, and what to say above that.
local function bound(state, parameters)
  local stated <const>, cap <const> = parameters.image_size, state.limits.payload_bytes
  if stated then return stated, "the payload exceeds %d bytes, its image-size", "operation_failed" end
  return cap, "the payload exceeds %d bytes, the limit of this device", "limit_reached"
end

-- A place for bytes: passes them on until a limit is exceeded.
local function bounded(state, parameters, slot)
  local limit <const>, message <const>, code <const> = bound(state, parameters)
  local size = 0
  return function(bytes)
    size = size + #bytes
    if size > limit then return errors.fail(code, message, limit) end
    local ok <const>, why <const>, fault <const> = state:work(#bytes)
    if not ok then return ok, why, fault end
    return slot:write(bytes)
  end
end

-- Through decryption when encryption-info is set (draft-ietf-suit-firmware-encryption section 4); what an
-- AEAD releases before its tag is checked goes no further than the transaction.
local function transfer(state, source, info, sink)
  if not info then return source(sink) end
  local filter, message, code = state.decrypt(info, sink)
  if not filter then return filter, message, code end
  local ok
  ok, message, code = source(function(bytes)
    local within <const>, why <const>, fault <const> = state:work(#bytes)
    if not within then return within, why, fault end
    return filter:update(bytes)
  end)
  if not ok then return ok, message, code end
  return filter:finish()
end

local function store(state, frame, index, given)
  local parameters <const> = frame:parameters(index)
  local slot, found
  local ok, message, code = check_size(state, parameters)
  if ok then slot, message, code = open(state, frame, index) end
  if not slot then return nil, message, code end
  ok, message, code = transfer(state, given.source, given.info, bounded(state, parameters, slot))
  if ok then found, message, code = slot:finish() end
  if found and parameters.component_metadata then
    ok, message, code = state.device.metadata(state.txn, frame:id(index), parameters.component_metadata)
    found = ok and found
  end
  return found, message, code
end

--- Put bytes into a component.
-- @tparam State state
-- @tparam Frame frame
-- @tparam integer index
-- @tparam table given
--
-- * `what`: name of the directive, for messages
-- * `source`: `source(sink)` gives all bytes to `sink(bytes)`
-- * `info`: encryption-info, when the bytes are to be decrypted
-- * `confirmed`: whether they are known to be those that were signed for
-- * `frame`, `index`: what the command runs on, where the component is another
-- @treturn[1] table content
-- @treturn[2] nil, string, string
function content.put(state, frame, index, given)
  local found <const>, message <const>, code <const> = store(state, frame, index, given)
  if not found then return nil, given.what .. ": " .. message, code end
  state:stage(frame, index, found, given)
  return found
end

--- A source of bytes at hand.
function content.from_bytes(bytes)
  return function(sink) return sink(bytes) end
end

--- A source of the bytes of an integrated payload.
function content.from_envelope(envelope, name)
  return function(sink)
    local offset, size <const> = 0, envelope:payload_size(name)
    while offset < size do
      local ok, message, code = sink(envelope:payload(name, offset, CHUNK))
      if not ok then return ok, message, code end
      offset = offset + CHUNK
    end
    return true
  end
end

local function from_pieces(pieces)
  return function(sink)
    for _, bytes in ipairs(pieces) do
      local ok, message, code = sink(bytes)
      if not ok then return ok, message, code end
    end
    return true
  end
end

local function from_driver(driver, id, size)
  return function(sink)
    for offset = 0, size - 1, CHUNK do
      local bytes, message, code = driver:read(id, offset, math.min(CHUNK, size - offset))
      if not bytes then return bytes, message, code end
      local ok
      ok, message, code = sink(bytes)
      if not ok then return ok, message, code end
    end
    return true
  end
end

--- A source that fails where its bytes are not those that were measured before. The sink has them by then.
-- @tparam function source
-- @tparam table found `digest`, `digest_algorithm`
-- @treturn function
function content.unchanged(source, found)
  return function(sink)
    local hash <const> = crypto.hash(found.digest_algorithm)
    local ok <const>, message <const>, code <const> = source(function(bytes)
      hash:update(bytes)
      return sink(bytes)
    end)
    if not ok then return ok, message, code end
    if crypto.equal(hash:finish(), found.digest) then return true end
    return errors.fail("operation_failed", "the source changed while it was read")
  end
end

--- A source of the bytes of a component, and what it measures.
-- @tparam State state
-- @tparam table component `{ id, name, key }`
-- @treturn[1] function
-- @treturn[1] table `size`, `digest`, `digest_algorithm`
-- @treturn[2] nil, string, string `operation_failed` (absent), codes of the driver
function content.from_component(state, component)
  local staged <const> = state.contents[component.key]
  if staged and staged.pieces then return from_pieces(staged.pieces), staged end
  if staged then
    return errors.fail("operation_failed", "%s was streamed into this transaction and cannot be read back",
      component.name)
  end
  local found, message, code
  if staged == nil and component.key == component.name then
    found, message, code = state:probe(component.id)
  end
  if found then return from_driver(state.driver, component.id, found.size), found end
  if not found and (not code or code == "not_found") then
    return errors.fail("operation_failed", "the source %s is absent", component.name)
  end
  return nil, message, code
end

return content
