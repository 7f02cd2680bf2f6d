--- Copies of records, so that no caller holds what the store holds.
-- @module teep.store.memory.copy
local copy = {}

--- A record with the lists and records in it.
function copy.record(given)
  local made <const> = {}
  for name, value in pairs(given) do made[name] = type(value) == "table" and copy.record(value) or value end
  return made
end

--- The records of a map, ordered by their keys, bytewise.
-- @tparam {[string]=table} map
-- @tparam function fn record -> what goes into the list
-- @treturn {table,...}
function copy.sorted(map, fn)
  local keys <const> = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys, copy.less)
  for i, key in ipairs(keys) do keys[i] = fn(map[key]) end
  return keys
end

--- Bytewise order, as SQLite has it; `<` follows the locale.
function copy.less(a, b)
  local at = 1
  while a:byte(at) and a:byte(at) == b:byte(at) do at = at + 1 end
  return (a:byte(at) or -1) < (b:byte(at) or -1)
end

return copy
