-- Signatures of the C core alone: what everything above is compared with.
local measure <const> = require "bench.measure"

return function(context)
  local benches <const> = {}
  for _, operation in ipairs{ "sign", "verify" } do
    for _, algorithm in ipairs{ "ESP256", "Ed25519" } do
      table.insert(benches, {
        name = operation .. " " .. algorithm,
        run = function(seconds) return measure.program(context.core_bench, operation, algorithm, seconds) end,
      })
    end
  end
  return benches
end
