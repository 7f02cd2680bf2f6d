--- TEEP messages: bytes to tables and back (draft-ietf-teep-protocol section 4).
-- A message is `{ type = "query-request"|"query-response"|"update"|"success"|"error", ... }` with its
-- fields by RFC name. Component identifiers are lists of byte strings, digests
-- `{ algorithm = COSE number, bytes = string }`, `data_item_requested` a set
-- (`{ trusted_components = true }`), `err_code` a name, or a number where the code is not assigned.
-- Labels that a message does not define are skipped (T-072).
-- @module teep.message
local cbor <const> = require "teep.cbor"
local description <const> = require "teep.message.description"
local errors <const> = require "teep.errors"
local options <const> = require "teep.options"
local rules <const> = require "teep.message.rules"
local wire <const> = require "teep.wire"

local message = {}

local dialects <const> = {}

-- Everything derived from one number table, built when first used.
local function dialect(name)
  local found = dialects[name]
  if found then return found end
  local numbers <const>, reason = wire.open(name)
  if not numbers then error(reason, 3) end
  found = { messages = description.build(numbers), names = {} }
  for type_name, number in pairs(numbers.type) do found.names[number] = type_name end
  dialects[name] = found
  return found
end

--- The type of an encoded message, by its first bytes alone.
-- @tparam string payload CBOR of a message
-- @tparam string dialect_name `v26`
-- @treturn[1] string message type
-- @treturn[2] nil, string, string message and code: `wrong_type`, `unknown_message`, or what the
--   scanner says
function message.peek(payload, dialect_name)
  local head <const>, number <const> = payload:byte(1, 2)
  local is_array <const> = head and head & 0xe0 == 0x80
  local name <const> = is_array and dialect(dialect_name).names[number]
  if name then return name end
  local ok, reason, code = cbor.scan(payload)
  if not ok then return nil, reason, code end
  if not is_array or not number or number >= 0x20 then
    return errors.fail("wrong_type", "message: want an array that starts with a message type")
  end
  return errors.fail("unknown_message", "message: first element 0x%02x names no message type", number)
end

-- Unknown bits ask for an extension, which is another failure than a malformed message (A-13).
local function classify(name, reason, code)
  reason = reason:gsub("%.options", "", 1)
  if name == "query-request" and code == "unknown_value" then code = "unsupported_extension" end
  return nil, reason, code
end

--- Decode a message.
-- @tparam string payload CBOR, the payload of a verified COSE message
-- @tparam table opts `{ wire = "v26", limits = }`; `limits` as in `teep.cbor.scan`
-- @treturn[1] table message
-- @treturn[2] nil, string, string message and code: those of the scanner, `wrong_type`,
--   `size_out_of_range`, `number_out_of_range`, `missing_field`, `forbidden_field`,
--   `unknown_message`, `unsupported_extension` (unknown bits in data-item-requested)
-- @usage local request = message.decode(payload, { wire = "v26" })
function message.decode(payload, opts)
  options.check(opts, { wire = "string", limits = "table?" })
  local name <const>, reason, code = message.peek(payload, opts.wire)
  if not name then return nil, reason, code end
  local layout <const> = dialect(opts.wire).messages[name]
  local decoded, why, what = layout.schema:decode(payload, opts.limits)
  if not decoded then return classify(name, why, what) end
  local fields <const> = decoded.options
  fields.type = name
  for _, element in ipairs(layout.elements) do fields[element] = decoded[element] end
  local ok, broken, rule_code = rules.decoded(fields)
  if not ok then return nil, broken, rule_code end
  return fields
end

-- The tuple of the schema: elements beside the options map.
local function nested(fields, elements)
  local outer <const>, inner <const> = { type = fields.type }, {}
  for name, value in pairs(fields) do
    if name ~= "type" then inner[name] = value end
  end
  for _, element in ipairs(elements) do
    outer[element], inner[element] = fields[element], nil
  end
  outer.options = inner
  return outer
end

--- Encode a message, deterministically and strictly.
-- @tparam table fields a message; unknown field names are refused
-- @tparam table opts `{ wire = "v26" }`
-- @treturn[1] string payload
-- @treturn[2] nil, string, string message and code: `wrong_type`, `size_out_of_range`,
--   `number_out_of_range`, `missing_field`, `forbidden_field`, `unknown_value`, `unknown_field`,
--   `unknown_message`
-- @usage message.encode({ type = "success", token = token }, { wire = "v26" })
function message.encode(fields, opts)
  options.check(opts, { wire = "string" })
  local layout <const> = dialect(opts.wire).messages[fields.type]
  if not layout then
    return errors.fail("unknown_message", "message.type: %s", tostring(fields.type))
  end
  local ok, broken, code = rules.encodable(fields)
  if not ok then return nil, broken, code end
  local payload, reason, why = layout.schema:encode(nested(fields, layout.elements))
  if not payload then return nil, reason:gsub("%.options", "", 1), why end
  return payload
end

--- Make text fit for `msg` and `err_msg`: at most 128 bytes, cut between characters, without control
-- characters (Net-Unicode, section 4.6).
-- @tparam string text
-- @treturn string 1..128 bytes of UTF-8
-- @usage message.line(reason)
function message.line(text)
  if not utf8.len(text) then text = text:gsub("[\x80-\xff]", "?") end
  text = text:gsub("[%c]", " ")
  if #text > 128 then text = text:sub(1, utf8.offset(text, 0, 129) - 1) end
  return text == "" and "-" or text
end

return message
