local cbor <const> = require "teep.cbor"

local function refused(code, bytes, offset, limits)
  local ok, message, found = cbor.scan(bytes, limits)
  assert.is_nil(ok)
  assert.equal(code, found, message)
  if offset then assert.matches("^offset " .. offset .. ": ", message) end
end

local function accepted(bytes, limits) assert.is_true(assert(cbor.scan(bytes, limits))) end

-- COSE_Sign1 with everything a message has inside: ints of all sizes, text, maps in maps, tags, simple values.
local message <const> = cbor.encode(cbor.tag(18, cbor.array{
  "\xa1\x01\x26", cbor.map{ { 4, "kid" } },
  cbor.array{
    1, -500, 70000, 1 << 40, 1.5, 1.1, true, cbor.null, cbor.simple(99), cbor.text "text with ü",
    cbor.map{ { 1, cbor.map{ { cbor.array{ "id" }, cbor.tag(2, "\1") } } }, { cbor.text "k", cbor.array{} } },
  },
  ("s"):rep(300),
}))

describe("teep.cbor.scan", function()
  it("refuses every truncation of a good message as truncated (D5)", function()
    accepted(message)
    for size = 0, #message - 1 do refused("truncated", message:sub(1, size)) end
  end)

  it("refuses trailing bytes at their offset (D5)", function()
    refused("trailing_bytes", message .. "\0", #message)
    refused("trailing_bytes", "\0\0", 1)
  end)

  it("refuses counts beyond the bytes there are, before anything is done (D5, D6)", function()
    refused("truncated", "\x9a\x40\0\0\0\1", 0)
    refused("truncated", "\xba\x40\0\0\0\1\1", 0)
    for _, major in ipairs{ 0x5b, 0x7b, 0x9b, 0xbb } do
      for _, high in ipairs{ "\x7f", "\x80", "\xff" } do
        refused("truncated", string.char(major) .. high .. ("\xff"):rep(7) .. "\0", 0)
      end
    end
  end)

  it("refuses depth bombs of arrays, maps and tags (D5)", function()
    refused("too_deep", ("\x81"):rep(100000), 16)
    refused("too_deep", ("\xa1\0"):rep(50000), 32)
    refused("too_deep", ("\xc1"):rep(100000), 16)
  end)

  it("refuses heads that are not the shortest, of every size and major type (D5)", function()
    for major = 0, 6 do
      local head <const> = major << 5
      refused("not_shortest", string.char(head | 24, 23) .. ("\0"):rep(100), 0)
      refused("not_shortest", string.char(head | 25, 0, 255) .. ("\0"):rep(600), 0)
      refused("not_shortest", string.char(head | 26, 0, 0, 255, 255), 0)
      refused("not_shortest", string.char(head | 27, 0, 0, 0, 0, 255, 255, 255, 255), 0)
    end
    for _, number in ipairs{ "\x18\x18", "\x19\x01\0", "\x1a\0\1\0\0", "\x1b\0\0\0\1\0\0\0\0" } do accepted(number) end
  end)

  it("refuses floats that fit a shorter format, and every NaN but one (RFC 8949 4.2.1, 4.2.2)", function()
    refused("not_shortest", "\xfa\x3f\x80\0\0", 0)
    refused("not_shortest", "\xfb" .. string.pack(">d", 1.5), 0)
    refused("not_shortest", "\xfb" .. string.pack(">d", 2.0 ^ -24), 0)
    refused("not_shortest", "\xfb" .. string.pack(">d", 2.0 ^ 127), 0)
    refused("not_shortest", "\xf9\x7e\1", 0)
    refused("not_shortest", "\xf9\xfe\0", 0)
    refused("not_shortest", "\xfa\x7f\xc0\0\1", 0)
    accepted "\xf9\x7e\0"
    accepted("\xfb" .. string.pack(">d", 1.1))
    accepted("\xfa" .. string.pack(">f", 2.0 ^ -25))
  end)

  it("refuses indefinite lengths (D5)", function()
    for _, bytes in ipairs{ "\x5f\x41a\xff", "\x7f\x61a\xff", "\x9f\xff", "\xbf\xff" } do
      refused("indefinite_length", bytes, 0)
      refused("indefinite_length", "\x82\0" .. bytes, 2)
    end
  end)

  it("refuses reserved heads, lone breaks and two-byte simple values below 32", function()
    for major = 0, 7 do
      for info = 28, 30 do refused("not_well_formed", string.char(major << 5 | info), 0) end
    end
    for _, bytes in ipairs{ "\x1f", "\x3f", "\xdf\0", "\xff" } do refused("not_well_formed", bytes, 0) end
    for value = 0, 31 do refused("not_well_formed", "\xf8" .. string.char(value), 0) end
    accepted "\xf8\x20"
  end)

  it("refuses duplicate keys, also of unsorted maps and inside others (D5)", function()
    refused("duplicate_key", "\xa2\1\0\1\0", 3)
    refused("duplicate_key", "\xa3\2\0\1\0\2\0", 5)
    refused("duplicate_key", "\x81\xa1\1\xa2\2\0\2\0", 6)
    refused("duplicate_key", "\xa2\xa1\1\2\0\xa1\1\2\0", 5)
    refused("duplicate_key", "\xa2\xf9\x7e\0\0\xf9\x7e\0\0", 5)
    accepted "\xa3\1\0\x61\1\0\x41\1\0"
  end)

  it("refuses text that is not UTF-8 (D5)", function()
    for _, text in ipairs{ "\xff", "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
      "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "a\xf0\x9f\x98" } do
      refused("invalid_utf8", string.char(0x60 + #text) .. text, 0)
    end
    for _, text in ipairs{ "\0", "\x7f", "ü", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}",
      "\u{10ffff}" } do
      accepted(string.char(0x60 + #text) .. text)
    end
    accepted "\x41\xff"
  end)

  it("agrees with Lua's own UTF-8 on every pair and triple of edge bytes", function()
    local edges <const> = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
      0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff }
    for _, a in ipairs(edges) do
      for _, b in ipairs(edges) do
        for _, c in ipairs(edges) do
          for _, text in ipairs{ string.char(a, b, c), string.char(a, b, c, 0x80) } do
            local valid <const> = utf8.len(text) ~= nil
            assert.equal(valid, cbor.scan(string.char(0x60 + #text) .. text) == true)
          end
        end
      end
    end
  end)

  it("throws for limits it does not know and for what is no number", function()
    assert.has_error(function() cbor.scan("\0", { byte = 1 }) end, "unknown limit: byte")
    assert.has_error(function() cbor.scan("\0", { bytes = -1 }) end)
    assert.has_error(function() cbor.scan("\0", { items = "many" }) end)
    assert.has_error(function() cbor.scan("\0", { depth = 1.5 }) end)
    assert.has_error(function() cbor.scan({}) end)
  end)
end)

describe("limits of teep.cbor.scan", function()
  local function descending(count)
    local pairs_ = {}
    for i = 1, count do pairs_[i] = { 2000 - i, 0 } end
    return cbor.encode(cbor.map(pairs_), { keep_order = true })
  end

  it("bytes: at the limit and one more", function()
    accepted("\x83\1\2\3", { bytes = 4 })
    refused("too_large", "\x83\1\2\3", 0, { bytes = 3 })
    accepted(cbor.encode(("b"):rep(1048571)))
    refused("too_large", cbor.encode(("b"):rep(1048572)), 0)
  end)

  it("string: at the limit and one more, in any place", function()
    accepted("\x82\x43abc\x63abc", { string = 3 })
    refused("too_large", "\x82\x43abc\x64abcd", 5, { string = 3 })
    refused("too_large", "\xa1\x44abcd\0", 1, { string = 3 })
    accepted("\x40", { string = 0 })
  end)

  it("items: at the limit and one more, tags and keys counted", function()
    accepted("\x83\1\2\3", { items = 4 })
    refused("too_many_items", "\x83\1\2\3", 3, { items = 3 })
    refused("too_many_items", "\xa1\1\xc1\2", 3, { items = 3 })
    accepted("\x99\xff\xff" .. ("\0"):rep(65535))
    refused("too_many_items", "\x9a\0\1\0\0" .. ("\0"):rep(65536), 65540)
  end)

  it("depth: at the limit and one more, 64 at most", function()
    accepted(("\x81"):rep(16) .. "\0")
    refused("too_deep", ("\x81"):rep(17) .. "\0", 16)
    refused("too_deep", ("\x81"):rep(16) .. "\x80", 16)
    accepted("\0", { depth = 0 })
    refused("too_deep", "\x80", 0, { depth = 0 })
    accepted(("\x81"):rep(64) .. "\0", { depth = 64 })
    refused("too_deep", ("\x81"):rep(65) .. "\0", 64, { depth = 65 })
    refused("too_deep", ("\x81"):rep(65) .. "\0", 64, { depth = 1 << 32 })
  end)

  it("unsorted_keys: at the limit and one more, 256 at most; sorted maps of any size", function()
    accepted(descending(64))
    refused("unsorted_keys", descending(65), 0)
    accepted(descending(2), { unsorted_keys = 2 })
    refused("unsorted_keys", descending(3), 0, { unsorted_keys = 2 })
    accepted(descending(256), { unsorted_keys = 1000 })
    refused("unsorted_keys", descending(257), 0, { unsorted_keys = 1000 })
    local pairs_ <const> = {}
    for i = 1, 5000 do pairs_[i] = { i, 0 } end
    accepted(cbor.encode(cbor.map(pairs_)))
  end)

  it("sorted: bytewise order of encoded keys (RFC 8949 4.2.1)", function()
    local sorted <const> = cbor.encode(cbor.map{
      { 10, 0 }, { 100, 0 }, { -1, 0 }, { cbor.text "z", 0 }, { cbor.text "aa", 0 }, { cbor.array{ 100 }, 0 },
      { cbor.array{ -1 }, 0 }, { false, 0 },
    }, { keep_order = true })
    accepted(sorted, { sorted = true })
    accepted("\xa2\2\0\1\0", { sorted = false })
    refused("unsorted_keys", "\xa2\2\0\1\0", 3, { sorted = true })
    refused("unsorted_keys", "\x81\xa1\1\xa2\2\0\1\0", 6, { sorted = true })
    refused("duplicate_key", "\xa2\1\0\1\0", 3, { sorted = true })
  end)
end)
