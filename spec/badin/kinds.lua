--- What may stand at one place: each kind calls `emit(bytes, code)` for every way we know to get it wrong while the
-- CBOR stays well formed.
local tree <const> = require "badin.tree"

local kinds = {}

local samples <const> = {
  uint = "\1", nint = "\x20", bytes = "\x41a", text = "\x61a", array = "\x80", map = "\xa0", tag = "\xc1\1",
  bool = "\xf5", null = "\xf6", undefined = "\xf7", simple = "\xe0", float = "\xf9\x3c\0",
}

--- One item of every type but those named, with the same code.
function kinds.others(code, ...)
  local kept <const> = {}
  for _, name in ipairs{ ... } do kept[name] = true end
  return function(emit)
    for name, bytes in pairs(samples) do
      if not kept[name] then emit(bytes, code) end
    end
  end
end

--- All of several kinds.
function kinds.all(...)
  local list <const> = { ... }
  return function(emit)
    for _, kind in ipairs(list) do kind(emit) end
  end
end

--- Bytes with a code, one after the other.
function kinds.exactly(code, ...)
  local list <const> = { ... }
  return function(emit)
    for _, bytes in ipairs(list) do emit(bytes, code) end
  end
end

local function sized(major, name, least, most, code)
  return function(emit)
    kinds.others(code or "wrong_type", name)(emit)
    for _, size in ipairs{ least - 1, most and most + 1 or -1, 0, most and 2 * most or -1 } do
      if size >= 0 and (size < least or most and size > most) then
        emit(tree.head(major, size) .. ("x"):rep(size), code or "size_out_of_range")
      end
    end
  end
end

--- A byte string of this many bytes; `code` where one code stands for all.
function kinds.bytes(least, most, code) return sized(2, "bytes", least or 0, most, code) end

function kinds.text(least, most) return sized(3, "text", least or 0, most) end

--- An unsigned number up to `most`.
function kinds.uint(most)
  local beyond <const> = kinds.exactly("number_out_of_range", tree.head(0, most + 1), "\x1b\x80" .. ("\0"):rep(7),
    "\x1b" .. ("\xff"):rep(8))
  return kinds.all(kinds.others("wrong_type", "uint"), beyond)
end

--- An integer of 64 bits, signed.
kinds.int = kinds.all(kinds.others("wrong_type", "uint", "nint"), kinds.exactly("number_out_of_range",
  "\x1b\x80" .. ("\0"):rep(7), "\x1b" .. ("\xff"):rep(8), "\x3b\x80" .. ("\0"):rep(7), "\x3b" .. ("\xff"):rep(8)))

kinds.uint64 = kinds.others("wrong_type", "uint")
kinds.bool = kinds.all(kinds.others("wrong_type", "bool", "null", "undefined", "simple"),
  kinds.exactly("simple_value", "\xf6", "\xf7", "\xe0", "\xf8\xff"))
kinds.null = kinds.all(kinds.others("wrong_type", "bool", "null", "undefined", "simple"),
  kinds.exactly("simple_value", "\xf4", "\xf5", "\xf7", "\xe0"))

--- A list of `least` to `most` entries, each `entry` (valid bytes).
function kinds.list(least, most, entry)
  return function(emit)
    kinds.others("wrong_type", "array")(emit)
    if least > 0 then emit("\x80", "size_out_of_range") end
    emit(tree.head(4, most + 1) .. entry:rep(most + 1), "size_out_of_range")
  end
end

--- A tuple: an array of just these entries.
function kinds.tuple(...)
  local entries <const> = { ... }
  local list <const> = table.concat(entries)
  return kinds.all(kinds.others("wrong_type", "array"), kinds.exactly("size_out_of_range", "\x80",
    tree.head(4, #entries - 1) .. list:sub(1, #list - #entries[#entries]), tree.head(4, #entries + 1) .. list .. "\0"))
end

kinds.map = kinds.others("wrong_type", "map")

return kinds
