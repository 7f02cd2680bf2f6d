--- What can be refused before the first command of a manifest (draft-ietf-suit-manifest section 6.2).
-- @module teep.suit.setup
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local rights <const> = require "teep.suit.rights"
local scan <const> = require "teep.suit.scan"

local setup = {}

-- Section 8.4.2: an equal number is let pass, so that an interrupted Update can be repeated.
local function check_rollback(verified, current)
  local installed <const> = current and current(verified.identity)
  if installed and math.ult(verified.sequence_number, installed) then
    return errors.fail("rollback", "%s: sequence number %u, installed %u",
      component_id.format(verified.identity), verified.sequence_number, installed)
  end
  return true
end

-- An Update that runs nothing must not end in Success, least of all one written with outdated labels. Of a
-- dependency, its dependent says what is run.
local function check_sections(manifest, names, root)
  local found = false
  for _, name in ipairs(names) do
    if manifest.missing[name] then
      return errors.fail("severed_member", "envelope.%s: announced by the manifest, but absent", name)
    end
    found = found or manifest.sections[name]
  end
  if root and not found then
    return errors.fail("nothing_to_do", "manifest: none of the sections %s", table.concat(names, ", "))
  end
  return true
end

-- Every identifier is within reach of the signer; of the manifest that was sent its own as well, or it could
-- take another's place (draft-ietf-suit-trust-domains section 10).
local function check_rights(frame)
  local list <const> = frame.rights
  if not list then return true end
  local own <const> = not frame.parent and frame.manifest.manifest_component_id
  if own and not rights.allow(list, "modify", own) then
    return errors.fail("denied", "manifest-component-id: the signer has no right to %s",
      component_id.format(own))
  end
  for _, index in ipairs(frame:indices()) do
    if not rights.allow(list, "read", frame:id(index)) then
      return errors.fail("denied", "the signer has no right to %s", frame:name(index))
    end
  end
  return true
end

local function check_procedure(state, frame, procedure)
  if procedure == "uninstall" then return true end
  local ok, message, code = check_rollback(frame.verified, state.current)
  if not ok then return ok, message, code end
  return check_sections(frame.manifest, labels.procedures[procedure], not frame.parent)
end

local function retain(state, frame, sources)
  state.retain_all = state.retain_all or sources.all
  for index in pairs(sources) do
    if index ~= "all" then state.retained[frame:key(index)] = true end
  end
end

--- Check a manifest and have the processor keep what it will read again.
-- @tparam State state
-- @tparam Frame frame
-- @tparam string procedure
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string
function setup.check(state, frame, procedure)
  local ok, message, code = check_procedure(state, frame, procedure)
  if ok and frame.manifest.count == 0 then
    ok, message, code = errors.fail("component_unsupported", "manifest.common.components: none")
  end
  if ok then ok, message, code = check_rights(frame) end
  if not ok then return ok, message, code end
  local sources, where
  sources, message, code, where = scan.check(frame.manifest, {
    limits = state.limits, device = state.device, decrypt = state.decrypt, rights = frame.rights,
    rules = state.rules,
  })
  if where then state:misplaced(frame, where) end
  if not sources then return sources, message, code end
  retain(state, frame, sources)
  return true
end

return setup
