local options <const> = require "teep.options"

local known <const> = { wire = "string", size = "number", limits = "table?", key = "any", more = "any?" }

local function public(given) options.check(given, known) end

-- The message of the misuse, which has to be charged to this file.
local function misuse(given)
  local ok <const>, message <const> = pcall(function() public(given) end)
  assert.is_false(ok)
  return assert(message:match "^[^:]*options_spec%.lua:9: (.*)", message)
end

describe("options", function()
  it("refuse what is no table", function() assert.equal("options: want a table, got number", misuse(1)) end)

  it("refuse a name that is not known, whatever it is", function()
    assert.equal("unknown option: wires", misuse{ wire = "v26", size = 1, key = 1, wires = 1 })
    assert.equal("unknown option: 1", misuse{ "v26" })
    assert.equal("unknown option: true", misuse{ [true] = 1 })
  end)

  it("refuse a value of another type", function()
    assert.equal("option wire: want a string, got number", misuse{ wire = 1 })
    assert.equal("option limits: want a table, got boolean", misuse{ limits = false })
  end)

  it("tell the first in the alphabet of those that are missing", function()
    assert.equal("missing option: key", misuse{})
    assert.equal("missing option: size", misuse{ key = false })
    assert.equal("missing option: wire", misuse{ key = 1, size = 1, limits = {} })
  end)

  it("are handed back when they are as described", function()
    local given <const> = { wire = "v26", size = 1, key = print, more = 0.5 }
    assert.equal(given, options.check(given, known))
    given.limits = {}
    assert.equal(given, options.check(given, known))
  end)
end)
