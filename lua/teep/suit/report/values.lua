--- Parameters of components, each with all the values it may have: immutable, as branches share them.
-- A state is `{ [index] = { [name] = { value, ... } } }`.
-- @module teep.suit.report.values
local values = {}

local LIMIT <const> = 16 -- of values of one parameter: as many as a try-each has sequences

--- The state before the first command.
values.none = {}

local function equal(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not equal(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function has(list, value)
  for _, each in ipairs(list) do
    if equal(each, value) then return true end
  end
  return false
end

local function copy(of)
  local made <const> = {}
  for key, value in pairs(of or {}) do made[key] = value end
  return made
end

local function with(state, index, own)
  local made <const> = copy(state)
  made[index] = own
  return made
end

--- A state in which a component has these parameters.
-- @tparam table state
-- @tparam integer index
-- @tparam {[string]=any,...} given
-- @tparam[opt] boolean only_unset leave those that are set
function values.assign(state, index, given, only_unset)
  local own <const> = copy(state[index])
  for name, value in pairs(given) do
    if not (only_unset and own[name]) then own[name] = { value } end
  end
  return with(state, index, own)
end

--- A state in which a component has a parameter of another one.
function values.copy(state, from, index, name)
  local own <const> = copy(state[index])
  own[name] = (state[from] or {})[name]
  return with(state, index, own)
end

--- Whether a parameter may have a value; one that is not set may have any.
function values.may_be(state, index, name, value)
  local list <const> = (state[index] or {})[name]
  return not list or has(list, value)
end

local function add(own, name, list)
  local all <const> = table.move(own[name] or {}, 1, #(own[name] or {}), 1, {})
  for _, value in ipairs(list) do
    if #all < LIMIT and not has(all, value) then all[#all + 1] = value end
  end
  own[name] = all
end

--- One state that is any of several; nil of none.
-- @tparam {table,...} states
-- @treturn table|nil
function values.merge(states)
  if #states < 2 then return states[1] end
  local made <const> = {}
  for _, state in ipairs(states) do
    for index, own in pairs(state) do
      made[index] = made[index] or {}
      for name, list in pairs(own) do add(made[index], name, list) end
    end
  end
  return made
end

return values
