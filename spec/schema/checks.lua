--- What the specs of teep.schema share.
local assert <const> = require "luassert"
local schema <const> = require "teep.schema"

local checks = {}

--- Check functions for one description: `refused(code, message, bytes)`, `unwritable(code, message, value)`,
-- `kept(value, bytes)`.
function checks.of(description)
  local compiled <const> = schema.compile(description)
  local self <const> = { compiled = compiled }

  local function failed(code, expected, result, message, found)
    assert.is_nil(result)
    assert.equal(expected, message)
    assert.equal(code, found)
  end

  function self.refused(code, message, bytes) failed(code, message, compiled:decode(bytes)) end
  function self.unwritable(code, message, value) failed(code, message, compiled:encode(value)) end
  function self.decoded(value, bytes) assert.same(value, (compiled:decode(bytes))) end
  function self.kept(value, bytes)
    assert.equal(bytes, (assert(compiled:encode(value))))
    assert.same(value, (compiled:decode(bytes)))
  end
  return self
end

return checks
