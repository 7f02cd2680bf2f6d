--- Which lines of lua/teep/suit run, and which line after which: what tells a new input from one more of the same.
local order <const> = require "fuzz.suit.order"

local coverage = {}

local FOLDER <const> = "/lua/(teep/suit[/%w]*%.lua)$"
local BITS <const> = 24 -- of a point: number of the file, line in it

local files <const>, count = {}, 0
local by_function <const> = setmetatable({}, { __mode = "k" })
local lines <const>, features <const> = {}, {}
local last, fresh, executed = 0, 0, 0

-- False for what is not measured: nothing that comes from a peer runs in what makes manifests.
local function file_of(fn)
  local path <const> = debug.getinfo(fn, "S").source:sub(2)
  local name <const> = not path:find("/author", 1, true) and path:match(FOLDER)
  if name and not files[name] then
    count = count + 1
    files[name] = { path = path, base = count << 12 }
  end
  by_function[fn] = name and files[name].base or false
  return by_function[fn]
end

local function hook(_, line)
  local fn <const> = debug.getinfo(2, "f").func
  local base = by_function[fn]
  if base == nil then base = file_of(fn) end
  executed = executed + 1
  if executed > coverage.most then error("runs on and on", 2) end
  if not base then return end
  local point <const> = base | line
  lines[point] = true
  local edge <const> = last << BITS | point
  last = point
  if not features[edge] then features[edge], fresh = true, fresh + 1 end
end

--- Lines that one call may run.
coverage.most = 2000000

--- Call a function with what it runs being measured.
-- @treturn boolean,... as pcall
function coverage.measure(fn, ...)
  last, executed = 0, 0
  debug.sethook(hook, "l")
  local results <const> = table.pack(order.call(order.ascending, fn, ...))
  debug.sethook()
  return table.unpack(results, 1, results.n)
end

--- Something else that tells inputs apart, by its name.
function coverage.feature(name)
  if not features[name] then features[name], fresh = true, fresh + 1 end
end

--- A refusal, by the words of its message: most fields are read in C, where no line tells one from the other. What the
-- input itself has chosen, such as the name of a key, is left out.
function coverage.refusal(message, code)
  coverage.feature(code .. " " .. message:gsub("kid .*", ""):gsub("[^%a.:]", ""):sub(1, 60))
end

--- How much was new since the last call.
function coverage.take()
  local found <const> = fresh
  fresh = 0
  return found
end

-- Lines with instructions, but for those that close a block.
local function existing(path)
  local source <const>, number = {}, 0
  for text in io.lines(path) do
    number = number + 1
    source[number] = not (text:find "^%s*end[%s,)}]*$" or text:find "^%-%-")
  end
  local list <const>, seen <const> = {}, {}
  local listing <close> = assert(io.popen("luac5.4 -l -p " .. path))
  for line in listing:read("a"):gmatch "%[(%d+)%]" do
    line = tonumber(line)
    if source[line] and not seen[line] then list[#list + 1], seen[line] = line, true end
  end
  table.sort(list)
  return list
end

-- 3, 5-7
local function ranges(list)
  local parts <const> = {}
  local i = 1
  while i <= #list do
    local j = i
    while list[j + 1] == list[j] + 1 do j = j + 1 end
    parts[#parts + 1] = i == j and tostring(list[i]) or list[i] .. "-" .. list[j]
    i = j + 1
  end
  return table.concat(parts, ", ")
end

local function names_of()
  local names <const> = {}
  for name in pairs(files) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- Print lines hit of lines there are, and those never hit.
function coverage.print()
  local all_hit, all = 0, 0
  for _, name in ipairs(names_of()) do
    local missed <const>, list <const> = {}, existing(files[name].path)
    for _, line in ipairs(list) do
      if not lines[files[name].base | line] then missed[#missed + 1] = line end
    end
    all_hit, all = all_hit + #list - #missed, all + #list
    print(("%-42s %4d of %4d%s"):format(name, #list - #missed, #list, #missed > 0 and "  not " .. ranges(missed) or ""))
  end
  print(("%-42s %4d of %4d lines"):format("all", all_hit, all))
end

return coverage
