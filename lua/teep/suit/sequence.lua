--- Command sequences (draft-ietf-suit-manifest section 8.4.6): `[ code, argument, code, argument, ... ]`.
-- @module teep.suit.sequence
local commands <const> = require "teep.suit.commands"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local schema <const> = require "teep.schema"

local sequence = {}

local list_codec <const> = schema.compile{ type = "array", of = { type = "raw" } }
local code_number <const> = schema.compile{ name = "command", type = "int" }

-- Reporting policy: bits beyond the four are malformed (section 8.4.7).
local policy <const> = schema.compile{ name = "policy", type = "bits", values = labels.policy }

-- The policies there are, by their encoding.
local policies <const> = {}
for bits = 0, 15 do policies[string.char(bits)] = policy:decode(string.char(bits)) end

local codecs <const> = {}
for code, row in pairs(commands) do codecs[code] = row.argument and schema.compile(row.argument) or policy end

-- The codes there are, by their encoding.
local numbers <const> = {}
for code in pairs(commands) do numbers[code_number:encode(code)] = code end

local decode

-- Bytes of a head; that it is the shortest has been checked.
local function head_size(count)
  if count < 24 then return 1 end
  return count < 0x100 and 2 or count < 0x10000 and 3 or 5
end

local function decode_branch(scope, bytes, position)
  return decode(bytes, {
    limits = scope.limits, bounds = scope.bounds, base = position + head_size(#bytes),
    depth = scope.depth + 1,
  })
end

local decode_nested = {}

function decode_nested.one(scope, command, position)
  local branch, message, code = decode_branch(scope, command.argument, position)
  command.branches = { branch }
  return branch, message, code
end

-- Null, which succeeds without effect, may only be the last.
function decode_nested.several(scope, command, position)
  local argument <const>, branches <const> = command.argument, {}
  if #argument > scope.limits.branches then
    return errors.fail("limit_reached", "try-each: %d sequences, limit %d", #argument, scope.limits.branches)
  end
  position = position + head_size(#argument)
  for i, content in ipairs(argument) do
    local branch, message, code = content, nil, nil
    if content ~= schema.null then
      branch, message, code = decode_branch(scope, content, position)
      position = position + head_size(#content) + #content
    elseif i < #argument then
      branch, message, code = errors.fail("wrong_type", "try-each: null in front of a sequence")
    end
    if not branch then return branch, message, code end
    branches[i] = branch
  end
  command.branches = branches
  return true
end

-- `position`: where the argument begins in its section.
local function decode_argument(scope, command, bytes, position)
  local row <const>, code <const> = command.row, command.code
  command.argument = not row.argument and policies[bytes] or nil
  if command.argument then return true end
  local argument, message, fault = codecs[code]:decode(bytes)
  if argument == nil then return nil, labels.describe(labels.commands, code) .. ": " .. message, fault end
  command.argument = argument
  if not row.nested then return true end
  return decode_nested[row.nested](scope, command, position)
end

-- Offsets count from the head of the array of the section, as SUIT Reports want them; so does libcsuit. A
-- sequence within another lies inside its bytes, so that its offsets are of the section as well.
local function decode_command(scope, bytes, argument_bytes, position)
  local number, message, code = numbers[bytes], nil, nil
  if not number then number, message, code = code_number:decode(bytes) end
  if not number then return number, message, code end
  local command <const> = { code = number, offset = position, row = commands[number] }
  if command.row then
    local ok, why, fault = decode_argument(scope, command, argument_bytes, position + #bytes)
    if not ok then return nil, why, fault end
  end
  return command
end

-- The innermost command that is wrong is the one to name.
local function at(offset, message)
  return message:find "^at byte" and message or ("at byte %d: %s"):format(offset, message)
end

local function decode_items(bytes, scope)
  local limits <const> = scope.limits
  if scope.depth > limits.nesting then
    return errors.fail("limit_reached", "sequences are nested deeper than %d", limits.nesting)
  end
  local list, message, code = list_codec:decode(bytes, scope.bounds)
  if not list then return nil, message, code end
  if #list == 0 or #list % 2 == 1 then
    return errors.fail("size_out_of_range", "%d items, want pairs of command and argument", #list)
  end
  if #list // 2 > limits.commands then
    return errors.fail("limit_reached", "%d commands, limit %d", #list // 2, limits.commands)
  end
  return list
end

function decode(bytes, scope)
  local list, message, code = decode_items(bytes, scope)
  if not list then return list, message, code end
  local decoded <const> = {}
  local position = scope.base + head_size(#list)
  for i = 1, #list, 2 do
    local command, why, fault = decode_command(scope, list[i], list[i + 1], position)
    if not command then return nil, at(position, why), fault end
    decoded[i // 2 + 1] = command
    position = position + #list[i] + #list[i + 1]
  end
  return decoded
end

--- Decode a sequence, and all that are nested in it.
-- @tparam string bytes content of its byte string
-- @tparam string path its name, for messages
-- @tparam table limits of teep.suit.limits
-- @treturn[1] {table,...} commands `{ code, offset (bytes), row, argument, branches }`; `row` and `argument`
--   are nil for a command that is not supported, `branches` are the sequences of try-each and run-sequence
-- @treturn[2] nil, string, string, integer `size_out_of_range`, `limit_reached` and the codes of
--   teep.schema; the offset of the command that is wrong
function sequence.decode(bytes, path, limits)
  local decoded, message, code = decode(bytes, {
    limits = limits, bounds = { bytes = limits.manifest_bytes }, base = 0, depth = 0,
  })
  if decoded then return decoded end
  local offset <const> = message:match "^at byte (%d+)"
  return nil, path .. (offset and " " or ": ") .. message, code, tonumber(offset) or 0
end

--- Encode a sequence of supported commands.
-- @tparam {table,...} list `{ code, argument }`; sequences within are bytes
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string the codes of teep.schema
function sequence.encode(list)
  local encoded <const> = {}
  for _, command in ipairs(list) do
    local argument, message, code = codecs[command[1]]:encode(command[2])
    if not argument then return argument, message, code end
    encoded[#encoded + 1] = code_number:encode(command[1])
    encoded[#encoded + 1] = argument
  end
  return list_codec:encode(encoded)
end

return sequence
