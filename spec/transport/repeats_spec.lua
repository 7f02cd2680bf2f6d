local repeats = require "teep.transport.repeats"

describe("answers kept for repeated requests", function()
  local now, cache

  local function new(answers, size)
    now = 1000
    cache = repeats.new { answers = answers, answers_size = size, clock = function() return now end }
  end

  local function keep(bytes, answer)
    local entry = cache:find(bytes)
    assert.is_nil(entry.answer)
    cache:start(entry)
    return cache:finish(entry, answer)
  end

  local function kept(bytes) return cache:find(bytes).answer end

  it("tells apart bytes that differ in anything", function()
    new(10, 100)
    keep("question", "answer")
    for _, other in ipairs { "question ", "Question", "questio", "question\0" } do
      assert.is_nil(kept(other))
    end
    assert.equal("answer", kept "question")
  end)

  it("keeps an answer for a minute and no longer", function()
    new(10, 100)
    keep("a", "1")
    now = now + 59
    assert.equal("1", kept "a")
    now = now + 1
    assert.is_nil(kept "a")
  end)

  it("keeps as many answers as the limit says, and drops the oldest at limit + 1", function()
    new(3, 100)
    for _, bytes in ipairs { "a", "b", "c" } do keep(bytes, bytes) end
    assert.equal("a", kept "a")
    keep("d", "d")
    assert.is_nil(kept "a")
    for _, bytes in ipairs { "b", "c", "d" } do assert.equal(bytes, kept(bytes)) end
  end)

  it("keeps as many bytes as the limit says, and drops the oldest at limit + 1", function()
    new(10, 10)
    keep("a", "12345")
    keep("b", "12345")
    assert.equal("12345", kept "a")
    keep("c", "1")
    assert.is_nil(kept "a")
    assert.equal("12345", kept "b")
    assert.equal("1", kept "c")
  end)

  it("keeps an answer of the whole size, and none that is larger", function()
    new(10, 10)
    keep("a", "1")
    keep("b", ("x"):rep(11))
    assert.is_nil(kept "b")
    assert.equal("1", kept "a")
    keep("b", ("x"):rep(10))
    assert.equal(("x"):rep(10), kept "b")
    assert.is_nil(kept "a")
  end)

  it("forgets what has no answer to keep, and hands out who waited", function()
    new(10, 100)
    local entry = cache:find "a"
    cache:start(entry)
    table.insert(cache:find("a").waiting, "somebody")
    assert.same({ "somebody" }, cache:finish(entry))
    local again = cache:find "a"
    assert.is_nil(again.answer)
    assert.is_nil(again.waiting)
  end)
end)
