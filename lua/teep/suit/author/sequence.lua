--- Writes one command sequence (draft-ietf-suit-manifest section 8.4.6).
-- What cannot be encoded is remembered and told by @{Sequence:encode}, so that sections read as lists of
-- commands.
-- @module teep.suit.author.sequence
local cbor <const> = require "teep.cbor"
local labels <const> = require "teep.suit.labels"
local parameters <const> = require "teep.suit.author.parameters"

local Sequence <const> = {}
Sequence.__index = Sequence

local codes <const> = {}
for code, name in pairs(labels.commands) do codes[name:gsub("-", "_")] = code end

-- Conditions report all there is, directives their failures, and a condition that only chooses among slots
-- its success (section 8.4.7; the drafts' examples do so).
local CONDITION_POLICY <const>, DIRECTIVE_POLICY <const>, CHOICE_POLICY <const> = 15, 2, 5

--- An empty sequence.
-- @tparam integer count of components and dependencies: with several, a sequence says first which one it
--   means (section 6.5)
-- @treturn Sequence
local function new(count)
  return setmetatable({ count = count, items = cbor.array() }, Sequence)
end

function Sequence:add(name, argument)
  self.items[#self.items + 1] = codes[name]
  self.items[#self.items + 1] = argument
  return self
end

--- Choose a component or dependency for the commands that follow.
-- @tparam integer index counted from 0
function Sequence:select(index)
  if self.count == 1 or self.selected == index then return self end
  self.selected = index
  return self:add("set_component_index", index)
end

--- Set parameters, whatever they were; nothing is written when there are none.
-- @tparam {[string]=any} values see teep.suit.author.parameters
function Sequence:override(values)
  if not next(values) then return self end
  local map <const>, message <const>, code <const> = parameters(values)
  if not map then
    self.fault = self.fault or { message, code }
    return self
  end
  return self:add("override_parameters", map)
end

--- A condition, by its name with `_` for `-`.
function Sequence:condition(name) return self:add(name, CONDITION_POLICY) end

--- A condition that may fail without anything being wrong.
function Sequence:choice(name) return self:add(name, CHOICE_POLICY) end

--- A directive, by its name with `_` for `-`.
function Sequence:directive(name) return self:add(name, DIRECTIVE_POLICY) end

--- Run the first of several sequences that succeeds.
-- @tparam {Sequence,...} list
function Sequence:try_each(list)
  local branches <const> = cbor.array()
  for i, each in ipairs(list) do
    self.fault = self.fault or each.fault
    branches[i] = cbor.encode(each.items)
  end
  return self:add("try_each", branches)
end

--- A sequence inside of this one, which stands on the same component.
-- @treturn Sequence
function Sequence:nested() return new(1) end

--- The sequence as bytes.
-- @treturn[1] string|nil bytes nil for a sequence without commands, which stays away from a manifest
-- @treturn[2] nil, string, string the codes of teep.schema
function Sequence:encode()
  if self.fault then return nil, table.unpack(self.fault) end
  if #self.items == 0 then return nil end
  return cbor.encode(self.items)
end

return { new = new }
