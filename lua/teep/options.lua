--- Checks of option tables: the same sentence for the same mistake everywhere.
-- @module teep.options
local options = {}

-- A description as a list of { name, kind, required }: made once for each.
local function read(known)
  local list <const> = {}
  for name, wanted in pairs(known) do
    local kind <const>, optional <const> = wanted:gsub("%?$", "")
    list[#list + 1] = { name = name, kind = kind, required = optional == 0 }
  end
  return list
end

local read_already <const> = setmetatable({}, { __mode = "k" })

local function check_one(entry, value)
  if value == nil then
    if entry.required then error("missing option: " .. entry.name, 4) end
  elseif entry.kind ~= "any" and type(value) ~= entry.kind then
    error(("option %s: want a %s, got %s"):format(entry.name, entry.kind, type(value)), 4)
  end
end

--- Refuse unknown names and wrong types; misuse throws at the caller of the public function.
-- @tparam table given the option table
-- @tparam {[string]=string} known name -> Lua type as `type()` spells it; a trailing `?` makes it
--   optional; `any` accepts every type
-- @treturn table `given`
-- @usage options.check(given, { wire = "string", limits = "table?" })
function options.check(given, known)
  if type(given) ~= "table" then error("options: want a table, got " .. type(given), 3) end
  for name in pairs(given) do
    if not known[name] then error("unknown option: " .. tostring(name), 3) end
  end
  local list = read_already[known]
  if not list then
    list = read(known)
    read_already[known] = list
  end
  for i = 1, #list do check_one(list[i], given[list[i].name]) end
  return given
end

return options
