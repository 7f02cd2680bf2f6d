--- Checks of option tables: the same sentence for the same mistake everywhere.
-- @module teep.options
local options = {}

-- A description, read once: the type of each name, and the names that have to be there.
local function read(known)
  local kinds <const>, required <const> = {}, {}
  for name, wanted in pairs(known) do
    local kind <const>, optional <const> = wanted:gsub("%?$", "")
    kinds[name] = kind
    if optional == 0 then required[#required + 1] = name end
  end
  table.sort(required)
  return { kinds = kinds, required = required }
end

local function refuse(name, kind, value)
  if not kind then error("unknown option: " .. tostring(name), 4) end
  error(("option %s: want a %s, got %s"):format(name, kind, type(value)), 4)
end

local read_already <const> = setmetatable({}, { __mode = "k" })

--- Refuse unknown names and wrong types; misuse throws at the caller of the public function.
-- @tparam table given the option table
-- @tparam {[string]=string} known name -> Lua type as `type()` spells it; a trailing `?` makes it
--   optional; `any` accepts every type
-- @treturn table `given`
-- @usage options.check(given, { wire = "string", limits = "table?" })
function options.check(given, known)
  if type(given) ~= "table" then error("options: want a table, got " .. type(given), 3) end
  local description = read_already[known]
  if not description then
    description = read(known)
    read_already[known] = description
  end
  local kinds <const>, required <const> = description.kinds, description.required
  for name, value in next, given do
    local kind <const> = kinds[name]
    if kind ~= type(value) and kind ~= "any" then refuse(name, kind, value) end
  end
  for i = 1, #required do
    if given[required[i]] == nil then error("missing option: " .. required[i], 3) end
  end
  return given
end

return options
