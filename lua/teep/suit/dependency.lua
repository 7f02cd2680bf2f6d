--- Dependencies: manifests that a manifest brings along (draft-ietf-suit-trust-domains sections 5 and 6).
-- A dependency is a frame of its own below the one that depends on it. Its envelope is what this procedure
-- has fetched for it, or else the one installed. Its signature is always verified, although section 5.1 knows
-- exceptions.
-- @module teep.suit.dependency
local completeness <const> = require "teep.suit.completeness"
local crypto <const> = require "teep.crypto"
local digest <const> = require "teep.suit.digest"
local envelope <const> = require "teep.suit.envelope"
local errors <const> = require "teep.errors"
local Frame <const> = require "teep.suit.frame"
local interpreter <const> = require "teep.suit.interpreter"
local labels <const> = require "teep.suit.labels"
local setup <const> = require "teep.suit.setup"

local dependency = {}

-- The envelope; and the digest that an installed one is known to have. Who asks goes on to read all of it.
-- Returns nil, message, code where that would be too much work.
local function find(state, frame, index)
  local content <const> = state.contents[frame:key(index)]
  local bytes, known = content and content.pieces[1], nil
  if content == nil and state.dependency then
    bytes, known = state.dependency(frame:id(index), frame.verified.identity)
  end
  if not bytes then return errors.fail("not_found", "the dependency is absent") end
  local ok <const>, message <const>, code <const> = state:work(#bytes)
  if not ok then return ok, message, code end
  return bytes, known
end

--- Digest of the manifest of a dependency, for image-match: nothing of it is trusted.
-- @treturn[1] table `size` (of the envelope), `digest`, `digest_algorithm`
-- @treturn[2] nil, string, string `not_found`, codes of teep.suit.envelope
function dependency.measure(state, frame, index)
  local bytes <const>, why <const>, fault <const> = find(state, frame, index)
  if not bytes then return nil, why, fault end
  local opened <const>, message <const>, code <const> = envelope.open(bytes, state.limits)
  if not opened then return opened, message, code end
  local found <const> = digest.of(opened:encoded(labels.manifest))
  return { size = #bytes, digest = found.bytes, digest_algorithm = found.algorithm }
end

--- Forget that a dependency was checked: it is about to be replaced (section 5.6.4). One that has run cannot
-- be replaced any more, or what it has stored would belong to nobody.
function dependency.forget(state, frame, index)
  if frame.children[index] then
    return errors.fail("command_forbidden", "the dependency has been processed already")
  end
  state:set(frame.checked, index, nil)
  return true
end

local function equal(a, b)
  return a.algorithm == b.algorithm and crypto.equal(a.bytes, b.bytes)
end

local function check(state, frame, index, stated)
  local bytes <const>, why <const>, fault <const> = find(state, frame, index)
  if not bytes then return nil, why, fault == "not_found" and "payload_not_found" or fault end
  local verified, message, code = frame.verified:open(bytes)
  if not verified then return verified, message, code end
  if not equal(verified.digest, stated) then
    return errors.fail("digest_mismatch", "the dependency has another digest")
  end
  state:set(frame.checked, index, verified)
  return verified
end

--- Condition dependency-integrity (section 5.6.4): signature, digest stated by the dependent, digest of the
-- bytes. What was found holds for this frame until the dependency is written again. A failure ends the
-- procedure.
function dependency.integrity(state, frame, index)
  if not frame.dependencies[index] then
    return errors.fail("command_forbidden", "dependency-integrity: it is no dependency")
  end
  local stated <const> = frame:parameters(index).image_digest
  if not stated then
    return errors.fail("parameter_unset", "dependency-integrity: image-digest is not set")
  end
  if frame.checked[index] and equal(frame.checked[index].digest, stated) then return true, {} end
  local verified, message, code = check(state, frame, index, stated)
  if not verified then return nil, "dependency-integrity: " .. message, code end
  return true, {}
end

local function check_place(state, frame, verified)
  local limits <const> = state.limits
  local at = frame
  while at do
    if equal(at.verified.digest, verified.digest) then
      return errors.fail("dependency_cycle", "the dependency depends on itself")
    end
    at = at.parent
  end
  if frame.depth + 1 > limits.dependency_depth then
    return errors.fail("limit_reached", "dependencies are deeper than %d", limits.dependency_depth)
  end
  if state.frames + 1 > limits.dependencies then
    return errors.fail("limit_reached", "more than %d dependencies", limits.dependencies)
  end
  return true
end

local function enter(state, frame, index, verified, procedure)
  if frame.children[index] then return frame.children[index] end
  local ok, message, code = check_place(state, frame, verified)
  if ok then ok, message, code = completeness.check_sections(state, frame, verified, index, procedure) end
  if not ok then return ok, message, code end
  local child <const> = Frame.new(state, verified, frame, index)
  ok, message, code = setup.check(state, child, procedure)
  if not ok then return ok, message, code end
  state:set(frame.children, index, child)
  state:set(state, "frames", state.frames + 1)
  return child
end

-- Run a section of a dependency: its sequences are no nested ones, and have their own order.
local function run(state, child, name)
  local soft <const>, strict <const>, touched <const> = state.soft, state.strict, state.touched
  state.soft = {}
  local ok, message, code = interpreter.run_section(state, child, name)
  if ok then ok, message, code = completeness.check_ran(state, child, name) end
  state.soft, state.strict, state.touched = soft, strict, touched
  if not ok then state.fatal = true end
  return ok, message, code
end

local function checked(state, frame, index)
  if not frame.checked[index] then
    if not state.rules.lenient_integrity then
      return errors.fail("dependency_unchecked", "its integrity was not checked before")
    end
    local ok, message, code = dependency.integrity(state, frame, index)
    if not ok then return ok, message, code end
  end
  return frame.checked[index]
end

--- Directive process-dependency (section 5.6.2): run the section of the same name. In uninstall it gives the
-- dependency up, as its digest need not be set any more.
function dependency.process(state, frame, index)
  if not frame.dependencies[index] then
    return errors.fail("command_forbidden", "process-dependency: it is no dependency")
  end
  local name <const> = frame.section_name
  if name == "uninstall" then return dependency.unlink(state, frame, index) end
  if frame.unlinked and frame.unlinked[index] then
    return errors.fail("command_forbidden", "process-dependency: the dependency has been given up")
  end
  local child, ok
  local verified, message, code = checked(state, frame, index)
  if verified then child, message, code = enter(state, frame, index, verified, state.procedure) end
  if not child then return nil, "process-dependency: " .. message, code end
  state:set(child.ran, name, true)
  ok, message, code = run(state, child, name)
  if not ok then return nil, "process-dependency: " .. message, code end
  return true, {}
end

--- Give a dependency up (section 5.6.5); with the last that depends on it, it is uninstalled. Where it
-- cannot be opened any more there is nothing to run, and the host drops what it holds. A procedure does not
-- both give a dependency up and process it, or what that stores would belong to nobody.
function dependency.unlink(state, frame, index)
  frame.unlinked = frame.unlinked or {}
  if frame.unlinked[index] then return true, {} end
  if frame.children[index] then
    return errors.fail("command_forbidden", "unlink: the dependency has been processed already")
  end
  state:set(frame.unlinked, index, true)
  local bytes <const>, known <const>, fault <const> = find(state, frame, index)
  if not bytes and fault ~= "not_found" then return nil, "unlink: " .. known, fault end
  local verified <const> = bytes and frame.verified:open(bytes)
  local stated <const> = (frame:parameters(index).image_digest or {}).bytes or known
  if not verified or not stated or not crypto.equal(verified.digest.bytes, stated) then return true, {} end
  if state:held(frame, verified.identity) then return true, {} end
  local child, ok, message, code
  child, message, code = enter(state, frame, index, verified, "uninstall")
  if not child then return nil, "unlink: " .. message, code end
  ok, message, code = run(state, child, "uninstall")
  if not ok then return nil, "unlink: " .. message, code end
  state:set(child, "removed", true)
  return true, {}
end

--- Dependencies are there before the first payload is fetched.
function dependency.check_order(state, frame, index)
  if frame.dependencies[index] or #frame.manifest.dependency_list == 0 then return true end
  return completeness.check_order(state, frame, function(other) return find(state, frame, other) end)
end

local function settle(state, frame, index)
  if not frame.checked[index] then
    local ok, message, code = dependency.integrity(state, frame, index)
    if not ok and not state.rules.lenient_completeness then return ok, message, code end
    if not ok then
      state:warn("dependency %s: %s", frame:name(index), message)
      return true
    end
  end
  local child, message, code = enter(state, frame, index, frame.checked[index], state.procedure)
  if not child then return child, message, code end
  return true
end

--- At the end of a procedure: every dependency is there, checked, and has run what it has.
function dependency.complete(state, frame)
  if state.procedure == "uninstall" then return true end
  for _, index in ipairs(frame.manifest.dependency_list) do
    local ok, message, code = true, nil, nil
    if completeness.used(frame, index) then ok, message, code = settle(state, frame, index) end
    local child <const> = frame.children[index]
    if ok and child and not child.removed then ok, message, code = dependency.complete(state, child) end
    if not ok then return ok, message, code end
  end
  for _, name in ipairs(labels.procedures[state.procedure]) do
    local ok, message, code = completeness.check_ran(state, frame, name)
    if not ok then return ok, message, code end
  end
  return true
end

return dependency
