local cbor <const> = require "teep.cbor"
local checks <const> = require "schema.checks"
local schema <const> = require "teep.schema"

local uint <const>, bytes <const> = { type = "uint", max = 99 }, { type = "bytes" }

describe("wrapped of teep.schema", function()
  local inner <const> = { type = "map", fields = { { label = 1, name = "a", of = { type = "wrapped", of = uint } } } }
  local check <const> = checks.of{ name = "w", type = "wrapped", of = inner }

  it("scans the content by the same rules, with offsets inside of it (D5)", function()
    for code, content in pairs{
      truncated = "\xa1\1", trailing_bytes = "\xa0\0", duplicate_key = "\xa2\1\1\1\1", not_shortest = "\xa1\x18\1\1",
      indefinite_length = "\xbf\xff", invalid_utf8 = "\xa1\x61\xff\0", too_deep = ("\x81"):rep(17) .. "\0",
      not_well_formed = "\x1c",
    } do
      local value, message, found = check.compiled:decode(cbor.encode(content))
      assert.is_nil(value)
      assert.equal(code, found)
      assert.matches("^w: offset %d+: ", message)
    end
    check.refused("truncated", "w: offset 0: the input ends inside a data item", "\x40")
    check.refused("trailing_bytes", "w.a: offset 1: bytes follow the data item", cbor.encode "\xa1\1\x42\0\0")
  end)

  it("applies the limits of the caller inside as well", function()
    local ok = check.compiled:decode(cbor.encode "\xa1\1\x41\0", { items = 3 })
    assert.same({ a = 0 }, ok)
    local value, _, code = check.compiled:decode(cbor.encode "\xa1\1\x41\0", { items = 2 })
    assert.is_nil(value)
    assert.equal("too_many_items", code)
    local unsorted <const> = cbor.encode "\xa2\2\0\1\x41\0"
    assert.equal("unsorted_keys", select(3, check.compiled:decode(unsorted, { sorted = true })))
  end)

  it("refuses what is no byte string, and content that does not fit", function()
    check.refused("wrong_type", "w: want a byte string, found a map", "\xa0")
    check.refused("wrong_type", "w: want a map, found an array", "\x41\x80")
    check.refused("number_out_of_range", "w.a: 100, want 0..99", cbor.encode("\xa1\1\x42\x18\x64"))
    check.unwritable("number_out_of_range", "w.a: 100, want 0..99", { a = 100 })
  end)

  it("wraps and unwraps content of every size of head", function()
    check.kept({ a = 1 }, "\x44\xa1\1\x41\1")
    local text <const> = schema.compile{ type = "wrapped", of = { type = "wrapped", of = bytes } }
    for _, size in ipairs{ 0, 1, 22, 23, 24, 253, 254, 255, 256, 65532, 65535, 65536, 70000 } do
      local content <const> = ("x"):rep(size)
      local encoded <const> = text:encode(content)
      assert.equal(cbor.encode(cbor.encode(cbor.encode(content))), encoded)
      assert.equal(content, text:decode(encoded))
    end
  end)
end)

describe("tag of teep.schema", function()
  it("refuses another tag and, unless optional, none", function()
    local check <const> = checks.of{ name = "t", type = "tag", tag = 107, of = uint }
    check.refused("wrong_type", "t: want tag 107, found tag 18446744073709551615", "\xdb" .. ("\xff"):rep(8) .. "\1")
    check.refused("wrong_type", "t: want a tag, found an unsigned integer", "\1")
    check.refused("wrong_type", "t: want an unsigned integer, found a tag", "\xd8\x6b\xd8\x6b\1")
    check.kept(1, "\xd8\x6b\1")
  end)

  it("optional: input may lack it, output has it", function()
    local check <const> = checks.of{ name = "t", type = "tag", tag = 18, of = uint, optional = true }
    check.kept(1, "\xd2\1")
    check.decoded(1, "\1")
    check.refused("wrong_type", "t: want tag 18, found tag 17", "\xd1\1")
    check.refused("wrong_type", "t: want an unsigned integer, found a map", "\xa0")
  end)

  it("omit: output lacks it", function()
    local check <const> = checks.of{ type = "tag", tag = 18, of = uint, optional = true, omit = true }
    check.kept(1, "\1")
    check.decoded(1, "\xd2\1")
  end)
end)

