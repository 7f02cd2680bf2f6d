-- make bench: a table of rates and ratios, and the same in build/bench.json.
--   lua5.4 spec/bench/run.lua BUILD [rounds] [seconds]
local build <const>, rounds <const>, seconds <const> = arg[1], tonumber(arg[2] or 5), tonumber(arg[3] or 0.3)
package.path = ("./spec/?.lua;%s/lua/?.lua;%s/lua/?/init.lua;"):format(build, build) .. package.path
package.cpath = ("%s/lua/?.so;"):format(build) .. package.cpath

local json <const> = require "cjson"
local measure <const> = require "bench.measure"

local function folder()
  local path <const> = os.tmpname()
  os.remove(path)
  assert(require("lfs").mkdir(path))
  return path
end

local function collect(context)
  local benches <const> = {}
  for _, name in ipairs{ "core", "codec", "suit", "tam", "end_to_end" } do
    for _, bench in ipairs(require("bench." .. name)(context)) do table.insert(benches, bench) end
  end
  return benches
end

local function result_of(bench, rates)
  local ratio <const> = bench.baseline and rates[bench.name] / rates[bench.baseline]
  return { name = bench.name, per_second = rates[bench.name], ratio = ratio or json.null,
    baseline = bench.baseline or json.null }
end

local function print_row(row)
  local compared <const> = row.ratio ~= json.null and ("%8.3f of %s"):format(row.ratio, row.baseline) or ""
  print(("%-42s %10.0f %s"):format(row.name, row.per_second, compared))
end

local context <const> = { build = build, folder = folder(), core_bench = build .. "/core_bench", closers = {},
  provider = require("teep.crypto").providers()[1].name }
local ok <const>, failure <const> = xpcall(function()
  local benches <const>, results <const> = collect(context), {}
  local rates <const> = measure.rates(benches, rounds, seconds)
  print(("%-42s %10s"):format("per CPU second, median of " .. rounds, ""))
  for i, bench in ipairs(benches) do
    results[i] = result_of(bench, rates)
    print_row(results[i])
  end
  local file <close> = assert(io.open(build .. "/bench.json", "w"))
  file:write(json.encode(results), "\n")
end, debug.traceback)
for _, close in ipairs(context.closers) do close() end
os.execute(("rm -rf '%s'"):format(context.folder))
if not ok then
  io.stderr:write(tostring(failure), "\n")
  os.exit(1)
end
