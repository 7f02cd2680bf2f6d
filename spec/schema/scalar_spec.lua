local cbor <const> = require "teep.cbor"
local checks <const> = require "schema.checks"
local schema <const> = require "teep.schema"

-- One item of every kind, to be refused by all descriptions but its own.
local items <const> = {
  ["an unsigned integer"] = "\1", ["a negative integer"] = "\x20", ["a byte string"] = "\x41a", ["a text string"] = "\x61a",
  ["an array"] = "\x80", ["a map"] = "\xa0", ["a tag"] = "\xc1\0", ["a floating-point number"] = "\xf9\x3c\0",
}

local function refuses_others(description, wanted, ...)
  local check <const>, own <const> = checks.of(description), {}
  for _, kind in ipairs{ ... } do own[kind] = true end
  for kind, bytes in pairs(items) do
    if not own[kind] then
      check.refused("wrong_type", ("x: want %s, found %s"):format(wanted, kind), bytes)
    end
  end
end

describe("scalars of teep.schema", function()
  it("refuse items of another type, and say which", function()
    refuses_others({ name = "x", type = "uint" }, "an unsigned integer", "an unsigned integer")
    refuses_others({ name = "x", type = "uint64" }, "an unsigned integer", "an unsigned integer")
    refuses_others({ name = "x", type = "int" }, "an integer", "an unsigned integer", "a negative integer")
    refuses_others({ name = "x", type = "bytes" }, "a byte string", "a byte string")
    refuses_others({ name = "x", type = "text" }, "a text string", "a text string")
    refuses_others({ name = "x", type = "bool" }, "true or false")
    refuses_others({ name = "x", type = "null" }, "null")
    refuses_others({ name = "x", type = "enum", values = { a = 1 } }, "an integer", "an unsigned integer",
      "a negative integer")
    refuses_others({ name = "x", type = "bits", values = { a = 0 } }, "an unsigned integer", "an unsigned integer")
  end)

  it("refuse Lua values of another type", function()
    for type_name, wanted in pairs{ uint = "an integer", uint64 = "an integer", int = "an integer", bytes = "a string",
      text = "a string", bool = "a boolean", null = "schema.null" } do
      local check <const> = checks.of{ name = "x", type = type_name }
      check.unwritable("wrong_type", ("x: want %s, got table"):format(wanted), {})
      check.unwritable("wrong_type", ("x: want %s, got number"):format(wanted), 1.5)
      check.unwritable("wrong_type", ("x: want %s, got nil"):format(wanted), nil)
    end
    checks.of{ type = "bytes" }.unwritable("wrong_type", "want a string, got number", 1)
    checks.of{ type = "uint" }.unwritable("wrong_type", "want an integer, got string", "1")
  end)

  it("refuse what the scanner refuses, with offset and code (D5)", function()
    local check <const> = checks.of{ name = "x", type = "uint" }
    check.refused("truncated", "x: offset 0: the input ends inside a data item", "")
    check.refused("trailing_bytes", "x: offset 1: bytes follow the data item", "\0\0")
    local value, _, code = check.compiled:decode("\x18\x64", { bytes = 1 })
    assert.is_nil(value)
    assert.equal("too_large", code)
    assert.has_error(function() check.compiled:decode("\0", { byte = 1 }) end)
  end)

  it("uint: within min..max, 2^63-1 by default (D6)", function()
    local check <const> = checks.of{ name = "x", type = "uint", min = 2, max = 300 }
    check.kept(2, "\2")
    check.kept(300, "\x19\1\x2c")
    check.refused("number_out_of_range", "x: 1, want 2..300", "\1")
    check.refused("number_out_of_range", "x: 301, want 2..300", "\x19\1\x2d")
    check.unwritable("number_out_of_range", "x: 1, want 2..300", 1)
    check.unwritable("number_out_of_range", "x: 301, want 2..300", 301)
    local default <const> = checks.of{ type = "uint" }
    default.kept(math.maxinteger, "\x1b\x7f" .. ("\xff"):rep(7))
    default.refused("number_out_of_range", "9223372036854775808, want 0..9223372036854775807", "\x1b\x80" .. ("\0"):rep(7))
    default.unwritable("number_out_of_range", "-1, want 0..9223372036854775807", -1)
  end)

  it("uint64: the bit pattern of all 64 bits (D6)", function()
    local check <const> = checks.of{ type = "uint64" }
    check.kept(0, "\0")
    check.kept(-1, "\x1b" .. ("\xff"):rep(8))
    check.kept(math.mininteger, "\x1b\x80" .. ("\0"):rep(7))
  end)

  it("int: within min..max, int64 by default (D6)", function()
    local check <const> = checks.of{ name = "x", type = "int", min = -2, max = 2 }
    check.kept(-2, "\x21")
    check.kept(2, "\2")
    check.refused("number_out_of_range", "x: -3, want -2..2", "\x22")
    check.refused("number_out_of_range", "x: 3, want -2..2", "\3")
    check.unwritable("number_out_of_range", "x: -3, want -2..2", -3)
    local default <const> = checks.of{ type = "int" }
    default.kept(math.mininteger, "\x3b\x7f" .. ("\xff"):rep(7))
    default.kept(math.maxinteger, "\x1b\x7f" .. ("\xff"):rep(7))
    default.refused("number_out_of_range", "-9223372036854775809, want -9223372036854775808..9223372036854775807",
      "\x3b\x80" .. ("\0"):rep(7))
    default.refused("number_out_of_range", "-18446744073709551616, want -9223372036854775808..9223372036854775807",
      "\x3b" .. ("\xff"):rep(8))
  end)

  it("bytes: sizes within min..max", function()
    local check <const> = checks.of{ name = "token", type = "bytes", min = 8, max = 64 }
    check.refused("size_out_of_range", "token: 4 bytes, want 8..64", "\x44abcd")
    check.refused("size_out_of_range", "token: 7 bytes, want 8..64", "\x47" .. ("t"):rep(7))
    check.refused("size_out_of_range", "token: 65 bytes, want 8..64", "\x58\x41" .. ("t"):rep(65))
    check.unwritable("size_out_of_range", "token: 65 bytes, want 8..64", ("t"):rep(65))
    check.kept(("t"):rep(8), "\x48" .. ("t"):rep(8))
    check.kept(("\0"):rep(64), "\x58\x40" .. ("\0"):rep(64))
    checks.of{ type = "bytes", min = 1 }.refused("size_out_of_range", "0 bytes, want at least 1", "\x40")
  end)

  it("text: sizes in bytes, UTF-8 both ways", function()
    local check <const> = checks.of{ name = "x", type = "text", max = 3 }
    check.kept("ü", "\x62ü")
    check.kept("", "\x60")
    check.refused("size_out_of_range", "x: 4 bytes, want 0..3", "\x64üü")
    check.refused("invalid_utf8", "x: offset 0: a text string is not valid UTF-8", "\x61\xff")
    check.unwritable("invalid_utf8", "x: a text string is not valid UTF-8", "\xff")
    local long <const> = ("x"):rep(2 << 20)
    checks.of{ type = "text" }.unwritable("invalid_utf8", "a text string is not valid UTF-8", long .. "\xff")
  end)

  it("bool and null: these simple values only", function()
    local bool <const>, null <const> = checks.of{ name = "x", type = "bool" }, checks.of{ name = "x", type = "null" }
    bool.kept(false, "\xf4")
    bool.kept(true, "\xf5")
    bool.refused("simple_value", "x: want true or false", "\xf6")
    bool.refused("simple_value", "x: want true or false", "\xf8\x63")
    null.kept(schema.null, "\xf6")
    null.refused("simple_value", "x: want null", "\xf7")
    null.refused("simple_value", "x: want null", "\xf4")
    null.unwritable("wrong_type", "x: want schema.null, got boolean", false)
    assert.equal(cbor.null, schema.null)
  end)

  it("enum: names for numbers, unknown ones refused", function()
    local check <const> = checks.of{ name = "x", type = "enum", values = { one = 1, minus = -7, least = math.mininteger } }
    check.kept("one", "\1")
    check.kept("minus", "\x26")
    check.kept("least", "\x3b\x7f" .. ("\xff"):rep(7))
    check.refused("unknown_value", "x: 2 names nothing known here", "\2")
    check.refused("number_out_of_range", "x: 9223372036854775808, want -9223372036854775808..9223372036854775807",
      "\x1b\x80" .. ("\0"):rep(7))
    check.unwritable("unknown_value", "x: 'two' is not known here", "two")
    check.unwritable("unknown_value", "x: 'a??[2J' is not known here", "a\n\27[2J")
    check.unwritable("wrong_type", "x: want a name, got number", 1)
  end)

  it("enum: unknown numbers kept on demand", function()
    local check <const> = checks.of{ type = "enum", values = { one = 1 }, unknown = "keep" }
    check.kept("one", "\1")
    check.kept(-300, "\x39\1\x2b")
    check.unwritable("unknown_value", "'two' is not known here", "two")
    check.unwritable("wrong_type", "want a name, got number", 1.5)
  end)

  it("bits: a set of names, unknown bits refused", function()
    local check <const> = checks.of{ name = "x", type = "bits", values = { a = 0, b = 3, top = 63 } }
    check.kept({}, "\0")
    check.kept({ a = true, b = true }, "\9")
    check.kept({ top = true }, "\x1b\x80" .. ("\0"):rep(7))
    assert.equal("\1", check.compiled:encode{ a = true, b = false })
    check.refused("unknown_value", "x: unknown bits 6", "\7")
    check.refused("unknown_value", "x: unknown bits 9223372036854775798", "\x1b" .. ("\xff"):rep(7) .. "\xf7")
    check.unwritable("unknown_value", "x: 'c' is not known here", { c = true })
    check.unwritable("unknown_value", "x: '1' is not known here", { true })
    check.unwritable("wrong_type", "x: want a table, got number", 1)
  end)

  it("raw: one item as it is, which has to be one", function()
    local check <const> = checks.of{ name = "x", type = "raw" }
    check.kept("\xd2\x82\1\x41a", "\xd2\x82\1\x41a")
    check.unwritable("trailing_bytes", "x: bytes follow the data item", "\0\0")
    check.unwritable("truncated", "x: the input ends inside a data item", "")
    check.unwritable("not_shortest", "x: a number or length is not in its shortest form", "\x18\1")
    check.unwritable("wrong_type", "x: want encoded bytes, got number", 1)
    local large <const> = cbor.encode(("x"):rep(2 << 20))
    assert.equal(large, check.compiled:encode(large))
  end)

  it("any: a generic value", function()
    local check <const> = checks.of{ name = "x", type = "any" }
    for _, bytes in ipairs{ "\x80", "\xa1\x81\1\xf6", "\xf7", "\xf9\x3c\0", "\x61a" } do
      assert.equal(bytes, check.compiled:encode(check.compiled:decode(bytes)))
    end
    check.unwritable("invalid_utf8", "x: a text string is not valid UTF-8", cbor.text "\xff")
    assert.has_error(function() check.compiled:encode(print) end)
  end)
end)
