--- Options of a TAM: checked, completed, turned into its fields.
-- @module teep.tam.setup
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local options <const> = require "teep.options"
local task <const> = require "teep.task"
local wire <const> = require "teep.wire"
local fail <const> = errors.fail

local setup = {}

--- Limits and their defaults.
setup.limits = {
  message = 1024 * 1024, -- bytes of a message from an agent
  update = 16 * 1024 * 1024, -- bytes of an Update, and so of a manifest with its payloads
  token_life = 4 * 3600, -- seconds: an agent answers when it has installed (T-076)
  manifests = 64, -- in one Update, and as many removals
  attempts = 3, -- of one Update (two peers that always fail must come to an end)
}

--- COSE algorithms a TAM must be able to sign with (section 8.1, T-103).
setup.algorithms = { "ESP256", "Ed25519" }

local known <const> = {
  keys = "table", trust = "table", policy = "any", store = "any", verifier = "any?", wire = "string?",
  clock = "function", random = "function", await = "function?", observe = "function?", limits = "table?",
  decryption_keys = "table?",
}

--- Whether the crypto providers in use are enough for a TAM.
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `unsupported_algorithm`
function setup.check_providers()
  local served <const>, names <const> = {}, {}
  for i, provider in ipairs(crypto.providers()) do
    names[i] = provider.name
    for _, algorithm in ipairs(provider.algorithms) do served[algorithm] = true end
  end
  for _, algorithm in ipairs(setup.algorithms) do
    if not served[algorithm] then
      return fail("unsupported_algorithm", "a TAM has to offer %s (draft-ietf-teep-protocol section 8.1), "
        .. "which needs the crypto provider openssl, and only %s is in use: name openssl in the order of "
        .. "providers, or rebuild with -DWITH_OPENSSL=ON (package libssl-dev)",
        table.concat(setup.algorithms, " and "), table.concat(names, ","))
    end
  end
  return true
end

local function merge(given)
  local limits <const> = {}
  for name, value in pairs(setup.limits) do limits[name] = value end
  for name, value in pairs(given or {}) do
    if not limits[name] then error("unknown limit: " .. tostring(name), 4) end
    if math.type(value) ~= "integer" or value < 1 then
      error(("limit %s: want a positive integer, got %s"):format(name, tostring(value)), 4)
    end
    limits[name] = value
  end
  return limits
end

-- Algorithm -> key to sign with.
local function signing_keys(keys)
  local by_algorithm <const> = {}
  for i, key in ipairs(keys) do
    local algorithm <const> = key:algorithm()
    if not key:can_sign() then
      return fail("config_invalid", "keys[%d]: the %s key has no private part", i, algorithm)
    end
    by_algorithm[algorithm] = by_algorithm[algorithm] or key
  end
  for _, algorithm in ipairs(setup.algorithms) do
    if not by_algorithm[algorithm] then
      return fail("config_invalid", "keys: no %s key; a TAM signs its first message with ESP256 and with "
        .. "Ed25519, because it does not know yet which of them an agent has", algorithm)
    end
  end
  return by_algorithm
end

local function by_kid(keys)
  local index <const> = {}
  for _, key in ipairs(keys) do index[key:thumbprint()] = key end
  return index
end

--- Fields of a TAM from the options of `teep.tam.new`; misuse throws.
-- @tparam table given
-- @treturn[1] table fields
-- @treturn[2] nil, string, string message and code: `config_invalid`, `attestation_unsupported`, or what
--   the store says
function setup.fields(given)
  options.check(given, known)
  options.check(given.trust, { agents = "table", signers = "table", reporters = "table?" })
  local limits <const> = merge(given.limits)
  local able, needed, reason = setup.check_providers()
  if not able then return nil, needed, reason end
  if given.verifier then
    return fail("attestation_unsupported", "verifier: this TAM does not appraise evidence")
  end
  local numbers, message, code = wire.open(given.wire or "v26")
  if not numbers then return nil, message, code end
  local reply_keys, lacking, why = signing_keys(given.keys)
  if not reply_keys then return nil, lacking, why end
  local random <const> = given.random
  local secret, trouble, kind = given.store:secret("token-key", function() return random(32) end)
  if not secret then return nil, trouble, kind end
  return {
    keys = given.keys, reply_keys = reply_keys, agents = by_kid(given.trust.agents),
    signers = given.trust.signers, reporters = given.trust.reporters or {},
    decryption_keys = given.decryption_keys or {},
    policy = given.policy, store = given.store, secret = secret,
    wire = numbers, clock = given.clock, random = random, await = given.await or task.await,
    observe = given.observe or function() end, limits = limits, verified = { of = {}, count = 0 },
  }
end

return setup
