local cbor <const> = require "teep.cbor"
local checks <const> = require "schema.checks"
local schema <const> = require "teep.schema"

local uint <const>, bytes <const> = { type = "uint", max = 99 }, { type = "bytes" }

describe("array of teep.schema", function()
  local check <const> = checks.of{ name = "update", type = "array", of = { type = "array", of = uint }, min = 1, max = 2 }

  it("refuses counts outside of min..max", function()
    check.refused("size_out_of_range", "update: 0 entries, want 1..2", "\x80")
    check.refused("size_out_of_range", "update: 3 entries, want 1..2", "\x83\x80\x80\x80")
    check.unwritable("size_out_of_range", "update: 0 entries, want 1..2", {})
    check.unwritable("size_out_of_range", "update: 3 entries, want 1..2", { {}, {}, {} })
    checks.of{ type = "array", of = uint, min = 2 }.refused("size_out_of_range", "1 entries, want at least 2", "\x81\1")
  end)

  it("names the position in the path, from 1", function()
    check.refused("number_out_of_range", "update[2][1]: 100, want 0..99", "\x82\x80\x81\x18\x64")
    check.refused("wrong_type", "update[1]: want an array, found a map", "\x81\xa0")
    check.refused("wrong_type", "update: want an array, found a byte string", "\x40")
    check.unwritable("wrong_type", "update[2][1]: want an integer, got string", { {}, { "x" } })
    check.unwritable("wrong_type", "update: want a list, got string", "x")
    checks.of{ type = "array", of = uint }.refused("wrong_type", "[1]: want an unsigned integer, found a map", "\x81\xa0")
  end)

  it("refuses a list with other keys, of which nothing would be written", function()
    local list <const> = schema.compile{ name = "t", type = "array", of = { type = "uint" } }
    for _, value in ipairs{ { name = 1 }, { 1, 2, name = 3 }, { [2] = 1 }, schema.null } do
      local written <const>, message, code = list:encode(value)
      assert.is_nil(written)
      assert.equal("wrong_type", code)
      assert.equal("t: want a list, got other keys too", message)
    end
  end)

  it("keeps lists, the empty one included", function()
    check.kept({ {}, { 1, 2 } }, "\x82\x80\x82\1\2")
    checks.of{ type = "array", of = uint }.kept({}, "\x80")
  end)
end)

describe("tuple of teep.schema", function()
  local fields <const> = {
    { name = "a", of = uint }, { name = "b", of = bytes }, { name = "c", of = uint, optional = true },
    { name = "d", of = uint, optional = true },
  }
  local check <const> = checks.of{ name = "t", type = "tuple", fields = fields }

  it("refuses counts that do not fit", function()
    check.refused("size_out_of_range", "t: 1 elements, want 2..4", "\x81\1")
    check.refused("size_out_of_range", "t: 5 elements, want 2..4", "\x85\1\x40\1\1\1")
    check.refused("wrong_type", "t: want an array, found a map", "\xa0")
    check.refused("wrong_type", "t.b: want a byte string, found an unsigned integer", "\x82\1\1")
  end)

  it("refuses tables with gaps, without a part or with further ones", function()
    check.unwritable("missing_field", "t.b: a required field is absent", { a = 1 })
    check.unwritable("missing_field", "t.c: a required field is absent", { a = 1, b = "", d = 1 })
    check.unwritable("unknown_field", "t: 'e' is not known here", { a = 1, b = "", e = 1 })
    check.unwritable("unknown_field", "t: '1' is not known here", { 1, a = 1, b = "" })
    check.unwritable("unknown_field", "t: 'unknown' is not known here", { a = 1, b = "", unknown = {} })
    check.unwritable("wrong_type", "t: want a table, got number", 1)
    check.unwritable("number_out_of_range", "t.a: 100, want 0..99", { a = 100, b = "" })
  end)

  it("keeps elements by name", function()
    check.kept({ a = 1, b = "x" }, "\x82\1\x41x")
    check.kept({ a = 1, b = "x", c = 3 }, "\x83\1\x41x\3")
    check.kept({ a = 1, b = "x", c = 3, d = 4 }, "\x84\1\x41x\3\4")
  end)

  it("skips further elements on demand", function()
    local lenient <const> = checks.of{ type = "tuple", fields = fields, rest = "skip" }
    lenient.decoded({ a = 1, b = "", c = 3, d = 4 }, "\x87\1\x40\3\4\xa1\1\x81\2\x61a\xf6")
    lenient.refused("size_out_of_range", "1 elements, want 2..4", "\x81\1")
  end)
end)

