--- `pairs` in an order that is always the same, or the other way round. Lua seeds its hashes anew in each process, so that
-- what `pairs` says first says nothing about the input; whatever depends on it does not depend on the input alone.
local order = {}

local forward <const> = pairs

local function before(a, b)
  if math.type(a) == math.type(b) and type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
  return type(a) < type(b)
end

local function sorted_keys(t)
  local keys <const> = {}
  for key in next, t do keys[#keys + 1] = key end
  table.sort(keys, before)
  return keys
end

local function walk(t, keys, first, step)
  local i = first - step
  return function()
    i = i + step
    return keys[i], t[keys[i]]
  end
end

--- Lowest key first.
function order.ascending(t)
  local keys <const> = sorted_keys(t)
  return walk(t, keys, 1, 1)
end

--- Highest key first.
function order.descending(t)
  local keys <const> = sorted_keys(t)
  return walk(t, keys, #keys, -1)
end

--- Call a function with such a `pairs`.
-- @treturn boolean,... as pcall
function order.call(other, fn, ...)
  pairs = other -- luacheck: ignore 121
  local results <const> = table.pack(pcall(fn, ...))
  pairs = forward -- luacheck: ignore 121
  return table.unpack(results, 1, results.n)
end

return order
