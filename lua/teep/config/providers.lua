--- Which crypto providers this process uses, and in which order: as its configuration says, else as the
-- environment variable LUATEEP_PROVIDERS says, else as they were built in.
-- @module teep.config.providers
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"

local providers = {}

--- Use providers in an order. Before the first key is made: a key stays with its provider.
-- @tparam ?string order names separated by commas; nil leaves the order as it is
-- @tparam string source where the order comes from, for the message
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `not_found`: this build lacks one of them
-- @usage assert(providers.use("mbedtls,openssl", "providers"))
function providers.use(order, source)
  if not order then return true end
  local ok, message, code = crypto.set_order(order)
  if code == "not_found" then
    return errors.fail(code, '%s: crypto providers "%s": this build lacks one of them, in use are %s', source,
      order, providers.in_use())
  end
  return ok, message, code
end

--- Use providers in the order of LUATEEP_PROVIDERS, if it is set and not empty.
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `not_found`
function providers.from_environment()
  local name <const> = "LUATEEP_PROVIDERS"
  local order <const> = os.getenv(name)
  return providers.use(order ~= "" and order or nil, name)
end

--- Names of the providers in use.
-- @treturn string in their order, separated by commas
function providers.in_use()
  local names = {}
  for i, provider in ipairs(crypto.providers()) do names[i] = provider.name end
  return table.concat(names, ",")
end

return providers
