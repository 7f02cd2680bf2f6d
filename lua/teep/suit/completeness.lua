--- Whether a manifest does for its dependencies what it has to (draft-ietf-suit-trust-domains section 5.1):
-- it has every section they have, runs it, and has them all before the first payload. A rule makes that
-- lenient.
-- @module teep.suit.completeness
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"

local completeness = {}

local function has(manifest, name) return manifest.sections[name] or manifest.missing[name] end

--- A dependent has every section that its dependencies have.
function completeness.check_sections(state, frame, verified, index, procedure)
  if procedure == "uninstall" or state.rules.lenient_completeness then return true end
  for _, name in ipairs(labels.procedures[procedure]) do
    if has(verified.manifest, name) and not has(frame.manifest, name) then
      return errors.fail("dependency_incomplete", "dependency %s has a section %s, its dependent has none",
        frame:name(index), name)
    end
  end
  return true
end

local function complain(state, ...)
  if state.rules.lenient_completeness then
    state:warn(...)
    return true
  end
  return errors.fail("dependency_incomplete", ...)
end

--- Dependencies are fetched before the first payload (sections 3 and 5.5).
-- @tparam State state
-- @tparam Frame frame
-- @tparam function present `present(index)`, whether a dependency is there
function completeness.check_order(state, frame, present)
  if frame.fetching then return true end
  for _, other in ipairs(frame.manifest.dependency_list) do
    local ok, message, code = true, nil, nil
    if not present(other) then
      ok, message, code = complain(state, "dependency %s is not there before the first payload",
        frame:name(other))
    end
    if not ok then return ok, message, code end
  end
  state:set(frame, "fetching", true)
  return true
end

--- Whether a dependency has not been given up.
function completeness.used(frame, index) return not (frame.unlinked and frame.unlinked[index]) end

--- Once a section is over, every dependency that has it has to have run it (section 5.1).
function completeness.check_ran(state, frame, name)
  if state.procedure == "uninstall" then return true end
  for _, index in ipairs(frame.manifest.dependency_list) do
    local verified <const>, child <const> = frame.checked[index], frame.children[index]
    local known <const> = verified and completeness.used(frame, index)
    if known and has(verified.manifest, name) and not (child and child.ran[name]) then
      local ok, message, code = complain(state, "dependency %s: its %s was not run", frame:name(index), name)
      if not ok then return ok, message, code end
    end
  end
  return true
end

return completeness
