--- Read-only views of tables, and the way back to plain data.
-- A policy sees facts through views: reading, `#`, `ipairs`, `pairs` (in sorted order) and
-- `table.concat` work at every depth, writing throws. What it returns is copied to plain data before
-- the engine reads it.
-- @module teep.policy.frozen
local frozen = {}

-- Data that comes back from a policy: what a decision could need, many times over.
local DEPTH_MAX <const> = 8
local ENTRIES_MAX <const> = 10000

local sources <const> = setmetatable({}, { __mode = "k" }) -- view -> table behind it
local views <const> = setmetatable({}, { __mode = "k" }) -- table -> its view

local rank <const> = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local rank_a <const>, rank_b <const> = rank[type(a)], rank[type(b)]
  if rank_a ~= rank_b then return rank_a < rank_b end
  if rank_a == 3 then return not a and b end
  return a < b
end

local function sorted_keys(source)
  local keys <const> = {}
  for key in next, source do
    if not rank[type(key)] then error("pairs: a key is a " .. type(key) .. " and cannot be sorted", 3) end
    keys[#keys + 1] = key
  end
  table.sort(keys, before)
  return keys
end

--- `pairs` in a fixed order: numbers, then strings, then booleans.
-- @tparam table subject a view or a plain table
-- @return iterator
function frozen.pairs(subject)
  if type(subject) ~= "table" then error("pairs: want a table, got " .. type(subject), 2) end
  local keys <const>, i = sorted_keys(sources[subject] or subject), 0
  return function()
    local value
    repeat
      i = i + 1
      if keys[i] == nil then return nil end
      value = subject[keys[i]]
    until value ~= nil
    return keys[i], value
  end
end

local function refuse() error("facts and configuration are read-only", 2) end

--- A deep read-only view.
-- @param value any value; only tables are wrapped
-- @return the view, always the same one for the same table
-- @usage local facts = frozen.freeze{ tc_list = {} }
function frozen.freeze(value)
  if type(value) ~= "table" or sources[value] then return value end
  local view = views[value]
  if view then return view end
  view = setmetatable({}, {
    __index = function(_, key) return frozen.freeze(value[key]) end,
    __newindex = refuse,
    __len = function() return #value end,
    __pairs = frozen.pairs,
    __metatable = false,
  })
  views[value], sources[view] = view, value
  return view
end

local plain <const> = { ["nil"] = true, boolean = true, number = true, string = true }

local function copy(value, depth, budget)
  if plain[type(value)] then return value end
  if type(value) ~= "table" then error("a " .. type(value) .. " is not data", 0) end
  if depth == 0 then error(("more than %d levels of tables"):format(DEPTH_MAX), 0) end
  local result <const> = {}
  for key, entry in next, sources[value] or value do
    budget.left = budget.left - 1
    if budget.left < 0 then error(("more than %d entries"):format(ENTRIES_MAX), 0) end
    if not rank[type(key)] then error("a key is a " .. type(key), 0) end
    result[key] = copy(entry, depth - 1, budget)
  end
  return result
end

--- Plain data out of what a policy returned: views and tables are copied without any metamethod.
-- @param value at most 8 levels and 10000 entries of tables, strings, numbers and booleans
-- @return[1] the copy
-- @return[2] nil, and a string that says what is not data
function frozen.thaw(value)
  local ok <const>, result <const> = pcall(copy, value, DEPTH_MAX, { left = ENTRIES_MAX })
  if not ok then return nil, result end
  return result
end

return frozen
