--- Command sequences (draft-ietf-suit-manifest section 8.4.6): `[ code, argument, code, argument, ... ]`.
-- @module teep.suit.sequence
local commands <const> = require "teep.suit.commands"
local core <const> = require("teep.core").suit
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local schema <const> = require "teep.schema"

local sequence = {}

local list_codec <const> = schema.compile{ type = "array", of = { type = "raw" } }
local code_number <const> = schema.compile{ name = "command", type = "int" }

-- Reporting policy: bits beyond the four are malformed (section 8.4.7).
local policy_codec <const> = schema.compile{ name = "policy", type = "bits", values = labels.policy }

-- The policies there are, by their encoding.
local policies <const> = {}
for bits = 0, 15 do policies[string.char(bits)] = policy_codec:decode(string.char(bits)) end

for _, row in pairs(commands) do row.codec = row.argument and schema.compile(row.argument) or policy_codec end

local read <const> = core.reader(code_number, policy_codec, policies, commands)

local decode

-- Bytes of a head; that it is the shortest has been checked.
local function head_size(count)
  if count < 24 then return 1 end
  return count < 0x100 and 2 or count < 0x10000 and 3 or 5
end

local function decode_branch(limits, bytes, position, depth)
  return decode(bytes, limits, position + head_size(#bytes), depth + 1)
end

local decode_nested = {}

function decode_nested.one(limits, command, position, depth)
  local branch, message, code = decode_branch(limits, command.argument, position, depth)
  command.branches = { branch }
  return branch, message, code
end

-- Null, which succeeds without effect, may only be the last.
function decode_nested.several(limits, command, position, depth)
  local argument <const>, branches <const> = command.argument, {}
  if #argument > limits.branches then
    return errors.fail("limit_reached", "try-each: %d sequences, limit %d", #argument, limits.branches)
  end
  position = position + head_size(#argument)
  for i, content in ipairs(argument) do
    local branch, message, code = content, nil, nil
    if content ~= schema.null then
      branch, message, code = decode_branch(limits, content, position, depth)
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

-- The innermost command that is wrong is the one to name.
local function at(offset, message)
  return message:find "^at byte" and message or ("at byte %d: %s"):format(offset, message)
end

local function decode_branches(count, limits, list, depth)
  for i = 1, count do
    local command <const> = list[i]
    local kind <const> = command.row and command.row.nested
    if kind then
      local position <const> = command.offset + head_size(command.code)
      local ok, message, code = decode_nested[kind](limits, command, position, depth)
      if not ok then return nil, at(command.offset, message), code end
    end
  end
  return list
end

-- Of the commands read, the last is wrong; one in front of it may be wrong inside.
local function refuse(limits, list, depth, message, code)
  local ok, why, fault = decode_branches(#list - 1, limits, list, depth)
  if not ok then return ok, why, fault end
  local wrong <const> = list[#list]
  if wrong.row then message = labels.describe(labels.commands, wrong.code) .. ": " .. message end
  return nil, at(wrong.offset, message), code
end

-- Offsets count from the head of the array of the section, as SUIT Reports want them; so does libcsuit. A
-- sequence within another lies inside its bytes, so that its offsets are of the section as well.
function decode(bytes, limits, base, depth)
  if depth > limits.nesting then
    return errors.fail("limit_reached", "sequences are nested deeper than %d", limits.nesting)
  end
  local list, message, code = read(bytes, limits.manifest_bytes, limits.commands, base)
  if not list then return list, message, code end
  if code then return refuse(limits, list, depth, message, code) end
  return decode_branches(#list, limits, list, depth)
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
  local decoded, message, code = decode(bytes, limits, 0, 0)
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
    local argument, message, code = commands[command[1]].codec:encode(command[2])
    if not argument then return argument, message, code end
    encoded[#encoded + 1] = code_number:encode(command[1])
    encoded[#encoded + 1] = argument
  end
  return list_codec:encode(encoded)
end

return sequence
