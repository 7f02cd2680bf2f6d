--- Policies: what should happen, as Lua files of pure functions.
-- A policy file returns `{ api = 1, name =, version =, summary =, config = { setting = { type =,
-- default = } }, query =, plan =, settle =, consider = }`; each function gets read-only `facts` and
-- `config` and returns a verb of @{teep.policy.verbs}. No verb is a deny.
-- @module teep.policy
local config <const> = require "teep.policy.config"
local errors <const> = require "teep.errors"
local frozen <const> = require "teep.policy.frozen"
local loader <const> = require "teep.policy.loader"
local options <const> = require "teep.options"
local sandbox <const> = require "teep.policy.sandbox"
local verbs <const> = require "teep.policy.verbs"
local fail <const> = errors.fail

local policy = {}

local Policy <const> = {}
Policy.__index = Policy

local header <const> = {
  api = "number", name = "string", version = "string", summary = "string", config = "table",
}

local function check_header(path, script)
  for field, value in pairs(script) do
    local wanted <const> = header[field] or (verbs.points[field] and "function")
    if not wanted then
      return fail("policy_failed", "%s: %s is no field of a policy", path, tostring(field))
    end
    if type(value) ~= wanted then
      return fail("policy_failed", "%s: %s: want a %s, got a %s", path, field, wanted, type(value))
    end
  end
  if script.api ~= 1 then
    return fail("policy_failed", "%s: api: want 1, got %s", path, tostring(script.api))
  end
  for _, field in ipairs { "name", "version", "summary" } do
    if not script[field] then return fail("policy_failed", "%s: %s is missing", path, field) end
  end
  return true
end

local function open_one(path, configs)
  local script, message, code = loader.load(path, verbs.functions)
  if not script then return nil, message, code end
  local ok, broken, why = check_header(path, script)
  if not ok then return nil, broken, why end
  local values, invalid, reason = config.resolve(script.name, script.config or {}, configs[script.name] or {})
  if not values then return nil, invalid, reason end
  return {
    name = script.name, version = script.version, summary = script.summary,
    config = frozen.freeze(values), script = script,
  }
end

local function check_configs(configs)
  for name, given in pairs(configs) do
    if type(given) ~= "table" then
      return fail("config_invalid", "config.%s: want a table of settings, got %s", name, type(given))
    end
  end
  return true
end

local function open_all(paths, configs)
  local policies <const>, opened <const> = {}, {}
  for i, path in ipairs(paths) do
    local one, message, code = open_one(path, configs)
    if not one then return nil, message, code end
    if opened[one.name] then
      return fail("config_invalid", "%s: policy %s is loaded twice", path, one.name)
    end
    policies[i], opened[one.name] = one, true
  end
  for name in pairs(configs) do
    if not opened[name] then return fail("config_invalid", "config.%s: no such policy is loaded", name) end
  end
  return policies
end

--- Load policies.
-- @tparam table opts `path`: one policy, or `paths`: several in order (names of shipped policies or
--   files, see @{teep.policy.loader}); `config`: policy name -> settings; `isolation`: `"trusted"`,
--   that is in this process
-- @treturn[1] Policy
-- @treturn[2] nil, string, string message and code: `config_invalid`, `policy_failed` (broken file),
--   `not_found`, `io_failed`, `too_large`
-- @usage local p = policy.open{ path = "install_on_request", isolation = "trusted" }
function policy.open(opts)
  options.check(opts, { path = "string?", paths = "table?", config = "table?", isolation = "any?" })
  if opts.isolation ~= "trusted" then
    return fail("config_invalid", "isolation: %s, want \"trusted\": policies run inside this process",
      tostring(opts.isolation))
  end
  local paths <const> = opts.paths or { opts.path }
  if opts.path and opts.paths or #paths == 0 then
    return fail("config_invalid", "want path, or a list of paths with at least one entry")
  end
  local configs <const> = opts.config or {}
  local ok, invalid, why = check_configs(configs)
  if not ok then return nil, invalid, why end
  local policies, message, code = open_all(paths, configs)
  if not policies then return nil, message, code end
  return setmetatable({ policies = policies }, Policy)
end

local function decide_one(one, point, facts)
  local ok <const>, returned <const> = sandbox.run(one.script[point], facts, one.config)
  if not ok then return fail("policy_failed", "%s.%s: %s", one.name, point, returned) end
  local decision, reason = frozen.thaw(returned)
  if reason then return fail("policy_failed", "%s.%s: %s", one.name, point, reason) end
  if decision == nil then decision = { verb = "deny", reason = "no verb" } end
  local valid <const>, broken <const> = verbs.check(decision)
  if not valid then return fail("policy_failed", "%s.%s: %s", one.name, point, broken) end
  if not verbs.points[point].allowed[decision.verb] then
    return fail("policy_failed", "%s.%s: %s is not a verb of this point", one.name, point, decision.verb)
  end
  decision.policy = one.name
  return decision
end

--- Decide at one point. All policies that have the point are asked in order; the first deny wins,
-- else the first verb that is not the neutral one (`nothing`, `accept`).
-- @tparam string point `query`, `plan`, `settle` or `consider`
-- @tparam table facts verified data
-- @treturn[1] table decision `{ verb =, policy =, <arguments of the verb> }`; deny when no policy has
--   the point
-- @treturn[2] nil, string, string message and code `policy_failed`
-- @usage local decision = policy:decide("plan", { tc_list = {} })
function Policy:decide(point, facts)
  local rules <const> = verbs.points[point]
  if not rules then error("no such decision point: " .. tostring(point), 2) end
  local view <const>, chosen = frozen.freeze(facts), nil
  for _, one in ipairs(self.policies) do
    if one.script[point] then
      local decision, message, code = decide_one(one, point, view)
      if not decision then return nil, message, code end
      if decision.verb == "deny" then return decision end
      if not chosen or chosen.verb == rules.neutral then chosen = decision end
    end
  end
  return chosen or { verb = "deny", reason = "no policy has a function " .. point }
end

return policy
