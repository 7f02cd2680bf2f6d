--- Identifiers of a plan: each names one thing.
-- A device keeps parameters, contents and manifests by them (draft-ietf-suit-manifest section 8.4.5.1,
-- draft-ietf-suit-trust-domains section 5.2.1): what has two meanings would overwrite itself.
-- @module teep.suit.author.identifiers
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"

local function add(taken, id, path)
  local name <const> = component_id.format(id)
  if taken[name] then
    return errors.fail("component_unsupported", "%s: %s is %s already", path, name, taken[name])
  end
  taken[name] = path
  return true
end

-- What a dependency writes is held by its own manifest.
local function check_writes(taken, dependency, path)
  for _, id in ipairs(dependency.writes or {}) do
    local name <const> = component_id.format(id)
    if taken[name] then
      return errors.fail("component_unsupported", "%s: it installs %s, which is %s already", path, name,
        taken[name])
    end
  end
  return true
end

--- Check that no identifier is used twice.
-- @tparam {string,...} manifest identifier of the manifest
-- @tparam table model of teep.suit.author.plan
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message that counts from 1, and code `component_unsupported`
-- @usage identifiers({ "hello", "suit" }, model)
return function(manifest, model)
  local taken <const> = {}
  local ok, message, code = add(taken, manifest, "manifest")
  for i, each in ipairs(model.components) do
    if ok then ok, message, code = add(taken, each.id, ("components[%d].id"):format(i)) end
    if ok and each.staging_id then
      ok, message, code = add(taken, each.staging_id, ("components[%d].staging"):format(i))
    end
  end
  for i, each in ipairs(model.dependencies) do
    local path <const> = ("dependencies[%d]"):format(i)
    if ok then ok, message, code = add(taken, each.id, path .. ".id") end
    if ok then ok, message, code = check_writes(taken, each, path) end
  end
  return ok, message, code
end
