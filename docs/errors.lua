-- Print docs/errors.md from errors.def: lua5.4 docs/errors.lua core/include/luateep/errors.def
print "# Error codes\n"
print "Generated from `core/include/luateep/errors.def` by `make docs`. A failure is `nil, message, code` in Lua and the status in C.\n"
local open = false
for line in io.lines(arg[1]) do
  local name, number, code, sentence = line:match '^LTEEP_ERROR%(([%u%d_]+), (%d+), "([%l%d_]+)", "(.-)"%)'
  local title = line:match "^/%* (.-)%. ?.*%*/$"
  if name then
    if not open then print "| Number | Lua code | C status | Meaning |\n|---|---|---|---|" end
    open = true
    print(("| %s | `%s` | `LTEEP_ERR_%s` | %s |"):format(number, code, name, sentence))
  elseif title then
    print(("%s## %s\n"):format(open and "\n" or "", title))
    open = false
  end
end
