local cbor <const> = require "teep.cbor"

local function notation(value) return (assert(cbor.diagnose(cbor.encode(value)))) end

describe("teep.cbor.diagnose", function()
  it("refuses what the scanner refuses", function()
    local text, message, code = cbor.diagnose "\x81"
    assert.is_nil(text)
    assert.equal("truncated", code)
    assert.matches("^offset 0: ", message)
    assert.is_nil((cbor.diagnose("\x81\1", { items = 1 })))
  end)

  it("is printable ASCII whatever is in it (D24)", function()
    local every <const> = {}
    for code = 0, 0x2ff do every[#every + 1] = utf8.char(code) end
    local text <const> = notation(cbor.array{ cbor.text(table.concat(every)), cbor.text "\u{202e}\u{1F600}\u{10ffff}" })
    assert.is_nil(text:find "[^ -~]")
    assert.matches([["\u202e\ud83d\ude00\udbff\udfff"]], text, 1, true)
    assert.equal([["\u001b[2J\"\\\u000a\u009b"]], notation(cbor.text "\27[2J\"\\\n\u{9b}"))
  end)

  it("writes every kind of value", function()
    assert.equal([==[[0, -1, 18446744073709551615, -18446744073709551616, -9223372036854775809, 1.5, -0.0, 1.0, ]==] ..
      [==[NaN, Infinity, -Infinity, h'00ff', "text", true, null, undefined, simple(99), [], {}, ]==] ..
      [==[18446744073709551615({1: "a", "b": [2]})]]==],
      notation(cbor.array{
        0, -1, cbor.integer(-1), cbor.integer(-1, true), cbor.integer(math.mininteger, true), 1.5, -0.0, 1.0, 0 / 0,
        math.huge, -math.huge, "\0\xff", cbor.text "text", true, cbor.null, cbor.undefined, cbor.simple(99), cbor.array{},
        cbor.map{}, cbor.tag(-1, cbor.map{ { 1, cbor.text "a" }, { cbor.text "b", cbor.array{ 2 } } }),
      }))
  end)

  it("opens byte strings that hold an array, a map or a tag, and no others", function()
    assert.equal("<<[1, <<{2: 3}>>]>>", notation(cbor.encode(cbor.array{ 1, cbor.encode(cbor.map{ { 2, 3 } }) })))
    assert.equal("<<18([])>>", notation "\xd2\x80")
    for _, bytes in ipairs{ "", "\1", "\x41a", "\xf6", "\x81", "\x81\1\1", "\x9f\xff", "\xa2\1\0\1\0" } do
      assert.matches("^h'", notation(bytes))
    end
  end)

  it("leaves byte strings closed on demand, and throws for options it does not know", function()
    assert.equal("h'8101'", cbor.diagnose("\x42\x81\1", nil, { embedded = false }))
    assert.equal("<<[1]>>", cbor.diagnose("\x42\x81\1", nil, { embedded = true }))
    assert.equal("<<[1]>>", cbor.diagnose("\x42\x81\1", nil, {}))
    assert.has_error(function() cbor.diagnose("\1", nil, { open = true }) end)
  end)

  it("opens byte strings in byte strings up to eight levels", function()
    local value = cbor.encode(cbor.array{ 1 })
    for _ = 2, 8 do value = cbor.encode(cbor.array{ value }) end
    assert.equal(("<<["):rep(8) .. "1" .. ("]>>"):rep(8), notation(value))
    assert.matches(("<<["):rep(8) .. "h'8101'" .. ("]>>"):rep(8),
      notation(cbor.encode(cbor.array{ value })), 1, true)
  end)

  it("writes floats with the digits it takes to read them back", function()
    for _, number in ipairs{ 0.1, 1 / 3, 1e300, 5e-324, 123456.789, 2.0 ^ 53, 1e15 } do
      local text <const> = notation(number)
      assert.equal(number, tonumber(text))
      assert.matches("[.e]", text)
    end
  end)
end)
