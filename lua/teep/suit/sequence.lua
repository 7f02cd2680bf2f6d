--- Command sequences (draft-ietf-suit-manifest section 8.4.6): `[ code, argument, code, argument, ... ]`.
-- @module teep.suit.sequence
local cbor <const> = require "teep.cbor"
local commands <const> = require "teep.suit.commands"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local schema <const> = require "teep.schema"

local sequence = {}

local list_codec <const> = schema.compile{ type = "array", of = { type = "raw" } }
local code_number <const> = schema.compile{ name = "command", type = "int" }

-- Offsets count from the head of the array, as SUIT Reports want them; so does libcsuit.
local function decode_command(item, argument_item)
  local number, message, code = code_number:decode(item.bytes)
  if not number then return number, message, code end
  local command <const> = { code = number, offset = item.offset, row = commands[number] }
  if command.row then
    local argument, why, fault = command.row.argument:decode(argument_item.bytes)
    if argument == nil then return nil, labels.describe(labels.commands, number) .. ": " .. why, fault end
    command.argument = argument
  end
  return command
end

local function decode_items(bytes, path, limits)
  local list, message, code = cbor.items(bytes, { bytes = limits.manifest_bytes })
  if not list then return nil, path .. ": " .. message, code end
  if #list == 0 or #list % 2 == 1 then
    return errors.fail("size_out_of_range", "%s: %d items, want pairs of command and argument", path, #list)
  end
  if #list // 2 > limits.commands then
    return errors.fail("limit_reached", "%s: %d commands, limit %d", path, #list // 2, limits.commands)
  end
  return list
end

--- Decode a sequence.
-- @tparam string bytes content of its byte string
-- @tparam string path its name, for messages
-- @tparam table limits of teep.suit.limits
-- @treturn[1] {table,...} commands `{ code, offset (bytes), row, argument }`; `row` and `argument` are nil
--   for a command that is not supported
-- @treturn[2] nil, string, string `size_out_of_range`, `limit_reached` and the codes of teep.schema
function sequence.decode(bytes, path, limits)
  local list, message, code = decode_items(bytes, path, limits)
  if not list then return list, message, code end
  local decoded <const> = {}
  for i = 1, #list, 2 do
    local command, why, fault = decode_command(list[i], list[i + 1])
    if not command then return nil, ("%s at byte %d: %s"):format(path, list[i].offset, why), fault end
    decoded[#decoded + 1] = command
  end
  return decoded
end

--- Encode a sequence of supported commands.
-- @tparam {table,...} list `{ code, argument }`
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string the codes of teep.schema
function sequence.encode(list)
  local encoded <const> = {}
  for _, command in ipairs(list) do
    local argument, message, code = commands[command[1]].argument:encode(command[2])
    if not argument then return argument, message, code end
    encoded[#encoded + 1] = code_number:encode(command[1])
    encoded[#encoded + 1] = argument
  end
  return list_codec:encode(encoded)
end

return sequence