describe("map of teep.schema", function()
  local function describe_map(overrides)
    local description <const> = {
      name = "m", type = "map",
      fields = {
        { label = "text", name = "text", of = uint }, { label = 1, name = "one", of = uint, required = true },
        { label = -1, name = "minus", of = bytes },
      },
    }
    for name, value in pairs(overrides or {}) do description[name] = value end
    return checks.of(description)
  end
  local check <const> = describe_map()

  it("refuses a map without a required field", function()
    check.refused("missing_field", "m.one: a required field is absent", "\xa0")
    check.refused("missing_field", "m.one: a required field is absent", "\xa1\x20\x40")
    check.unwritable("missing_field", "m.one: a required field is absent", { minus = "" })
  end)

  it("refuses labels it does not know, without repeating what a peer put in them (D24)", function()
    check.refused("unknown_field", "m: label 2 is not known here", "\xa2\1\1\2\0")
    check.refused("unknown_field", "m: label -18446744073709551616 is not known here", "\xa1\x3b" .. ("\xff"):rep(8) .. "\0")
    check.refused("unknown_field", "m: label 'a??[2J' is not known here", "\xa1\x66a\n\27[2J\0")
    check.refused("unknown_field", "m: label '" .. ("x"):rep(40) .. "...' is not known here",
      "\xa1\x78\x29" .. ("x"):rep(41) .. "\0")
    check.refused("unknown_field", "m: label that is a byte string is not known here", "\xa1\x41\1\0")
    check.refused("unknown_field", "m: label that is an array is not known here", "\xa1\x81\1\0")
    check.refused("unknown_field", "m: label 'one' is not known here", "\xa1\x63one\0")
    check.unwritable("unknown_field", "m: 'two' is not known here", { one = 1, two = 2 })
    check.unwritable("unknown_field", "m: '1' is not known here", { one = 1, [1] = 2 })
  end)

  it("names the field in the path", function()
    check.refused("number_out_of_range", "m.text: 100, want 0..99", "\xa2\1\1\x64text\x18\x64")
    check.refused("wrong_type", "m: want a map, found an array", "\x80")
    check.unwritable("wrong_type", "m.minus: want a string, got number", { one = 1, minus = 1 })
    check.unwritable("wrong_type", "m: want a table, got string", "x")
  end)

  it("refuses duplicate keys before it looks at any (D5)", function()
    check.refused("duplicate_key", "m: offset 3: a map has the same key twice", "\xa2\1\1\1\x61x")
  end)

  it("writes fields in deterministic order whatever the description says, and reads any order", function()
    check.kept({ one = 1, minus = "", text = 2 }, "\xa3\1\1\x20\x40\x64text\2")
    check.decoded({ one = 1, minus = "", text = 2 }, "\xa3\x64text\2\x20\x40\1\1")
    check.kept({ one = 1 }, "\xa1\1\1")
  end)

  it("sorted: refuses keys out of order, in this map only", function()
    local sorted <const> = checks.of{
      name = "m", type = "map", sorted = true, unknown = "skip",
      fields = { { label = 1, name = "inner", of = { type = "map", fields = {}, unknown = "skip" } } },
    }
    sorted.refused("unsorted_keys", "m: the keys of a map are not in deterministic order", "\xa2\2\0\1\xa0")
    sorted.decoded({ inner = {} }, "\xa2\1\xa2\2\0\1\0\2\0")
    local value, _, code = sorted.compiled:decode("\xa2\1\xa2\2\0\1\0\2\0", { sorted = true })
    assert.is_nil(value)
    assert.equal("unsorted_keys", code)
  end)

  it("unknown = skip: passes over labels of any type, refuses to write them", function()
    local lenient <const> = describe_map{ unknown = "skip" }
    lenient.decoded({ one = 1 }, "\xa5\1\1\2\xa1\1\x81\2\x41\1\xf6\x61x\xd2\x80\x81\1\0")
    lenient.unwritable("unknown_field", "m: 'two' is not known here", { one = 1, two = 2 })
    lenient.unwritable("unknown_field", "m: 'unknown' is not known here", { one = 1, unknown = {} })
  end)

  it("unknown = keep: raw bytes by label, written back in order", function()
    local keeper <const> = describe_map{ unknown = "keep" }
    keeper.kept({ one = 1 }, "\xa1\1\1")
    keeper.kept({ one = 1, text = 3, unknown = { [0] = "\x81\1", [-2] = "\xf6", z = "\xa0", [300] = "\0" } },
      "\xa6\0\x81\1\1\1\x19\1\x2c\0\x21\xf6\x61z\xa0\x64text\3")
    keeper.unwritable("truncated", "m: the input ends inside a data item", { one = 1, unknown = { [2] = "" } })
    keeper.unwritable("trailing_bytes", "m: bytes follow the data item", { one = 1, unknown = { [2] = "\0\0" } })
    keeper.unwritable("wrong_type", "m: want encoded bytes, got number", { one = 1, unknown = { [2] = 1 } })
    keeper.unwritable("wrong_type", "m: want a label, got boolean", { one = 1, unknown = { [true] = "\0" } })
    keeper.unwritable("invalid_utf8", "m: a text string is not valid UTF-8", { one = 1, unknown = { ["\xff"] = "\0" } })
    keeper.unwritable("wrong_type", "m: want a table under unknown, got number", { one = 1, unknown = 1 })
  end)

  it("unknown = keep: a label that has a name cannot pass its description by", function()
    local keeper <const> = describe_map{ unknown = "keep" }
    keeper.unwritable("unknown_field", "m: label '-1' has a name here", { one = 1, unknown = { [-1] = "\xf6" } })
  end)

  it("unknown = keep: refuses labels that are neither integers nor text, which could not be told apart", function()
    local keeper <const> = describe_map{ unknown = "keep" }
    keeper.refused("unknown_field", "m: label that is a byte string is not known here", "\xa2\1\1\x41z\0")
    keeper.refused("unknown_field", "m: label that is an array is not known here", "\xa2\1\1\x81\1\0")
    keeper.refused("unknown_field", "m: label 9223372036854775808 is not known here", "\xa2\1\1\x1b\x80" .. ("\0"):rep(7) .. "\0")
  end)

  it("takes 64 kept labels of an unsorted map, and more of a sorted one", function()
    local keeper <const> = checks.of{ type = "map", fields = {}, unknown = "keep" }
    local unknown <const> = {}
    for label = 1, 300 do unknown[label] = "\0" end
    local encoded <const> = keeper.compiled:encode{ unknown = unknown }
    assert.is_true(cbor.scan(encoded, { sorted = true }))
    assert.same({ unknown = unknown }, keeper.compiled:decode(encoded))
  end)
end)

