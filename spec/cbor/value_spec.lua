local cbor <const> = require "teep.cbor"

local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

local function round_trip(value, expected)
  local bytes <const> = cbor.encode(value)
  if expected then assert.equal(expected, hex(bytes)) end
  local decoded, message = cbor.decode(bytes)
  assert(decoded ~= nil, message)
  assert.equal(cbor.type(value), cbor.type(decoded))
  assert.equal(hex(bytes), hex(cbor.encode(decoded)))
  return decoded
end

describe("generic values of teep.cbor", function()
  it("refuses to decode what the scanner refuses", function()
    local value, message, code = cbor.decode "\x81\x18\x01"
    assert.is_nil(value)
    assert.equal("not_shortest", code)
    assert.matches("^offset 1: ", message)
    assert.is_nil((cbor.decode("\x81\1", { items = 1 })))
  end)

  it("throws for what has no CBOR form", function()
    local cyclic <const> = cbor.array{}
    cyclic[1] = cyclic
    for _, value in ipairs{ print, coroutine.create(print), {}, cbor.map{ 1 }, cbor.map{ { 1 } }, cbor.tag("x", 1),
      cbor.array{ {} }, cbor.text(false) } do
      assert.has_error(function() cbor.encode(value) end)
    end
    assert.has_error(function() cbor.encode() end)
    assert.has_error(function() cbor.encode(nil) end)
    assert.has_error(function() cbor.encode(1, { keep_ordr = true }) end)
    assert.is_nil((cbor.encode(cyclic)))
  end)

  it("encodes nothing that the scanner refuses", function()
    for code, value in pairs{
      invalid_utf8 = cbor.text "\xff",
      duplicate_key = cbor.map{ { 1, 0 }, { 2, 0 }, { 1, 0 } },
    } do
      local bytes, _, found = cbor.encode(cbor.array{ value })
      assert.is_nil(bytes)
      assert.equal(code, found)
    end
    for _, number in ipairs{ -1, 24, 31, 256 } do assert.has_error(function() cbor.simple(number) end) end
    local forged <const> = cbor.simple(99)
    local kept <const> = forged.number
    forged.number = 256
    assert.has_error(function() cbor.encode(forged) end)
    forged.number = kept
  end)

  it("nests as deep as any reader goes, and no deeper", function()
    local value = cbor.array{}
    for _ = 2, 64 do value = cbor.array{ value } end
    assert.truthy(cbor.decode(cbor.encode(value), { depth = 64 }))
    local bytes, _, code = cbor.encode(cbor.array{ value })
    assert.is_nil(bytes)
    assert.equal("too_deep", code)
  end)

  it("keeps integers from -2^64 to 2^64-1 (D6)", function()
    for value, expected in pairs{
      [0] = "00", [23] = "17", [24] = "1818", [255] = "18ff", [256] = "190100", [65535] = "19ffff",
      [65536] = "1a00010000", [0xffffffff] = "1affffffff", [1 << 32] = "1b0000000100000000",
      [math.maxinteger] = "1b7fffffffffffffff", [-1] = "20", [-24] = "37", [-25] = "3818", [-256] = "38ff",
      [-257] = "390100", [math.mininteger] = "3b7fffffffffffffff",
    } do
      assert.equal(value, round_trip(value, expected))
    end
    local largest <const>, least <const> = round_trip(cbor.integer(-1), "1bffffffffffffffff"),
      round_trip(cbor.integer(-1, true), "3bffffffffffffffff")
    assert.equal(cbor.integer(-1), largest)
    assert.not_equal(largest, least)
    assert.same({ -1, true }, { least.bits, least.negative })
    assert.equal(cbor.integer(math.mininteger), round_trip(cbor.integer(math.mininteger), "1b8000000000000000"))
  end)

  it("tells integers from floats and keeps floats in their shortest form", function()
    for _, example in ipairs{
      { 0.0, "f90000" }, { 1.0, "f93c00" }, { 1.5, "f93e00" }, { 65504.0, "f97bff" }, { 100000.0, "fa47c35000" },
      { 1.1, "fb3ff199999999999a" }, { 2.0 ^ -24, "f90001" }, { 2.0 ^ -25, "fa33000000" }, { math.huge, "f97c00" },
      { -math.huge, "f9fc00" }, { 1e300, "fb7e37e43c8800759c" }, { 2.0 ^ 127, "fa7f000000" },
    } do
      local number <const>, decoded <const> = example[1], round_trip(example[1], example[2])
      assert.equal("float", math.type(decoded))
      assert.equal(number, decoded)
    end
    assert.equal(-math.huge, 1 / round_trip(-0.0, "f98000"))
    local nan <const> = round_trip(0 / 0, "f97e00")
    assert.is_true(nan ~= nan)
  end)

  it("keeps byte strings and text apart", function()
    assert.equal("a\0b", round_trip("a\0b", "43610062"))
    local text <const> = round_trip(cbor.text "ü", "62c3bc")
    assert.equal("ü", tostring(text))
    assert.equal(cbor.text "ü", text)
    assert.not_equal(cbor.text "u", text)
    for _, size in ipairs{ 0, 23, 24, 255, 256, 65535, 65536 } do round_trip(("x"):rep(size)) end
  end)

  it("keeps empty arrays, empty maps, null, undefined and false apart", function()
    round_trip(cbor.array{}, "80")
    round_trip(cbor.map{}, "a0")
    assert.equal(cbor.null, round_trip(cbor.null, "f6"))
    assert.equal(cbor.undefined, round_trip(cbor.undefined, "f7"))
    assert.not_equal(cbor.null, cbor.undefined)
    assert.is_false(cbor.decode "\xf4")
    assert.is_true(round_trip(true, "f5"))
    assert.equal(3, #round_trip(cbor.array{ cbor.null, false, cbor.null }, "83f6f4f6"))
  end)

  it("keeps tags of any number, 6..20 included, and tags on tags", function()
    for _, number in ipairs{ 0, 6, 18, 20, 24, 107, 1070, math.maxinteger, -1 } do
      local tag <const> = round_trip(cbor.tag(number, cbor.array{ 1 }))
      assert.equal(number, tag.number)
      assert.equal(1, tag.value[1])
    end
    assert.equal(7, round_trip(cbor.tag(6, cbor.tag(7, 0)), "c6c700").value.number)
  end)

  it("keeps all simple values", function()
    for number = 0, 255 do
      if number < 24 or number > 31 then
        local value <const> = cbor.simple(number)
        assert.equal(value, round_trip(value))
      end
    end
    assert.is_false(cbor.simple(20))
    assert.equal(cbor.null, cbor.simple(22))
  end)

  it("keeps maps with keys of any type", function()
    local keys <const> = { 1, -1, "bytes", cbor.text "text", cbor.array{ "a", "b" }, cbor.map{ { 1, 2 } }, cbor.tag(1, 1),
      false, cbor.null, 1.5 }
    local pairs_ <const> = {}
    for i, key in ipairs(keys) do pairs_[i] = { key, i } end
    assert.equal(#keys, #round_trip(cbor.map(pairs_)))
  end)

  it("sorts keys, or keeps their order on demand", function()
    local map <const> = cbor.map{ { cbor.text "b", 1 }, { -1, 2 }, { 10, 3 }, { cbor.text "", 4 } }
    assert.equal("a40a03200260046162" .. "01", hex(cbor.encode(map)))
    assert.equal("a461620120020a036004", hex(cbor.encode(map, { keep_order = true })))
    assert.equal("a201000100", hex(cbor.encode(cbor.map{ { 1, 0 }, { 1, 0 } }, { keep_order = true })))
  end)

  it("finds values of maps by key", function()
    local map <const> = cbor.decode(cbor.encode(cbor.map{ { 1, "one" }, { "b", "bytes" }, { cbor.text "t", false } }))
    assert.equal("one", map:get(1))
    assert.equal("bytes", map:get "b")
    assert.is_false(map:get(cbor.text "t"))
    assert.is_false(map:get "t")
    assert.is_nil(map:get(cbor.text "b"))
    assert.is_nil(map:get(2))
  end)

  it("takes a plain table with entries as an array", function()
    assert.equal("8201820203", hex(cbor.encode{ 1, { 2, 3 } }))
  end)

  it("names what a value is", function()
    for kind, value in pairs{ integer = 1, float = 1.0, bytes = "", text = cbor.text "", array = cbor.array{},
      map = cbor.map{}, tag = cbor.tag(1, 1), simple = cbor.null, boolean = false } do
      assert.equal(kind, cbor.type(value))
    end
    assert.equal("integer", cbor.type(cbor.integer(-1)))
  end)

  it("grows its output as far as needed", function()
    local list <const> = cbor.array{}
    for i = 1, 3000 do list[i] = ("x"):rep(i % 400) end
    round_trip(list)
  end)
end)
