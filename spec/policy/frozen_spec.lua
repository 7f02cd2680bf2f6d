local frozen <const> = require "teep.policy.frozen"

describe("teep.policy.frozen", function()
  describe("a view", function()
    local source <const> = {
      name = "a", list = { 10, 20, { deep = true } }, [2] = "two", [true] = "yes", [false] = "no",
    }
    local view <const> = frozen.freeze(source)

    it("refuses writing at every depth", function()
      assert.has_error(function() view.name = "b" end)
      assert.has_error(function() view.fresh = 1 end)
      assert.has_error(function() view.list[1] = 1 end)
      assert.has_error(function() view.list[3].deep = false end)
      assert.has_error(function() table.insert(view.list, 1) end)
      assert.has_error(function() table.sort(view.list, function() return true end) end)
      assert.same({ 10, 20, { deep = true } }, source.list)
    end)

    it("hides what lies behind it", function()
      assert.is_false(getmetatable(view))
      assert.is_nil(rawget(view, "name"))
      assert.has_error(function() setmetatable(view, {}) end)
    end)

    it("reads like the table, with #, ipairs and table.concat", function()
      assert.equal("a", view.name)
      assert.is_true(view.list[3].deep)
      assert.equal(3, #view.list)
      local seen <const> = {}
      for i, value in ipairs(view.list) do seen[i] = value end
      assert.equal(20, seen[2])
      assert.equal("x,y", table.concat(frozen.freeze { "x", "y" }, ","))
    end)

    it("is the same one for the same table", function()
      assert.equal(view, frozen.freeze(source))
      assert.equal(view.list, view.list)
      assert.equal(view, frozen.freeze(view))
    end)

    it("is iterated in sorted order: numbers, strings, booleans", function()
      local keys <const> = {}
      for key in pairs(view) do keys[#keys + 1] = key end
      assert.same({ 2, "list", "name", false, true }, keys)
    end)
  end)

  it("cannot sort keys that are tables", function()
    assert.has_error(function() frozen.pairs { [{}] = 1 } end)
    assert.has_error(function() frozen.pairs "text" end)
  end)

  it("skips entries that vanish while iterating", function()
    local plain <const>, seen <const> = { a = 1, b = 2, c = 3 }, {}
    for key in frozen.pairs(plain) do
      plain.b = nil
      seen[#seen + 1] = key
    end
    assert.same({ "a", "c" }, seen)
  end)

  describe("thaw", function()
    it("refuses what is not data", function()
      assert.is_nil((frozen.thaw { print }))
      assert.is_nil((frozen.thaw(coroutine.create(print))))
      assert.is_nil((frozen.thaw { [{}] = 1 }))
    end)

    it("takes 8 levels and 10000 entries, not one more", function()
      local function nest(levels) return levels == 0 and 1 or { nest(levels - 1) } end
      assert.truthy((frozen.thaw(nest(8))))
      assert.is_nil((frozen.thaw(nest(9))))
      local wide <const> = {}
      for i = 1, 10000 do wide[i] = i end
      assert.truthy((frozen.thaw(wide)))
      wide[10001] = 1
      assert.is_nil((frozen.thaw(wide)))
    end)

    it("copies views and tables without their metamethods", function()
      local trap <const> = setmetatable({ 1 }, { __index = error, __pairs = error, __len = error })
      assert.same({ view = { 5 }, trap = { 1 } }, frozen.thaw { view = frozen.freeze { 5 }, trap = trap })
    end)
  end)
end)
