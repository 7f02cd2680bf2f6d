local backoff = require "teep.broker.backoff"

describe("teep.broker.backoff", function()
  local function least() return "\0\0\0\0" end
  local function most() return "\xff\xff\xff\xff" end

  it("waits anything from nothing to the bound: full jitter (T-128, D26)", function()
    assert.equal(0, backoff.seconds(5, least))
    assert.equal(16, backoff.seconds(5, most))
  end)

  it("doubles the bound from one second to five minutes", function()
    local bounds = {}
    for attempt = 1, 11 do bounds[attempt] = math.tointeger(backoff.seconds(attempt, most)) end
    assert.same({ 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 }, bounds)
    assert.equal(300, backoff.seconds(5000, most))
  end)
end)
