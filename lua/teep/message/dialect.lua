--- What is derived from one number table of `teep.wire`, and how messages of another one are told.
-- Drafts 25 and 26 both call themselves version 0 and give the same numbers other meanings, so a message
-- of the wrong draft may decode in part: labels that mean nothing in it would be skipped (T-072), and an
-- Update could end in Success without having been read. Recognizing such a message serves to refuse it and to
-- tell the operator why; it is never read by the other numbers.
-- @module teep.message.dialect
local description <const> = require "teep.message.description"
local errors <const> = require "teep.errors"
local rules <const> = require "teep.message.rules"
local wire <const> = require "teep.wire"

local byte <const> = string.byte

local Dialect <const> = {}
Dialect.__index = Dialect

local dialect <const> = {}

local opened <const> = {}

local function build(numbers)
  local self <const> = setmetatable({ numbers = numbers, messages = description.build(numbers), names = {},
    assigned = {} }, Dialect)
  for name, number in pairs(numbers.type) do self.names[number] = name end
  for _, number in pairs(numbers.label) do self.assigned[number] = true end
  return self
end

--- A dialect, built when first used; throws when there is none of that name.
-- @tparam string name of @{teep.wire}
-- @treturn Dialect `numbers` (table of @{teep.wire}), `messages` (of @{teep.message.description}), `names`
--   (type number -> message type)
function dialect.open(name)
  local found = opened[name]
  if found then return found end
  local numbers <const>, reason = wire.open(name)
  if not numbers then error(reason, 4) end
  found = build(numbers)
  opened[name] = found
  return found
end

--- Message type by the first two bytes of a payload: all types there are take one byte.
-- @treturn string|nil
function Dialect:type_of(payload)
  local head <const>, number <const> = byte(payload, 1, 2)
  return head and head & 0xe0 == 0x80 and self.names[number] or nil
end

--- Decode by this dialect alone.
-- @treturn[1] table fields of the message; `unknown` holds what has a label that the message does not
--   define, or is nil
-- @treturn[2] nil, string, string message and code
function Dialect:read(payload, name, limits)
  local fields <const>, reason, code = self.messages[name]:decode(payload, limits)
  if not fields then return nil, reason, code end
  return rules.decoded(fields)
end

-- A label that a message does not define counts against a dialect which assigns it to another field.
-- Labels that no dialect assigns belong to extensions and tell nothing.
function Dialect:explains(labels, other)
  for label in pairs(labels) do
    if self.assigned[label] or other.assigned[label] then return false end
  end
  return true
end

-- The message type when every part of the payload is as this dialect has it.
function Dialect:fits(payload, other, limits)
  local name <const> = self:type_of(payload)
  local fields <const> = name and self:read(payload, name, limits)
  if not fields or not self:explains(fields.unknown or {}, other) then return nil end
  return name
end

--- Whether a payload that this dialect does not explain wholly is a message of another one.
-- @tparam string payload
-- @tparam[opt] table limits of the scanner
-- @treturn[1] boolean true: it is not
-- @treturn[2] nil, string, string, string message, code `wire_mismatch`, and the message type there
function Dialect:check(payload, limits)
  for _, name in ipairs(wire.dialects) do
    local other <const> = dialect.open(name)
    local found <const> = other ~= self and other:fits(payload, self, limits)
    if found then
      local _ <const>, reason, code = errors.fail("wire_mismatch",
        'looks like draft-%d numbering (%s); this endpoint is configured for draft-%d (wire = "%s")',
        other.numbers.draft, found, self.numbers.draft, self.numbers.name)
      return nil, reason, code, found
    end
  end
  return true
end

return dialect
