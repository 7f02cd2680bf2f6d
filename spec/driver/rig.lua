--- A driver to test, opened before and closed after each spec.
local assert = require "luassert"
local driver = require "teep.driver"

--- @param engine `options()` gives the options of a fresh, empty back end; `remove()` does away with it
return function(engine, _ENV) -- luacheck: ignore 212/_ENV
  local rig = {}

  function rig.open() rig.tee = assert(driver.open(rig.options)) end

  function rig.reopen()
    rig.tee:close()
    rig.open()
  end

  function rig.stage(txn, id, content)
    local slot = assert(txn:stage(id))
    assert.is_true(slot:write(content))
    return assert(slot:finish())
  end

  function rig.install(id, content)
    local txn = assert(rig.tee:txn())
    rig.stage(txn, id, content)
    return txn:commit()
  end

  function rig.content_of(id) return rig.tee:read(id, 0, 1 << 24) end

  before_each(function()
    rig.options = engine.options()
    rig.open()
  end)

  after_each(function()
    rig.tee:close()
    engine.remove()
  end)

  return rig
end
