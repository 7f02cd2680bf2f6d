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
  for i = 1, #names do
    local name <const> = names[i]
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

-- The signers of a dependency, or those of its dependents.
local function reaches(frame, id)
  local at = frame
  while at do
    if rights.allow(at.rights, "modify", id) then return true end
    at = at.parent
  end
  return false
end

-- A manifest takes the place of the one installed with its identity, be it sent or a dependency
-- (draft-ietf-suit-trust-domains section 10). Without an identifier, its components make the identity.
local function check_identity(frame)
  local own <const> = frame.manifest.manifest_component_id
  for _, id in ipairs(own and { own } or frame.manifest.components) do
    if not reaches(frame, id) then
      return errors.fail("denied", "%s: the signer has no right to %s",
        own and "manifest-component-id" or "identity", component_id.format(id))
    end
  end
  return true
end

-- Every identifier is within reach of the signer.
local function check_rights(frame)
  local list <const> = frame.rights
  if not list then return true end
  for _, index in ipairs(frame:indices()) do
    if not rights.allow(list, "read", frame:id(index)) then
      return errors.fail("denied", "the signer has no right to %s", frame:name(index))
    end
  end
  return check_identity(frame)
end

-- Of two manifests with one identity, the older would be run and the newer remembered.
local function check_unique(state, verified)
  for _, other in ipairs(state.manifests) do
    local same <const> = other.digest.bytes == verified.digest.bytes
    if not same and component_id.equal(other.identity, verified.identity) then
      return errors.fail("command_forbidden", "another manifest is processed with the identity %s",
        component_id.format(verified.identity))
    end
  end
  state:set(state.manifests, #state.manifests + 1, verified)
  return true
end

local function check_procedure(state, frame, procedure)
  if procedure == "uninstall" then return true end
  local ok, message, code = check_rollback(frame.verified, state.current)
  if ok then ok, message, code = check_unique(state, frame.verified) end
  if not ok then return ok, message, code end
  return check_sections(frame.manifest, labels.procedures[procedure], not frame.parent)
end

local function retain(state, frame, sources)
  state.retain_all = state.retain_all or sources.all
  for index in pairs(sources) do
    if index ~= "all" then state.retained[frame:key(index)] = true end
  end
end

-- All manifests that neither have an identifier nor list components would be one.
local function check_named(manifest)
  if manifest.count == 0 then
    return errors.fail("component_unsupported", "manifest.common.components: none")
  end
  if not manifest.manifest_component_id and #manifest.components == 0 then
    return errors.fail("component_unsupported", "manifest.manifest-component-id: absent, and no components")
  end
  return true
end

--- Check a manifest and have the processor keep what it will read again.
-- @tparam State state
-- @tparam Frame frame
-- @tparam string procedure
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string
function setup.check(state, frame, procedure)
  local ok, message, code = check_procedure(state, frame, procedure)
  if ok then ok, message, code = check_named(frame.manifest) end
  if ok then ok, message, code = check_rights(frame) end
  if not ok then return ok, message, code end
  local sources, where
  sources, message, code, where = scan.check(frame.manifest, state, frame.rights)
  if where then state:misplaced(frame, where) end
  if not sources then return sources, message, code end
  retain(state, frame, sources)
  return true
end

return setup
