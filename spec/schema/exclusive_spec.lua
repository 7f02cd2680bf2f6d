local checks <const> = require "schema.checks"
local schema <const> = require "teep.schema"

local uint <const> = { type = "uint" }

local function describe_map(exclusive)
  return { name = "m", type = "map", exclusive = exclusive, unknown = "skip", fields = {
    { label = "text", name = "text", of = uint }, { label = -1, name = "minus", of = uint },
    { label = 1, name = "one", of = uint }, { label = 2, name = "two", of = uint },
  } }
end

local function mistake(expected, exclusive)
  local ok <const>, reason = pcall(schema.compile, describe_map(exclusive))
  assert.is_false(ok)
  assert.matches(expected, reason, 1, true)
end

describe("exclusive fields of teep.schema", function()
  local check <const> = checks.of(describe_map{ { "one", "text", "minus" }, { "one", "two" } })

  it("refuses two of a list, in any order, read and written", function()
    check.refused("forbidden_field", "m.minus: not together with one", "\xa2\1\1\x20\1")
    check.refused("forbidden_field", "m.minus: not together with one", "\xa2\x20\1\1\1")
    check.refused("forbidden_field", "m.text: not together with minus", "\xa2\x20\1\x64text\1")
    check.refused("forbidden_field", "m.two: not together with one", "\xa2\1\1\2\1")
    check.unwritable("forbidden_field", "m.two: not together with one", { one = 1, two = 2 })
    check.unwritable("forbidden_field", "m.minus: not together with one", { one = 1, text = 2, minus = 3 })
  end)

  it("keeps one of each list, or none", function()
    check.kept({}, "\xa0")
    check.kept({ one = 1 }, "\xa1\1\1")
    check.kept({ two = 1, text = 2 }, "\xa2\2\1\x64text\2")
    check.decoded({ one = 1 }, "\xa2\1\1\3\1")
  end)

  it("cannot be described with names that are no fields, or lists that exclude nothing", function()
    mistake("exclusive names no field of the map", { { "one", "three" } })
    mistake("a list of exclusive has at least two names", { { "one" } })
    mistake("a list of exclusive has at least two names", { { "one", "one" } })
    mistake("entry 1 is a table", { "one" })
    mistake("exclusive is a list of 1..4 lists of names", {})
    mistake("exclusive is a list of 1..4 lists of names", "one")
    mistake("a name is a string", { { 1, 2 } })
  end)

  it("takes 4 lists and no more", function()
    local lists <const> = {}
    for i = 1, 4 do lists[i] = { "one", "two" } end
    assert.truthy(schema.compile(describe_map(lists)))
    lists[5] = { "one", "two" }
    mistake("exclusive is a list of 1..4 lists of names", lists)
  end)
end)
