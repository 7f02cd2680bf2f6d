-- make bench: a table of rates and ratios, and the same in build/bench.json; then which provider serves what.
--   lua5.4 spec/bench/run.lua BUILD [rounds] [seconds]
local build <const>, rounds <const>, seconds <const> = arg[1], tonumber(arg[2] or 5), tonumber(arg[3] or 0.3)
package.path = ("./spec/?.lua;%s/lua/?.lua;%s/lua/?/init.lua;"):format(build, build) .. package.path
package.cpath = ("%s/lua/?.so;"):format(build) .. package.cpath

local crypto <const> = require "teep.crypto"
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
    baseline = bench.baseline or json.null, provider = bench.provider or json.null }
end

-- Who serves each algorithm, other names of the same arithmetic too; the first of them is used.
local function print_providers()
  local serving <const>, names <const> = {}, {}
  local function serve(what, provider)
    if not serving[what] then serving[what], names[#names + 1] = {}, what end
    table.insert(serving[what], provider.name)
  end
  for _, provider in ipairs(crypto.providers()) do
    for _, name in ipairs(provider.algorithms) do serve(name, provider) end
    if provider.certificates then serve("certificates of x5chain", provider) end
  end
  print "\nalgorithm                                  served by"
  for _, name in ipairs(names) do print(("%-42s %s"):format(name, table.concat(serving[name], ", "))) end
end

local function print_row(row)
  local compared <const> = row.ratio ~= json.null and ("%8.3f of %s"):format(row.ratio, row.baseline) or ""
  local provider <const> = row.provider ~= json.null and row.provider or ""
  print(("%-42s %10.0f %-8s %s"):format(row.name, row.per_second, provider, compared))
end

local context <const> = { build = build, folder = folder(), core_bench = build .. "/core_bench", closers = {},
  provider = crypto.providers()[1].name }
local ok <const>, failure <const> = xpcall(function()
  local benches <const>, results <const> = collect(context), {}
  local rates <const> = measure.rates(benches, rounds, seconds)
  print(("%-42s %10s"):format("per CPU second, median of " .. rounds, ""))
  for i, bench in ipairs(benches) do
    results[i] = result_of(bench, rates)
    print_row(results[i])
  end
  print_providers()
  local file <close> = assert(io.open(build .. "/bench.json", "w"))
  file:write(json.encode(results), "\n")
end, debug.traceback)
for _, close in ipairs(context.closers) do close() end
os.execute(("rm -rf '%s'"):format(context.folder))
if not ok then
  io.stderr:write(tostring(failure), "\n")
  os.exit(1)
end
