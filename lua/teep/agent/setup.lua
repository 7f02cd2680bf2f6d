--- Options of an agent: checked, completed, turned into its fields.
-- @module teep.agent.setup
local bucket <const> = require "teep.agent.bucket"
local crypto <const> = require "teep.crypto"
local options <const> = require "teep.options"
local reply <const> = require "teep.agent.reply"
local suit_limits <const> = require "teep.suit.limits"

local setup = {}

--- Limits and their defaults.
setup.limits = {
  message = 16 * 1024 * 1024, -- bytes of a message from a TAM
  manifests = 64, -- in one Update
  installed = 256, -- manifests
  components = 512, -- installed
  known = 1024, -- manifests whose sequence number is remembered, uninstalled ones included
  requested = 64, -- components requested and not installed yet
  update_tokens = 64, -- remembered for each TAM
  reports = 192 * 1024, -- bytes of the SUIT Reports in one message: a TAM takes 256 KiB of one, 1 MiB in all
  ledger = 512 * 1024, -- bytes of the stored ledger from which on nothing is installed
  unauthenticated_errors = 10, -- Errors that strangers can cause at once,
  unauthenticated_errors_per_second = 1, -- and how fast they come back
}

local known <const> = {
  driver = "any", device = "table", trust = "table", tam_uri = "string?", tam_uris = "table?",
  policy = "any?", fetch = "function?", wire = "string?", clock = "function", random = "function?",
  await = "function?", observe = "function?", limits = "table?", algorithm = "string?",
  on_unauthenticated = "string?", check_in = "number?", rights = "table?", rules = "table?",
  reports = "table?", decryption_keys = "table?", suit_limits = "table?",
}

-- What a device can tell about itself; a condition that needs what is absent is not supported.
local device_fields <const> = {
  vendor_identifier = "string", class_identifier = "string", device_identifier = "string?",
  clock = "function?", slot = "function?", battery = "function?", authorized = "function?",
  version = "function?", wait = "table?", metadata = "function?",
}

local function merge(given)
  local limits = {}
  for name, value in pairs(setup.limits) do limits[name] = value end
  for name, value in pairs(given or {}) do
    if not limits[name] then error("unknown limit: " .. tostring(name), 4) end
    limits[name] = value
  end
  return limits
end

-- ESP256 and Ed25519, as far as the crypto providers have them.
local function algorithms()
  local list = {}
  for _, provider in ipairs(crypto.providers()) do
    for _, algorithm in ipairs(provider.algorithms) do
      if algorithm == "ESP256" or algorithm == "Ed25519" then list[algorithm] = true end
    end
  end
  local names = {}
  for name in pairs(list) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function set(list)
  local found = {}
  for _, value in ipairs(list or {}) do found[value] = true end
  return found
end

local function check_device(device)
  options.check(device, device_fields)
  for _, name in ipairs{ "vendor_identifier", "class_identifier", "device_identifier" } do
    local value = device[name]
    if value and #value ~= 16 then error(("device.%s: %d bytes, want 16"):format(name, #value), 5) end
  end
end

-- The agent's own clock serves use-before.
local function with_clock(device, clock)
  local complete = { clock = clock }
  for name, value in pairs(device) do complete[name] = value end
  return complete
end

-- What AES-CTR encrypts has to be signed (draft-ietf-suit-mti section 3), so that all that is encrypted is.
local function report_options(given, algorithm)
  given = options.check(given or {}, { sign = "boolean?", recipients = "table?", algorithm = "string?" })
  return {
    sign = given.sign or given.recipients ~= nil, recipients = given.recipients,
    algorithm = given.algorithm or (algorithm == "Ed25519" and "ChaCha20/Poly1305" or "A128GCM"),
  }
end

local function check(given)
  options.check(given, known)
  options.check(given.trust, { tams = "table", signers = "table" })
  check_device(given.device)
  local choice = given.on_unauthenticated or "error"
  if choice ~= "error" and choice ~= "drop" then error("option on_unauthenticated: want error or drop", 4) end
end

--- Fields of an agent from the options of `teep.agent.new`; misuse throws.
-- @tparam table given
-- @treturn table fields
function setup.fields(given)
  check(given)
  local fields = {
    driver = given.driver, device = with_clock(given.device, given.clock), tams = given.trust.tams,
    signers = given.trust.signers,
    tam_uri = given.tam_uri, tam_uris = set(given.tam_uris), policy = given.policy, fetch = given.fetch,
    wire = given.wire or "v26", clock = given.clock, observe = given.observe or function() end,
    limits = merge(given.limits), on_unauthenticated = given.on_unauthenticated or "error",
    check_in = given.check_in, rights = given.rights, rules = given.rules,
    suit_limits = suit_limits.with(given.suit_limits),
    reports = report_options(given.reports, given.algorithm), report_profiles = {},
    decryption_keys = given.decryption_keys or {},
    algorithm = given.algorithm or "ESP256", algorithms = algorithms(), version = 0, checked = {},
  }
  fields.suite, fields.suit_cose_profiles = reply.abilities(fields.wire, crypto.algorithms[fields.algorithm])
  if not fields.suite then error("option algorithm: want ESP256 or Ed25519", 3) end
  fields.strangers = bucket.new(fields.limits.unauthenticated_errors,
    fields.limits.unauthenticated_errors_per_second, fields.clock)
  return fields
end

return setup
