--- Rules between the fields of one message, which a schema of single fields cannot say.
-- The encoder is strict; the decoder is lenient where the draft contradicts itself (A-02, A-03) or
-- demands tolerance (A-25).
-- @module teep.message.rules
local errors <const> = require "teep.errors"
local fail <const> = errors.fail

local rules = {}

local function missing(message, field, why)
  return fail("missing_field", "%s.%s: %s", message.type, field, why)
end
local function forbidden(message, field, why)
  return fail("forbidden_field", "%s.%s: %s", message.type, field, why)
end

-- Section 4.2: a token correlates when nothing is attested; otherwise the challenge does.
local function unattested(message)
  if not message.token then return missing(message, "token", "required when attestation is not asked") end
  for _, field in ipairs { "challenge", "supported_freshness_mechanisms" } do
    if message[field] then return forbidden(message, field, "only when attestation is asked") end
  end
  return true
end

-- Code 0 is reserved (T-044, T-061); other unassigned codes are kept as numbers (T-063).
local function err_code_assigned(message)
  if message.err_code ~= 0 then return true end
  return fail("number_out_of_range", "%s.err_code: 0 is reserved", message.type)
end

local lenient <const> = {
  ["query-request"] = function(message)
    if message.data_item_requested.attestation then return true end
    return unattested(message)
  end,
  update = err_code_assigned,
  error = err_code_assigned,
}

local function err_code_known(message)
  if message.err_code == nil or type(message.err_code) == "string" then return true end
  return fail("unknown_value", "%s.err_code: %s, want a code of the draft by name", message.type,
    tostring(message.err_code))
end

-- Section 4.6: the list that a code must come with.
local companion <const> = {
  unsupported_cipher_suites = "supported_teep_cipher_suites",
  unsupported_freshness_mechanisms = "supported_freshness_mechanisms",
  unsupported_suit_report = "supported_suit_cose_profiles",
  unsupported_msg_version = "versions",
}

local function requested_consistent(message)
  for i, wanted in ipairs(message.requested_tc_list or {}) do
    if wanted.have_binary and not wanted.tc_manifest_sequence_number then
      return missing(message, ("requested_tc_list[%d].tc_manifest_sequence_number"):format(i),
        "required with have_binary")
    end
  end
  return true
end

-- Section 4.3: an entry says at least one thing about its component.
local function tc_list_telling(message)
  for i, claims in ipairs(message.tc_list or {}) do
    local other = next(claims)
    if other == "component_id" then other = next(claims, other) end
    if other == nil then
      return missing(message, ("tc_list[%d]"):format(i), "at least one SUIT parameter beside component_id")
    end
  end
  return true
end

local strict <const> = {
  ["query-request"] = function(message)
    local asked <const> = message.data_item_requested
    if type(asked) ~= "table" or not asked.attestation then return unattested(message) end
    if message.token then return forbidden(message, "token", "only when attestation is not asked") end
    return true
  end,
  ["query-response"] = function(message)
    local ok, text, code = tc_list_telling(message)
    if not ok then return ok, text, code end
    return requested_consistent(message)
  end,
  update = err_code_known,
  error = function(message)
    local list <const> = companion[message.err_code]
    if list and not message[list] then return missing(message, list, "required with " .. message.err_code) end
    return err_code_known(message)
  end,
}

local function run(set, message)
  local rule <const> = set[message.type]
  if not rule then return message end
  local ok <const>, reason, code = rule(message)
  if not ok then return nil, reason, code end
  return message
end

--- Check a decoded message.
-- @treturn[1] table `message`
-- @treturn[2] nil, string, string message and code: `missing_field`, `forbidden_field`,
--   `number_out_of_range`
function rules.decoded(message) return run(lenient, message) end

--- Check a message before it is encoded.
-- @treturn[1] table `message`
-- @treturn[2] nil, string, string message and code: `missing_field`, `forbidden_field`, `unknown_value`
function rules.encodable(message) return run(strict, message) end

return rules
