-- How rates are taken: several rounds, all benches in turn within a round so that a machine whose speed drifts
-- treats them alike; per CPU second, not per second of the clock; the median counts.
local measure = {}

--- Call `fn` until `seconds` of CPU time of this process have gone.
-- @treturn integer calls
-- @treturn number CPU seconds
function measure.calls(fn, seconds)
  local clock <const> = os.clock
  local count, start = 0, clock()
  repeat
    for _ = 1, 16 do fn() end
    count = count + 16
  until clock() - start >= seconds
  return count, clock() - start
end

--- A stopwatch of CPU time that runs only inside of `watch(fn, ...)`.
function measure.stopwatch()
  local watch <const> = { spent = 0 }
  return setmetatable(watch, { __call = function(self, fn, ...)
    local start <const> = os.clock()
    local result <const> = table.pack(fn(...))
    self.spent = self.spent + os.clock() - start
    return table.unpack(result, 1, result.n)
  end })
end

--- CPU seconds that a process has used so far.
function measure.process(pid)
  local file <close> = assert(io.open(("/proc/%d/schedstat"):format(pid)))
  return file:read "n" / 1e9
end

--- Run a program that prints operations and CPU seconds.
function measure.program(...)
  local pipe <close> = assert(io.popen(table.concat({ ... }, " ")))
  local operations <const>, seconds <const> = pipe:read("n", "n")
  return assert(operations, "the program printed no result: " .. table.concat({ ... }, " ")), seconds
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

--- Rates of benches `{ name, run = function(seconds) -> operations, cpu seconds }`.
-- @treturn {[string]=number} per CPU second
function measure.rates(benches, rounds, seconds)
  local seen <const>, rates <const> = {}, {}
  for _ = 1, rounds do
    for _, bench in ipairs(benches) do
      collectgarbage()
      local operations <const>, spent <const> = bench.run(seconds)
      seen[bench.name] = seen[bench.name] or {}
      table.insert(seen[bench.name], operations / spent)
    end
  end
  for name, list in pairs(seen) do rates[name] = median(list) end
  return rates
end

return measure
