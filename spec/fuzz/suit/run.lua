-- make fuzz-suit: inputs changed by their structure, kept when they reach lines of lua/teep/suit, or one line after
-- another, that no input reached before. What breaks an invariant is written down and ends with status 1.
--   lua5.4 spec/fuzz/suit/run.lua BUILD TARGET FOLDER SEED (SECONDS s | EXECUTIONS | FILE)
-- With a number of executions nothing is read or written: then everything follows from the seed. With a file, such
-- as a finding, its input is run alone.
local build <const>, name <const>, folder <const>, seed <const>, amount <const> = table.unpack(arg)
package.path = ("./spec/?.lua;%s/lua/?.lua;%s/lua/?/init.lua;"):format(build, build) .. package.path
package.cpath = ("%s/lua/?.so;"):format(build) .. package.cpath

local coverage <const> = require "fuzz.suit.coverage"
local keep <const> = require "fuzz.suit.keep"
local new_random <const> = require "fixtures.random"

assert(coverage.measure(require, "teep.suit"))
local target <const> = require("fuzz.suit." .. name)
local random <const> = new_random(tonumber(seed))
local seconds <const>, executions <const> = tonumber(amount:match "^(%d+)s$"), math.tointeger(amount)

local corpus <const> = {}
local count = 0

local function found(input, wrong, bytes)
  local path <const> = keep.finding(folder, input, wrong, bytes)
  print(("execution %d, seed %s: %s"):format(count, seed, wrong))
  print("written to " .. path)
  os.exit(false)
end

local function try(input, first)
  count = count + 1
  local wrong <const>, bytes <const> = target.run(input, count)
  if wrong then found(input, wrong, bytes) end
  if coverage.take() > 0 or first then corpus[#corpus + 1] = input end
end

-- The latest come more often: they are what led further.
local function pick()
  local size <const> = #corpus
  return corpus[random.chance(50) and size - random.below(1 + size // 5) or 1 + random.below(size)]
end

local function replay()
  local wrong <const> = target.run(keep.load(amount), 0)
  print(wrong or "nothing wrong")
  os.exit(not wrong)
end

if not (seconds or executions) then replay() end
for _, input in ipairs(target.seeds(tonumber(seed))) do try(input, true) end
if seconds then
  for _, input in ipairs(keep.load_all(folder)) do try(input) end
end
local finish <const> = seconds and os.time() + seconds
while finish and os.time() < finish or executions and count < executions do
  try(target.mutate(random, pick(), pick()))
end
if seconds then keep.save_all(folder, corpus) end
coverage.print()
print(("%d executions%s, %d kept in the corpus"):format(count,
  coverage.covered and (", %d of them agreed with the oracle"):format(coverage.covered) or "", #corpus))
