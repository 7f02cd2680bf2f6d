--- Configuration of a policy: declared types and defaults, checked before the first decision.
-- @module teep.policy.config
local errors <const> = require "teep.errors"

local config = {}

local function is_list(value)
  if type(value) ~= "table" then return false end
  for key, entry in pairs(value) do
    local scalar <const> = type(entry) ~= "table" and type(entry) ~= "function"
    if math.type(key) ~= "integer" or key < 1 or key > #value or not scalar then return false end
  end
  return true
end

local is <const> = {
  string = function(value) return type(value) == "string" end,
  integer = function(value) return math.type(value) == "integer" end,
  boolean = function(value) return type(value) == "boolean" end,
  list = is_list,
}

local function invalid(policy, name, format, ...)
  return errors.fail("config_invalid", "policy %s: config.%s: " .. format, policy, tostring(name), ...)
end

local function declaration(policy, name, declared)
  if type(name) ~= "string" or type(declared) ~= "table" or not is[declared.type] then
    return invalid(policy, name, "declare it as { type = string, integer, boolean or list, default = }")
  end
  if declared.default ~= nil and not is[declared.type](declared.default) then
    return invalid(policy, name, "the default is not of type %s", declared.type)
  end
  return true
end

local function value_of(policy, name, declared, given)
  if given == nil then given = declared.default end
  if given == nil then return invalid(policy, name, "required, no default") end
  if not is[declared.type](given) then
    return invalid(policy, name, "want %s, got %s", declared.type, type(given))
  end
  return true, given
end

--- The values a policy runs with.
-- @tparam string policy its name
-- @tparam {[string]=table} declared name -> `{ type =, default = }`; without default it is required
-- @tparam {[string]=any} given what the operator configured
-- @treturn[1] table values
-- @treturn[2] nil, string, string message and code `config_invalid`
function config.resolve(policy, declared, given)
  for name in pairs(given) do
    if not declared[name] then return invalid(policy, name, "the policy knows no such setting") end
  end
  local values <const> = {}
  for name, one in pairs(declared) do
    local ok, message, code = declaration(policy, name, one)
    if not ok then return nil, message, code end
    local valid, value, why = value_of(policy, name, one, given[name])
    if not valid then return nil, value, why end
    values[name] = value
  end
  return values
end

return config
