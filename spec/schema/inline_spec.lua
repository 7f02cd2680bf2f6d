local checks <const> = require "schema.checks"
local schema <const> = require "teep.schema"

local uint <const> = { type = "uint", max = 99 }

local function options(overrides)
  local map <const> = { type = "map", fields = {
    { label = 1, name = "one", of = uint, required = true }, { label = 300, name = "far", of = uint },
  } }
  for name, value in pairs(overrides or {}) do map[name] = value end
  return map
end

local function message(map, further)
  local fields <const> = { { name = "type", of = uint }, { name = "options", of = map, inline = true } }
  for _, field in ipairs(further or { { name = "last", of = uint, optional = true } }) do
    table.insert(fields, field)
  end
  return { name = "m", type = "tuple", fields = fields }
end

local function mistake(expected, description)
  local ok <const>, reason = pcall(schema.compile, description)
  assert.is_false(ok)
  assert.matches(expected, reason, 1, true)
end

describe("inline map of teep.schema", function()
  local check <const> = checks.of(message(options()))

  it("refuses what the map refuses, under the path of the tuple", function()
    check.refused("missing_field", "m.one: a required field is absent", "\x82\7\xa0")
    check.refused("number_out_of_range", "m.one: 100, want 0..99", "\x82\7\xa1\1\x18\x64")
    check.refused("unknown_field", "m: label 2 is not known here", "\x82\7\xa2\1\1\2\1")
    check.refused("wrong_type", "m: want a map, found an array", "\x82\7\x80")
    check.refused("size_out_of_range", "m: 1 elements, want 2..3", "\x81\7")
  end)

  it("refuses to write names that are in neither, and gaps", function()
    check.unwritable("unknown_field", "m: 'options' is not known here", { type = 7, one = 1, options = {} })
    check.unwritable("unknown_field", "m: 'unknown' is not known here", { type = 7, one = 1, unknown = {} })
    check.unwritable("missing_field", "m.one: a required field is absent", { type = 7 })
    check.unwritable("missing_field", "m.type: a required field is absent", { one = 1 })
    check.unwritable("number_out_of_range", "m.far: 100, want 0..99", { type = 7, one = 1, far = 100 })
  end)

  it("keeps elements and fields of the map in one table", function()
    check.kept({ type = 7, one = 1 }, "\x82\7\xa1\1\1")
    check.kept({ type = 7, one = 1, far = 2, last = 3 }, "\x83\7\xa2\1\1\x19\1\x2c\2\3")
  end)

  it("keeps unknown labels in that table as well", function()
    local keeper <const> = checks.of(message(options{ unknown = "keep" }))
    keeper.kept({ type = 7, one = 1, unknown = { [2] = "\xf6" } }, "\x82\7\xa2\1\1\2\xf6")
  end)

  it("cannot be described where names would meet or be absent", function()
    mistake("m.options: only a map that has to be there is inlined", message(uint))
    mistake("m.options: only a map that has to be there is inlined", { name = "m", type = "tuple",
      fields = { { name = "options", of = options(), inline = true, optional = true } } })
    mistake("m.options: a name of the map is there twice", message(options(), { { name = "far", of = uint } }))
    mistake("m.options: a name of the map is there twice",
      message(options{ unknown = "keep" }, { { name = "unknown", of = uint } }))
    mistake("one map at most is inlined",
      message(options(), { { name = "more", of = { type = "map", fields = {} }, inline = true } }))
    mistake("inline is a boolean", message(options(), { { name = "more", of = uint, inline = 1 } }))
  end)
end)