describe("table of teep.schema", function()
  local check <const> = checks.of{
    name = "t", type = "table", keys = { type = "array", of = bytes }, of = uint, min = 1, max = 2,
  }

  it("refuses counts, keys and values that do not fit", function()
    check.refused("size_out_of_range", "t: 0 entries, want 1..2", "\xa0")
    check.refused("size_out_of_range", "t: 3 entries, want 1..2", "\xa3\x80\0\x81\x40\0\x81\x41a\0")
    check.refused("wrong_type", "t[1]: want an array, found an unsigned integer", "\xa1\1\1")
    check.refused("number_out_of_range", "t[2]: 100, want 0..99", "\xa2\x80\0\x81\x40\x18\x64")
    check.refused("wrong_type", "t: want a map, found an array", "\x80")
    check.unwritable("size_out_of_range", "t: 0 entries, want 1..2", {})
    check.unwritable("wrong_type", "t: want a list, got number", 1)
    check.unwritable("wrong_type", "t[1]: want { key =, value = }, got number", { 1 })
    check.unwritable("wrong_type", "t[1]: want a list, got nil", { { value = 1 } })
    check.unwritable("wrong_type", "t[1]: want an integer, got nil", { { key = {} } })
    check.unwritable("duplicate_key", "t: a map has the same key twice", { { key = {}, value = 1 }, { key = {}, value = 2 } })
  end)

  it("keeps pairs with keys of any type and writes them in order", function()
    check.kept({ { key = {}, value = 1 }, { key = { "a" }, value = 2 } }, "\xa2\x80\1\x81\x41a\2")
    assert.equal("\xa2\x80\1\x81\x41a\2", check.compiled:encode{ { key = { "a" }, value = 2 }, { key = {}, value = 1 } })
  end)
end)
