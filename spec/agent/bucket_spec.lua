local bucket = require "teep.agent.bucket"

describe("teep.agent.bucket", function()
  local now
  local function clock() return now end
  before_each(function() now = 100 end)

  local function take(one, count)
    for _ = 1, count do assert.is_true(one:take()) end
  end

  it("gives the burst and not one more", function()
    local one = bucket.new(3, 1, clock)
    take(one, 3)
    assert.is_false(one:take())
  end)

  it("refills at its rate, up to the burst", function()
    local one = bucket.new(3, 1, clock)
    take(one, 3)
    now = 101
    take(one, 1)
    assert.is_false(one:take())
    now = 1000
    take(one, 3)
    assert.is_false(one:take())
  end)

  it("refills nothing when the clock jumps back (D22)", function()
    local one = bucket.new(1, 1, clock)
    take(one, 1)
    now = 50
    assert.is_false(one:take())
    now = 51
    assert.is_true(one:take())
  end)
end)
