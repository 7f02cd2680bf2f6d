--- CBOR (RFC 8949) as generic values: every item has exactly one Lua form.
--
-- | CBOR | Lua |
-- |---|---|
-- | integer | integer; beyond 64 bits signed an @{integer} object |
-- | byte string | string |
-- | text string | @{text} object `{ value = string }` |
-- | array | list with a metatable, @{array}; a plain table with entries is one too |
-- | map | @{map}: ordered list of `{ key, value }`, with `:get(key)` |
-- | tag | @{tag} object `{ number =, value = }` |
-- | false, true, float | the same |
-- | null, undefined, other simple values | @{null}, @{undefined}, @{simple} objects |
--
-- Every input passes the strict scanner first.
-- @module teep.cbor
local core <const> = require("teep.core").cbor
local options <const> = require "teep.options"

local cbor = {}
local classes <const> = core.classes

local kinds <const> = {}
for name, class in pairs(classes) do kinds[class] = name end

--- What a generic value is.
-- @param value
-- @treturn string `integer`, `bytes`, `text`, `array`, `map`, `tag`, `simple`, `float` or `boolean`
function cbor.type(value)
  local kind <const> = type(value)
  if kind == "number" then return math.type(value) end
  if kind == "string" then return "bytes" end
  if kind == "table" then return kinds[getmetatable(value)] or "array" end
  return kind
end

--- Check that bytes are one well-formed data item within the limits.
-- @function scan
-- @tparam string bytes
-- @tparam[opt] table limits `bytes` (1 MiB), `items` (65536), `string` (bytes of one string; as many as there
--   are), `depth` (16, at most 64),
--   `unsorted_keys` (64, at most 256: entries of a map whose keys are not in order), `sorted` (boolean:
--   all maps have their keys in deterministic order); unknown names throw
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message with the byte offset, and code: `truncated`,
--   `trailing_bytes`, `not_well_formed`, `not_shortest`, `indefinite_length`, `duplicate_key`,
--   `unsorted_keys`, `invalid_utf8`, `too_deep`, `too_many_items`, `too_large`
cbor.scan = core.scan

--- Bytes to a generic value.
-- @function decode
-- @tparam string bytes
-- @tparam[opt] table limits as for @{scan}
-- @return[1] the value
-- @treturn[2] nil, string, string message and code of @{scan}
-- @usage cbor.decode("\x82\x01\x41a") --> cbor.array{ 1, "a" }
cbor.decode = core.decode

--- A generic value to bytes: shortest heads, definite lengths, keys in deterministic order.
-- What has no CBOR form (a function, a plain table without entries) throws.
-- @param value
-- @tparam[opt] table given `keep_order`: leave the keys of maps as they are, duplicates included
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code: `duplicate_key`, `too_deep`, `invalid_utf8`
function cbor.encode(value, given)
  if given then options.check(given, { keep_order = "boolean?" }) end
  return core.encode(value, given and given.keep_order)
end

--- Where an item lies, found by labels of maps and 1-based positions of arrays; tags are passed
-- through.
-- @function span
-- @tparam string bytes
-- @tparam table path list of integers and strings (labels that are text)
-- @tparam[opt] table limits as for @{scan}
-- @treturn[1] integer first
-- @treturn[1] integer last for `bytes:sub(first, last)`, the head included
-- @treturn[2] nil, string, string message and code of @{scan}, `missing_field`
-- @usage local first, last = cbor.span(payload, { 2, 19 })
cbor.span = core.span

--- The elements of an array as they are encoded.
-- @function items
-- @tparam string bytes
-- @tparam[opt] table limits as for @{scan}
-- @treturn[1] table list of `{ offset = (0-based, of the element), bytes = }`
-- @treturn[2] nil, string, string message and code of @{scan}, `wrong_type`
cbor.items = core.items

--- The pairs of a map as they are encoded.
-- @function pairs
-- @tparam string bytes
-- @tparam[opt] table limits as for @{scan}
-- @treturn[1] table list of `{ key =, value =, offset = (0-based, of the value) }`
-- @treturn[2] nil, string, string message and code of @{scan}, `wrong_type`
cbor.pairs = core.pairs

--- A text string.
-- @tparam string value UTF-8
function cbor.text(value) return setmetatable({ value = value }, classes.text) end

--- An array; the list becomes the value.
-- @tparam[opt] table list
function cbor.array(list) return setmetatable(list or {}, classes.array) end

--- A map; the list becomes the value.
-- @tparam[opt] table list of `{ key, value }`
function cbor.map(list) return setmetatable(list or {}, classes.map) end

--- A tagged item.
-- @tparam integer number
-- @param value
function cbor.tag(number, value) return setmetatable({ number = number, value = value }, classes.tag) end

--- An integer beyond 64 bits signed: `bits` (unsigned), or -1 - `bits` when negative.
-- @tparam integer bits bit pattern
-- @tparam[opt] boolean negative
function cbor.integer(bits, negative)
  return setmetatable({ bits = bits, negative = negative or false }, classes.integer)
end

--- A simple value by its number.
-- @function simple
-- @tparam integer number 0..23 or 32..255; 20 and 21 are false and true
cbor.simple = core.simple

--- null and undefined, one value each.
cbor.null = core.simple(22)
cbor.undefined = core.simple(23)

local function same(a, b)
  if rawequal(a, b) then return true end
  local text <const> = classes.text
  if getmetatable(a) == text and getmetatable(b) == text then return a.value == b.value end
  return false
end
classes.text.__eq = function(a, b) return a.value == b.value end
classes.text.__tostring = function(self) return self.value end
classes.integer.__eq = function(a, b) return a.bits == b.bits and a.negative == b.negative end

classes.map.__index = {
  --- Value of a key; a string finds the byte string first, then the text.
  get = function(self, key)
    local as_text
    for _, pair in ipairs(self) do
      if same(pair[1], key) then return pair[2] end
      if type(key) == "string" and getmetatable(pair[1]) == classes.text and pair[1].value == key then
        as_text = as_text or pair[2]
      end
    end
    return as_text
  end,
}

--- Diagnostic notation (RFC 8949 section 8). A byte string is opened as `<< >>` (RFC 8610 appendix G.3)
-- where it is exactly one array, map or tag: what is a number or string is mostly so by chance. At most
-- 8 deep.
-- @tparam string bytes
-- @tparam[opt] table limits as for @{scan}
-- @tparam[opt] table given `embedded = false`: leave byte strings as they are, in hexadecimal
-- @treturn[1] string one line
-- @treturn[2] nil, string, string message and code of @{scan}
-- @usage cbor.diagnose "\x42\x81\x01" --> "<<[1]>>"
function cbor.diagnose(bytes, limits, given)
  if given then options.check(given, { embedded = "boolean?" }) end
  local value, message, code = cbor.decode(bytes, limits)
  if value == nil then return nil, message, code end
  return require("teep.cbor.diagnose")(value, limits, not (given and given.embedded == false))
end

return cbor
