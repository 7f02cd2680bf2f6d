--- Directives of SUIT (draft-ietf-suit-manifest section 8.4.10): one function each.
-- A directive acts on the component `index` of a frame, inside the transaction only. It returns true and the
-- measured values, or `nil, message, code, measured`.
-- @module teep.suit.directives
local content <const> = require "teep.suit.content"
local crypto <const> = require "teep.crypto"
local dependency <const> = require "teep.suit.dependency"
local encryption <const> = require "teep.suit.encryption"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"

local directives = {}

local function same(found, stated)
  return found and stated and found.digest_algorithm == stated.algorithm
    and crypto.equal(found.digest, stated.bytes)
end

-- A component that another manifest holds is not overwritten (draft-ietf-suit-trust-domains section 5.6.5).
-- It need not be when it holds the very bytes already.
local function share(state, frame, index, what, stated)
  local found <const> = stated and state:measure(frame, index)
  if not same(found, stated) then
    return errors.fail("component_in_use", "%s: another manifest holds %s", what, frame:name(index))
  end
  return true, { image_size = found.size }
end

-- Before bytes go into a component: a dependency that was checked before is not the one checked then.
local function touch(state, frame, index)
  if frame.dependencies[index] then
    local ok, message, code = dependency.forget(state, frame, index)
    if not ok then return ok, message, code end
  end
  return state:touch(frame:key(index), "written")
end

-- `given`: what @{teep.suit.content.put} takes, and the `uri` the bytes come from.
local function put(state, frame, index, given)
  local ok, message, code = touch(state, frame, index)
  if not ok then return nil, given.what .. ": " .. message, code end
  local found
  found, message, code = content.put(state, frame, index, given)
  if not found then return found, message, code end
  return true, { image_size = found.size, uri = given.uri }
end

-- Decrypt into the component: what is known of ciphertext and plaintext is compared before and after
-- (draft-ietf-suit-firmware-encryption sections 7.2 and 8), or the tag of an AEAD is: both are then what was
-- signed for. Of a dependency, dependency-integrity compares what counts of its envelope.
local function decrypt(state, frame, index, given, found, stated)
  local parameters <const>, own <const> = frame:parameters(index), frame.dependencies[index]
  local what <const> = given.what
  local info <const>, wanted <const> = parameters.encryption_info, not own and parameters.image_digest or nil
  local ok, message, code = encryption.check_ciphertext(info, found, stated, wanted or own)
  if not ok then return nil, what .. ": " .. message, code end
  -- The digest of the ciphertext may be all there is: it has to be that of what is decrypted.
  local source <const> = found and content.unchanged(given.source, found) or given.source
  local done, measured, fault = put(state, frame, index, {
    what = what, source = source, info = info, confirmed = given.confirmed or stated or not own,
    uri = given.uri,
  })
  if not done then return done, measured, fault end
  ok, message, code = encryption.check_plaintext(state:measure(frame, index), wanted)
  if not ok then return nil, what .. ": " .. message, code end
  return true, measured
end

local function source_of(state, frame, uri)
  local envelope <const> = frame.verified.envelope
  if envelope:payload_size(uri) then return content.from_envelope(envelope, uri) end
  if uri:sub(1, 1) == "#" then
    return errors.fail("payload_not_found", "fetch: the envelope has no %s", labels.shown(uri))
  end
  if not state.fetch then
    return errors.fail("payload_not_found", "fetch: no way to fetch %s", labels.shown(uri))
  end
  return function(sink) return state.fetch(uri, 0, sink) end
end

-- Fetched bytes stay encrypted (draft-ietf-suit-firmware-encryption section 4), but for those of a dependency
-- (draft-ietf-suit-trust-domains section 8.2), and where the host says so.
local function put_fetched(state, frame, index, given)
  local decrypts <const> = frame.dependencies[index] or state.rules.decrypt_on_fetch
  if decrypts and frame:parameters(index).encryption_info then
    return decrypt(state, frame, index, given)
  end
  return put(state, frame, index, given)
end

--- Store a payload of the envelope, or of a URI, in the component (section 8.4.10.4).
function directives.fetch(state, frame, index)
  local parameters <const>, own <const> = frame:parameters(index), frame.dependencies[index]
  local uri <const> = parameters.uri
  if not uri then return errors.fail("parameter_unset", "fetch: uri is not set") end
  local ok, message, code = dependency.check_order(state, frame, index)
  if not ok then return nil, "fetch: " .. message, code end
  if not own and state:held(frame, frame:id(index)) then
    return share(state, frame, index, "fetch", parameters.image_digest)
  end
  local source
  source, message, code = source_of(state, frame, uri)
  if not source then return source, message, code end
  return put_fetched(state, frame, index, { what = "fetch", source = source, uri = uri })
end

