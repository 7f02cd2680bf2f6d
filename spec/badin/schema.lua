--- Every type of teep.schema in every place that a description has: `emit(decode, bytes, code)`.
local kinds <const> = require "badin.kinds"
local schema <const> = require "teep.schema"
local tree <const> = require "badin.tree"

-- What stands in a place: a description, valid bytes, and how to get it wrong.
local leaves <const> = {
  { { type = "uint", max = 99 }, "\7", kinds.uint(99) },
  { { type = "uint64" }, "\x1b" .. ("\xff"):rep(8), kinds.uint64 },
  { { type = "int" }, "\x26", kinds.int },
  { { type = "int", min = -5, max = 5 }, "\x22", kinds.all(kinds.others("wrong_type", "uint", "nint"),
    kinds.exactly("number_out_of_range", "\6", "\x25", "\x1b" .. ("\xff"):rep(8))) },
  { { type = "bytes", min = 2, max = 300 }, "\x42ab", kinds.bytes(2, 300) },
  { { type = "text", min = 2, max = 30 }, "\x62ab", kinds.text(2, 30) },
  { { type = "bool" }, "\xf4", kinds.bool },
  { { type = "null" }, "\xf6", kinds.null },
  { { type = "enum", values = { a = 1, b = -5 } }, "\x24", kinds.all(kinds.others("wrong_type", "uint", "nint"),
    kinds.exactly("unknown_value", "\0", "\2", "\x20", "\x1b\x7f" .. ("\xff"):rep(7)),
    kinds.exactly("number_out_of_range", "\x3b" .. ("\xff"):rep(8))) },
  { { type = "bits", values = { a = 0, b = 63 } }, "\1", kinds.all(kinds.others("wrong_type", "uint"),
    kinds.exactly("unknown_value", "\2", "\3", "\x1b" .. ("\xff"):rep(8))) },
  { { type = "array", of = { type = "bool" }, min = 1, max = 3 }, "\x81\xf5", kinds.list(1, 3, "\xf4") },
  { { type = "tuple", fields = { { name = "a", of = { type = "bool" } }, { name = "b", of = { type = "null" } } } },
    "\x82\xf5\xf6", kinds.tuple("\xf5", "\xf6") },
  { { type = "map", exclusive = { { "a", "b" } }, fields = { { label = 1, name = "a", of = { type = "bool" } },
    { label = 2, name = "b", of = { type = "bool" } }, { label = 0, name = "c", of = { type = "bool" }, required = true } } },
    "\xa1\0\xf5", kinds.all(kinds.map, kinds.exactly("missing_field", "\xa0", "\xa1\1\xf5"),
      kinds.exactly("forbidden_field", "\xa3\0\xf5\1\xf5\2\xf5"), kinds.exactly("unknown_field", "\xa2\0\xf5\3\xf5",
        "\xa2\0\xf5\x61x\xf5", "\xa2\0\xf5\x40\xf5", "\xa2\0\xf5\x38\x63\xf5", "\xa2\0\xf5\xf4\xf5")) },
  { { type = "wrapped", of = { type = "null" } }, "\x41\xf6", kinds.all(kinds.others("wrong_type", "bytes"),
    kinds.exactly("truncated", "\x40"), kinds.exactly("trailing_bytes", "\x42\xf6\0"), kinds.exactly("wrong_type", "\x41\1")) },
  { { type = "tag", tag = 18, of = { type = "null" } }, "\xd2\xf6", kinds.all(kinds.others("wrong_type"),
    kinds.exactly("wrong_type", "\xd1\xf6", "\xd2\1", "\xd2\xd2\xf6")) },
  { { type = "choice", of = { { type = "bool" }, { type = "bytes", max = 2 } } }, "\xf5", kinds.all(
    kinds.others("wrong_type", "bytes", "bool"), kinds.exactly("size_out_of_range", "\x43abc")) },
}

local function bytes_of(content) return tree.head(2, #content) .. content end

-- Places: from a description to one around it, and from valid bytes to valid bytes around them.
local places <const> = {
  { function(of) return of end, function(bytes) return bytes end },
  { function(of) return { type = "array", of = of } end, function(bytes) return "\x81" .. bytes end },
  { function(of) return { type = "tuple", fields = { { name = "x", of = { type = "any" } }, { name = "y", of = of } } } end,
    function(bytes) return "\x82\xa0" .. bytes end },
  { function(of) return { type = "tuple", rest = "skip", fields = { { name = "y", of = of, optional = true } } } end,
    function(bytes) return "\x82" .. bytes .. "\xf6" end },
  { function(of) return { type = "map", fields = { { label = 7, name = "x", of = of } } } end,
    function(bytes) return "\xa1\7" .. bytes end },
  { function(of) return { type = "map", unknown = "keep", fields = { { label = "text", name = "x", of = of } } } end,
    function(bytes) return "\xa2\1\2\x64text" .. bytes end },
  { function(of) return { type = "table", keys = of, of = { type = "raw" } } end,
    function(bytes) return "\xa1" .. bytes .. "\1" end },
  { function(of) return { type = "table", keys = { type = "int" }, of = of } end, function(bytes) return "\xa1\1" .. bytes end },
  { function(of) return { type = "wrapped", of = of } end, bytes_of },
  { function(of) return { type = "tag", tag = 1000, of = of } end, function(bytes) return "\xd9\3\xe8" .. bytes end },
  { function(of) return { type = "tuple", fields = { { name = "in", inline = true,
    of = { type = "map", fields = { { label = -30, name = "x", of = of } } } } } } end,
    function(bytes) return "\x81\xa1\x38\x1d" .. bytes end },
}

return function(emit)
  for _, outer in ipairs(places) do
    for _, inner in ipairs(places) do
      for _, leaf in ipairs(leaves) do
        local compiled <const> = schema.compile(outer[1](inner[1](leaf[1])))
        local function decode(bytes) return compiled:decode(bytes) end
        assert(decode(outer[2](inner[2](leaf[2]))) ~= nil)
        leaf[3](function(bytes, code) emit(decode, outer[2](inner[2](bytes)), code) end)
      end
    end
  end
end
