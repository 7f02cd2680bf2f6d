-- make suit-oracle: the long form. Every seed is a case; a disagreement is printed and ends with status 1.
--   lua5.4 spec/suit/oracle/run.lua BUILD [cases] [first seed]
local build <const>, cases <const>, first <const> = arg[1], tonumber(arg[2] or 100000), tonumber(arg[3] or 1)
package.path = ("./spec/?.lua;%s/lua/?.lua;%s/lua/?/init.lua;"):format(build, build) .. package.path
package.cpath = ("%s/lua/?.so;"):format(build) .. package.cpath

local compare <const> = require "suit.oracle.compare"

local wrong, counts = 0, {}
for seed = first, first + cases - 1 do
  local result <const>, difference <const> = compare.case(seed)
  if result then
    local kind <const> = result.ok and "ok" or "reason " .. result.reason
    counts[kind] = (counts[kind] or 0) + 1
  else
    wrong = wrong + 1
    print(difference)
  end
  if seed % 100000 == 0 then print(("seed %d: %d disagreements so far"):format(seed, wrong)) end
end
for kind, count in pairs(counts) do print(("%-10s %d"):format(kind, count)) end
print(("%d cases, %d disagreements"):format(cases, wrong))
os.exit(wrong == 0)
