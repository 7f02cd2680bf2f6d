local cbor <const> = require "teep.cbor"

local bytes <const> = cbor.encode(cbor.tag(18, cbor.array{
  1, cbor.map{ { 19, "token" }, { -1, cbor.array{ 10, 20 } }, { cbor.text "name", cbor.text "value" } }, "end",
}))

local function at(...) return bytes:sub(cbor.span(bytes, { ... })) end

describe("teep.cbor.span", function()
  it("refuses what the scanner refuses", function()
    local first, _, code = cbor.span(bytes .. "\0", {})
    assert.is_nil(first)
    assert.equal("trailing_bytes", code)
    assert.is_nil((cbor.span(bytes, {}, { items = 2 })))
  end)

  it("says which step leads nowhere", function()
    for _, path in ipairs{ { 4 }, { 0 }, { -1 }, { 1, 1 }, { 2, 99 }, { 2, "nam" }, { "x" }, { 3, 1 }, { 2, -1, 3 } } do
      local first, message, code = cbor.span(bytes, path)
      assert.is_nil(first)
      assert.equal("missing_field", code)
      assert.matches(tostring(path[#path]), message, 1, true)
    end
  end)

  it("finds items by label and position, head included, through tags", function()
    assert.equal(bytes, at())
    assert.equal("\1", at(1))
    assert.equal("\x45token", at(2, 19))
    assert.equal("\x14", at(2, -1, 2))
    assert.equal("\x65value", at(2, "name"))
    assert.equal("\x43end", at(3))
  end)

  it("does not take a byte string for a text label, nor a large number for a negative one", function()
    local map <const> = cbor.encode(cbor.map{ { "name", 1 }, { cbor.integer(-1), 2 } })
    assert.is_nil((cbor.span(map, { "name" })))
    assert.is_nil((cbor.span(map, { -1 })))
  end)
end)

describe("teep.cbor.items", function()
  it("refuses what is no array and what the scanner refuses", function()
    assert.equal("wrong_type", select(3, cbor.items "\xa0"))
    assert.equal("wrong_type", select(3, cbor.items(bytes)))
    assert.equal("truncated", select(3, cbor.items "\x82\1"))
  end)

  it("gives each element as it is encoded, with its offset", function()
    local array <const> = cbor.encode(cbor.array{ 300, cbor.array{ 1, 2 }, "x", cbor.map{} })
    local items <const> = cbor.items(array)
    assert.equal(4, #items)
    assert.same({ offset = 4, bytes = "\x82\1\2" }, items[2])
    local all = ""
    for _, item in ipairs(items) do
      assert.equal(1 + #all, item.offset)
      all = all .. item.bytes
    end
    assert.equal(array:sub(2), all)
    assert.same({}, cbor.items "\x80")
  end)
end)

describe("teep.cbor.pairs", function()
  it("refuses what is no map and what the scanner refuses", function()
    assert.equal("wrong_type", select(3, cbor.pairs "\x80"))
    assert.equal("duplicate_key", select(3, cbor.pairs "\xa2\1\0\1\0"))
  end)

  it("gives key and value as they are encoded, with the offset of the value", function()
    assert.same({ { key = "\x18\x64", value = "\x81\1", offset = 3 }, { key = "\x61a", value = "\xf6", offset = 7 } },
      cbor.pairs "\xa2\x18\x64\x81\1\x61a\xf6")
  end)
end)
