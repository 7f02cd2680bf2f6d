-- make coverage: branches of the core that the tests take, by gcov; those never taken are named.
--   lua5.4 spec/coverage/report.lua BUILD FOLDER...
-- Fails at a branch of core/encoding that no test takes and excluded.lua does not explain.
package.path = "./spec/?.lua;" .. package.path
local excluded <const> = require "coverage.excluded"

local DEMANDED <const> = "core/encoding"
local build <const> = arg[1]

-- Lines of a file with branches that are there and never taken.
local function read(path)
  local objects <const> = ("%s/CMakeFiles/luateep_core.dir/%s.gcda"):format(build, path)
  local pipe <close> = assert(io.popen(("gcov -t -b -c '%s' 2>/dev/null"):format(objects)))
  local counts <const>, source, line = { all = 0, taken = 0, missed = {} }, nil, nil
  for text in pipe:lines() do
    source = text:match "0:Source:(.+)$" or source
    local number <const>, code <const> = text:match "^ *[%d#=*-]+:%s*(%d+):(.*)$"
    if number then line = { number = tonumber(number), code = code:match "^%s*(.-)%s*$", missed = 0 } end
    local times <const> = text:match "^branch +%d+ (.+)$"
    if times and source and source:sub(-#path) == path then
      local taken <const> = not times:find "^taken 0" and not times:find "^never"
      counts.all, counts.taken = counts.all + 1, counts.taken + (taken and 1 or 0)
      if not taken and line.missed == 0 then table.insert(counts.missed, line) end
      if not taken then line.missed = line.missed + 1 end
    end
  end
  return counts
end

local function files(folder)
  local list <const> = {}
  local pipe <close> = assert(io.popen("ls " .. folder .. "/*.c"))
  for path in pipe:lines() do list[#list + 1] = path end
  return list
end

local unexplained, excused = 0, 0

local function explain(path, line)
  local why <const> = (excluded[path] or {})[line.code]
  if why then excused = excused + line.missed return end
  print(("    %s:%d: %d never taken: %s"):format(path, line.number, line.missed, line.code))
  if path:sub(1, #DEMANDED) == DEMANDED then unexplained = unexplained + line.missed end
end

for i = 2, #arg do
  local all, taken = 0, 0
  for _, path in ipairs(files(arg[i])) do
    local counts <const> = read(path)
    all, taken = all + counts.all, taken + counts.taken
    print(("%-32s %4d of %4d branches"):format(path, counts.taken, counts.all))
    for _, line in ipairs(counts.missed) do explain(path, line) end
  end
  print(("%-32s %4d of %4d branches, %.1f %%"):format(arg[i], taken, all, 100 * taken / math.max(all, 1)))
end
print(("%d branches explained in spec/coverage/excluded.lua, %d of %s not explained"):format(excused, unexplained, DEMANDED))
os.exit(unexplained == 0 and 0 or 1)
