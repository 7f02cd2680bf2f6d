local queue = require "teep.broker.queue"
local task = require "teep.task"

describe("teep.broker.queue", function()
  it("lets one in at a time, in the order they came", function()
    local one, order = queue.new(8, task.await), {}
    assert.is_true(one:enter "a")
    for i = 1, 3 do
      task.run(function()
        assert(one:enter "a")
        table.insert(order, i)
        if i < 3 then one:leave "a" end
      end)
    end
    assert.same({}, order)
    assert.same({ { "a" }, 3 }, { one:busy() })
    one:leave "a"
    assert.same({ 1, 2, 3 }, order)
    one:leave "a"
    assert.same({ {}, 0 }, { one:busy() })
  end)

  it("has a line for each TAM", function()
    local one = queue.new(8, task.await)
    assert.is_true(one:enter "b")
    assert.is_true(one:enter "a")
    assert.same({ "a", "b" }, (one:busy()))
  end)

  it("takes as many in line as allowed, and not one more", function()
    local one = queue.new(2, task.await)
    assert(one:enter "a")
    task.run(one.enter, one, "a")
    task.run(one.enter, one, "a")
    local ok, _, code = one:enter "a"
    assert.is_nil(ok)
    assert.equal("limit_reached", code)
  end)
end)
