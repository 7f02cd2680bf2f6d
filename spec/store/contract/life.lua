--- Closing of a store.
local assert = require "luassert"
local store = require "teep.store"

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  it("throws when used after closing", function()
    local other = assert(store.open(rig.uri))
    other:close()
    other:close()
    assert.has_error(function() other:spend("a", 10) end)
    assert.has_error(function() other:agents() end)
    assert.has_error(function() other:transaction(function() end) end)
  end)
end
