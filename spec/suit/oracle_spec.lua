-- Random manifests, run by the processor and by an interpreter of other build; `make suit-oracle N=1000000` runs more.
local compare <const> = require "suit.oracle.compare"

describe("the processor and an independent interpreter", function()
  it("agree on random manifests: outcome, reason, place of the failure, contents (S-019, S-022, S-040)", function()
    local succeeded, reasons = 0, {}
    for seed = 1, 3000 do
      local result <const>, difference <const> = compare.case(seed)
      assert.is_truthy(result, difference)
      if result.ok then succeeded = succeeded + 1 else reasons[result.reason] = true end
    end
    -- A generator that makes nothing but failures would prove little.
    assert.is_true(succeeded > 300)
    for _, reason in ipairs{ 1, 4, 5, 6, 8, 10, 11 } do assert.is_true(reasons[reason], "reason " .. reason) end
  end)
end)
