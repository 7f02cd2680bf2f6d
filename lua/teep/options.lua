--- Checks of option tables: the same sentence for the same mistake everywhere.
-- @module teep.options
local options = {}

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
  for name, wanted in pairs(known) do
    local kind <const>, optional <const> = wanted:gsub("%?$", "")
    local value <const> = given[name]
    if value == nil then
      if optional == 0 then error("missing option: " .. name, 3) end
    elseif kind ~= "any" and type(value) ~= kind then
      error(("option %s: want a %s, got %s"):format(name, kind, type(value)), 3)
    end
  end
  return given
end

return options
