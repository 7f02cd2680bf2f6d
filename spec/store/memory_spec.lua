local contract = require "store.contract"
local has_failed = require "has_failed"
local store = require "teep.store"

local engine = { remove = function() end, uri = function() return "memory:" end }

describe("teep.store in memory", function()
  contract(engine, _ENV)

  it("refuses a URI that says more", function()
    has_failed("config_invalid", store.open "memory:x")
  end)

  it("says that nothing outlives the process", function()
    assert.is_false(store.open("memory:").durable)
  end)

  it("is another one each time", function()
    local one, other = store.open "memory:", store.open "memory:"
    assert(one:spend("a", 10))
    assert.is_true(other:spend("a", 10))
  end)
end)