describe("choice of teep.schema", function()
  local pair <const> = { type = "tuple", fields = { { name = "a", of = uint }, { name = "b", of = uint } } }
  local triple <const> = { type = "tuple", fields = { { name = "x", of = uint }, { name = "y", of = uint },
    { name = "z", of = uint } } }
  local check <const> = checks.of{
    name = "c", type = "choice",
    of = { bytes, pair, triple, { type = "bool" }, { type = "null" }, { type = "tag", tag = 1, of = uint },
      { type = "choice", of = { { type = "map", fields = {} }, { type = "text" } } } },
  }

  it("refuses items of a type that no alternative has", function()
    check.refused("wrong_type", "c: want one of several types, found an unsigned integer", "\1")
    check.refused("wrong_type", "c: want one of several types, found an array", "\x81\1")
    check.refused("wrong_type", "c: want one of several types, found a tag", "\xc2\1")
    check.refused("wrong_type", "c: want one of several types, found a simple value", "\xf7")
  end)

  it("takes the first alternative that suits the type, and stays with it", function()
    check.refused("number_out_of_range", "c.b: 100, want 0..99", "\x82\1\x18\x64")
    check.kept("x", "\x41x")
    check.kept({ a = 1, b = 2 }, "\x82\1\2")
    check.kept({ x = 1, y = 2, z = 3 }, "\x83\1\2\3")
    check.kept(false, "\xf4")
    check.kept(schema.null, "\xf6")
    check.kept(5, "\xc1\5")
    check.decoded({}, "\xa0")
    check.decoded("text", "\x64text")
  end)

  it("refuses Lua values that no alternative accepts", function()
    local list <const> = checks.of{ name = "c", type = "choice", of = { uint, { type = "array", of = uint } } }
    list.unwritable("wrong_type", "c: want a list, got string", "x")
    list.unwritable("number_out_of_range", "c[2]: 100, want 0..99", { 1, 100 })
    list.kept({ 1, 2 }, "\x82\1\2")
  end)

  it("leaves nothing of an alternative that failed in the output", function()
    local wide <const> = schema.compile{ type = "array", of = { type = "choice", of = { pair, triple, bytes } } }
    assert.equal("\x83\x41x\x83\1\2\3\x82\1\2", wide:encode{ "x", { x = 1, y = 2, z = 3 }, { a = 1, b = 2 } })
  end)

  it("tells optional tags and enums by type", function()
    local optional <const> = checks.of{ type = "choice", of = {
      { type = "tag", tag = 1, optional = true, of = bytes }, { type = "enum", values = { minus = -1 } }, { type = "raw" },
    } }
    optional.decoded("x", "\xc1\x41x")
    optional.decoded("x", "\x41x")
    optional.decoded("minus", "\x20")
    optional.decoded("\xa0", "\xa0")
    optional.decoded("\xc2\1", "\xc2\1")
  end)
end)

describe("a message of many parts", function()
  local description <const> = {
    name = "query-request", type = "tuple",
    fields = {
      { name = "type", of = { type = "enum", values = { ["query-request"] = 1 } } },
      { name = "options", of = { type = "map", unknown = "skip", fields = {
        { label = 19, name = "token", of = { type = "bytes", min = 8, max = 64 } },
        { label = 3, name = "versions", of = { type = "array", of = uint, min = 1 } },
      } } },
    },
  }
  local compiled <const> = schema.compile(description)
  local good <const> = "\x82\1\xa2\3\x82\0\1\x13\x48" .. ("t"):rep(8)

  it("is refused in every truncation, and never decoded when a byte changes without notice", function()
    local value <const> = compiled:decode(good)
    assert.same({ type = "query-request", options = { token = ("t"):rep(8), versions = { 0, 1 } } }, value)
    for size = 0, #good - 1 do
      local none, message, code = compiled:decode(good:sub(1, size))
      assert.is_nil(none)
      assert.equal("truncated", code)
      assert.matches("^query%-request: offset %d+: ", message)
    end
    for i = 1, #good do
      for bit = 0, 7 do
        local changed <const> = good:sub(1, i - 1) .. string.char(good:byte(i) ~ (1 << bit)) .. good:sub(i + 1)
        local result <const>, message = compiled:decode(changed)
        if result then
          assert.is_not_same(value, result)
        else
          assert.matches("^query%-request", message)
          assert.is_nil(message:find "[^ -~]")
        end
      end
    end
  end)

  it("is written the same way every time", function()
    for _ = 1, 20 do
      assert.equal(good, compiled:encode{ options = { versions = { 0, 1 }, token = ("t"):rep(8) }, type = "query-request" })
    end
  end)
end)
