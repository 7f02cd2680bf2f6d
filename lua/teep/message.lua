--- TEEP messages: bytes to tables and back (draft-ietf-teep-protocol section 4).
-- A message is `{ type = "query-request"|"query-response"|"update"|"success"|"error", ... }` with its
-- fields by RFC name. Component identifiers are lists of byte strings, digests
-- `{ algorithm = COSE number, bytes = string }`, `data_item_requested` a set
-- (`{ trusted_components = true }`), `err_code` a name, or a number where the code is not assigned.
-- Labels that a message does not define are skipped (T-072), unless they show that the whole message is
-- numbered as in another draft.
-- @module teep.message
local cbor <const> = require "teep.cbor"
local dialect <const> = require "teep.message.dialect"
local errors <const> = require "teep.errors"
local options <const> = require "teep.options"
local rules <const> = require "teep.message.rules"

local message = {}

local decode_options <const> = { wire = "string", limits = "table?" }
local encode_options <const> = { wire = "string" }

--- The type of an encoded message, by its first bytes alone.
-- @tparam string payload CBOR of a message
-- @tparam string dialect_name `v26` or `v25`
-- @treturn[1] string message type
-- @treturn[2] nil, string, string message and code: `wrong_type`, `unknown_message`, or what the
--   scanner says
function message.peek(payload, dialect_name)
  local name <const> = dialect.open(dialect_name):type_of(payload)
  if name then return name end
  local ok, reason, code = cbor.scan(payload)
  if not ok then return nil, reason, code end
  local head <const>, number <const> = payload:byte(1, 2)
  if head & 0xe0 ~= 0x80 or not number or number >= 0x20 then
    return errors.fail("wrong_type", "message: want an array that starts with a message type")
  end
  return errors.fail("unknown_message", "message: first element 0x%02x names no message type", number)
end

--- Whether a payload that cannot be served here is a message of another wire dialect: if so, that is what
-- to tell the operator. Nothing of it is accepted.
-- @tparam string payload CBOR of a message
-- @tparam string dialect_name of this endpoint
-- @treturn[1] boolean true: it is of no other dialect, or of this one as well
-- @treturn[2] nil, string, string, string message, code `wire_mismatch`, and the message type there
-- @usage local ok, reason = message.check_wire(payload, "v26")
function message.check_wire(payload, dialect_name)
  local own <const> = dialect.open(dialect_name)
  local name <const> = own:type_of(payload)
  local fields <const> = name and own:read(payload, name)
  if fields and not fields.unknown then return true end
  return own:check(payload)
end

-- Unknown bits ask for an extension, which is another failure than a malformed message (A-13).
local function classify(name, reason, code)
  if name == "query-request" and code == "unknown_value" then code = "unsupported_extension" end
  return nil, reason, code
end

--- Decode a message.
-- @tparam string payload CBOR, the payload of a verified COSE message
-- @tparam table opts `{ wire = "v26", limits = }`; `limits` as in `teep.cbor.scan`
-- @treturn[1] table message
-- @treturn[2] nil, string, string message and code: those of the scanner, `wrong_type`,
--   `size_out_of_range`, `number_out_of_range`, `missing_field`, `forbidden_field`,
--   `unknown_message`, `unsupported_extension` (unknown bits in data-item-requested), `wire_mismatch`
--   (numbered as another dialect has it; the message type that it is there follows the code)
-- @usage local request = message.decode(payload, { wire = "v26" })
function message.decode(payload, opts)
  options.check(opts, decode_options)
  local own <const> = dialect.open(opts.wire)
  local fields, reason, code
  local name <const> = own:type_of(payload)
  if name then
    fields, reason, code = own:read(payload, name, opts.limits)
    if fields and not fields.unknown then return fields end
  else
    reason, code = select(2, message.peek(payload, opts.wire))
  end
  local ok <const>, mismatch, mismatch_code, found = own:check(payload, opts.limits)
  if not ok then return nil, mismatch, mismatch_code, found end
  if not fields then return classify(name, reason, code) end
  fields.unknown = nil
  return fields
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
  options.check(opts, encode_options)
  local codec <const> = dialect.open(opts.wire).messages[fields.type]
  if not codec then
    return errors.fail("unknown_message", "message.type: %s", tostring(fields.type))
  end
  if fields.unknown then return errors.fail("unknown_field", "%s.unknown: not a field", fields.type) end
  local ok, broken, code = rules.encodable(fields)
  if not ok then return nil, broken, code end
  return codec:encode(fields)
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