--- Store the parameter content in the component (section 8.4.10.6).
function directives.write(state, frame, index)
  local parameters <const> = frame:parameters(index)
  local bytes <const>, info <const> = parameters.content, parameters.encryption_info
  if not bytes then return errors.fail("parameter_unset", "write: content is not set") end
  if not frame.dependencies[index] and state:held(frame, frame:id(index)) then
    local stated <const> = not info and { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", bytes) }
    return share(state, frame, index, "write", stated or parameters.image_digest)
  end
  return put(state, frame, index, {
    what = "write", source = content.from_bytes(bytes), info = info, confirmed = true,
  })
end

-- Where copy and swap take from.
local function open_source(state, frame, index, what)
  local source <const> = frame:parameters(index).source_component
  if not source then return errors.fail("parameter_unset", "%s: source-component is not set", what) end
  local ok, message, code = state:touch(source.key, "read")
  if not ok then return nil, what .. ": " .. message, code end
  local from, found
  from, found, code = content.from_component(state, source)
  if not from then return nil, what .. ": " .. found, code end
  return source, from, found
end

--- Copy the source component into the component (section 8.4.10.5).
function directives.copy(state, frame, index)
  local source, from, found = open_source(state, frame, index, "copy")
  if not source then return source, from, found end
  local parameters <const> = frame:parameters(index)
  local info <const> = parameters.encryption_info
  if not frame.dependencies[index] and state:held(frame, frame:id(index)) then
    local stated <const> = not info and { algorithm = found.digest_algorithm, bytes = found.digest }
    return share(state, frame, index, "copy", stated or parameters.image_digest)
  end
  local given <const> = { what = "copy", source = from, confirmed = not state.unconfirmed[source.key] }
  if not info then return put(state, frame, index, given) end
  local stated <const> = source.frame:parameters(source.index).image_digest
  local ok, measured, code = decrypt(state, frame, index, given, found, stated)
  if ok and (stated or not frame.dependencies[index]) then state:confirm(source.frame, source.index) end
  return ok, measured, code
end

-- Both have to be there, free to be changed, and stay components.
local function check_swap(state, frame, index, source)
  if frame.dependencies[index] or source.frame.dependencies[source.index] then
    return errors.fail("command_forbidden", "swap: of a dependency")
  end
  for _, id in ipairs{ frame:id(index), source.id } do
    if state:held(frame, id) then
      return errors.fail("component_in_use", "swap: another manifest holds %s", frame:name(index))
    end
  end
  return state:touch(source.key, "written")
end

--- Exchange the component and its source (section 8.4.10.9): both with the commit, or neither.
function directives.swap(state, frame, index)
  local source, from, found = open_source(state, frame, index, "swap")
  if not source then return source, from, found end
  local ok, message, code = check_swap(state, frame, index, source)
  if not ok then return ok, message, code end
  local back
  back, message, code = content.from_component(state, {
    id = frame:id(index), name = frame:name(index), key = frame:key(index),
  })
  if not back then return nil, "swap: " .. message, code end
  local unconfirmed <const> = state.unconfirmed
  local to <const>, fro <const> = not unconfirmed[source.key], not unconfirmed[frame:key(index)]
  ok, message, code = put(state, frame, index, { what = "swap", source = from, confirmed = to })
  if not ok then return ok, message, code end
  return put(state, source.frame, source.index, {
    what = "swap", source = back, confirmed = fro, frame = frame, index = index,
  })
end

--- Have the component started once the procedure is over (section 8.4.10.7): the host does so after its
-- commit.
function directives.invoke(state, frame, index)
  local found, message, code = state:measure(frame, index)
  if not found and code == "not_found" then
    return errors.fail("operation_failed", "invoke: the component is absent")
  end
  if not found then return nil, "invoke: " .. message, code end
  state:set(state.invocations, #state.invocations + 1, {
    component_id = frame:id(index), arguments = frame:parameters(index).invoke_args,
  })
  return true, {}
end

--- Wait until all events hold (draft-ietf-suit-update-management section 5.6).
function directives.wait(state, frame, index)
  local events <const> = frame:parameters(index).wait_info
  if not events then return errors.fail("parameter_unset", "wait: wait-info is not set") end
  local names <const> = {}
  for name in pairs(events) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local ok, message, code = state.device.wait[name](events[name], state.limits.wait_seconds)
    if not ok then return nil, ("wait: %s: %s"):format(name, message), code end
  end
  return true, {}
end

--- Give the component up (draft-ietf-suit-trust-domains section 5.6.5). Its data goes with the last manifest
-- that holds it; a dependency is uninstalled with the last that depends on it.
function directives.unlink(state, frame, index)
  if frame.dependencies[index] then return dependency.unlink(state, frame, index) end
  local id <const> = frame:id(index)
  local kept <const> = state:held(frame, id)
  if not kept then
    local ok, message, code = state.changes:remove(id, frame:name(index))
    if not ok then return nil, "unlink: " .. message, code end
  end
  state:unlink(frame:name(index), not kept)
  return true, {}
end

return directives
