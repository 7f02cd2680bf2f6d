local task = require "teep.task"

describe("teep.task", function()
  local step = task.step
  after_each(function() task.step = step end)

  it("returns at once when the operation is done at once", function()
    local got = table.pack(task.await(function(done) done(1, nil, 3) end))
    assert.same({ 1, nil, 3, n = 3 }, got)
  end)

  it("suspends a task until the operation is done", function()
    local finish, got
    task.run(function() got = task.await(function(done) finish = done end) end)
    assert.is_nil(got)
    finish("answer")
    assert.equal("answer", got)
  end)

  it("keeps two tasks apart", function()
    local finish, got = {}, {}
    for i = 1, 2 do
      task.run(function() got[i] = task.await(function(done) finish[i] = done end) end)
    end
    finish[2]("second")
    finish[1]("first")
    assert.same({ "first", "second" }, got)
  end)

  it("ignores a second completion", function()
    local finish, count = nil, 0
    task.run(function()
      task.await(function(done) finish = done end)
      count = count + 1
      task.await(function() end)
      count = count + 1
    end)
    finish()
    finish()
    assert.equal(1, count)
  end)

  it("blocks outside of a task by stepping the loop", function()
    local finish, steps = nil, 0
    task.step = function()
      steps = steps + 1
      if steps == 3 then finish("late") end
      return true
    end
    assert.equal("late", task.await(function(done) finish = done end))
    assert.equal(3, steps)
  end)

  it("throws outside of a task when nothing can ever happen", function()
    task.step = function() return false end
    assert.error_matches(function() task.await(function() end) end, "never finishes")
  end)

  it("lets an error of the task reach whoever resumed it", function()
    assert.error_matches(function() task.run(function() error("boom") end) end, "boom")
    local finish
    task.run(function()
      task.await(function(done) finish = done end)
      error("later")
    end)
    assert.error_matches(function() finish() end, "later")
  end)
end)
