--- What a policy can say, and where.
-- @module teep.policy.verbs
local verbs = {}

-- verb -> argument -> type.
local arguments <const> = {
  ask = {
    attestation = "boolean", trusted_components = "boolean", extensions = "boolean",
    suit_reports = "boolean",
  },
  update = { install = "list", remove = "list", remove_prefix = "list" },
  attest = {},
  nothing = {},
  accept = {},
  retry = { after = "seconds" },
  quarantine = { reason = "string" },
  deny = { reason = "string" },
}

--- Decision points: the verbs allowed at each. `neutral` is the one that objects to nothing and
-- leaves the decision to the other policies.
verbs.points = {
  query = { allowed = { ask = true, deny = true } },
  plan = {
    allowed = { update = true, attest = true, retry = true, deny = true, nothing = true },
    neutral = "nothing",
  },
  settle = {
    allowed = { accept = true, retry = true, quarantine = true, deny = true }, neutral = "accept",
  },
  consider = { allowed = { accept = true, retry = true, deny = true }, neutral = "accept" },
}

local function is_list(value)
  if type(value) ~= "table" then return false end
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 or key > #value then return false end
  end
  return true
end

local is <const> = {
  boolean = function(value) return type(value) == "boolean" end,
  string = function(value) return type(value) == "string" end,
  seconds = function(value) return math.type(value) == "integer" and value >= 0 end,
  list = is_list,
}

--- Is this a decision: a known verb with arguments of the right types?
-- @param decision plain data
-- @treturn[1] boolean true
-- @treturn[2] nil, string what is wrong
function verbs.check(decision)
  if type(decision) ~= "table" then return nil, "a " .. type(decision) .. " is not a verb" end
  local known <const> = arguments[decision.verb]
  if not known then return nil, "no such verb: " .. tostring(decision.verb) end
  for name, value in pairs(decision) do
    local kind <const> = name == "verb" and "string" or known[name]
    if not kind then return nil, decision.verb .. ": unknown argument " .. tostring(name) end
    if not is[kind](value) then
      return nil, ("%s: %s: want %s, got %s"):format(decision.verb, name, kind, type(value))
    end
  end
  return true
end

local function verb(name)
  return function(given)
    if given ~= nil and type(given) ~= "table" then
      error(name .. ": want its arguments in braces, got a " .. type(given), 2)
    end
    local decision <const> = { verb = name }
    for argument, value in pairs(given or {}) do decision[argument] = value end
    decision.verb = name
    local ok <const>, reason <const> = verbs.check(decision)
    if not ok then error(reason, 2) end
    return decision
  end
end

--- The verbs as functions, the globals of a policy.
verbs.functions = {}
for name in pairs(arguments) do verbs.functions[name] = verb(name) end

return verbs
