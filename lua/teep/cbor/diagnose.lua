-- RFC 8949 section 8 and RFC 8610 appendix G.3: generic values as diagnostic notation.
local cbor <const> = require "teep.cbor"
local encode <const> = require("teep.hex").encode

local embedded_limit <const> = 8 -- byte strings opened inside byte strings
local write

local function hex(bytes) return "h'" .. encode(bytes) .. "'" end

-- Only what can hardly be CBOR by chance is opened: an array, a map or a tag around something.
local function bytes(value, limits, depth)
  local head <const> = #value > 1 and value:byte() >> 5
  if (head == 4 or head == 5 or head == 6) and depth < embedded_limit then
    local inner <const> = cbor.decode(value, limits)
    if inner ~= nil then return "<<" .. write(inner, limits, depth + 1) .. ">>" end
  end
  return hex(value)
end

-- Printable ASCII only, the rest as JSON escapes it: nothing a terminal would act on (D24).
local function escape(character)
  local code <const> = utf8.codepoint(character)
  if code < 0x10000 then return ("\\u%04x"):format(code) end
  return ("\\u%04x\\u%04x"):format(0xd7c0 + (code >> 10), 0xdc00 | code & 0x3ff)
end

local function text(value)
  local quoted <const> = value.value:gsub('["\\]', "\\%0")
  return '"' .. quoted:gsub("[\0-\x1f\x7f-\xff][\x80-\xbf]*", escape) .. '"'
end

local function float(value)
  if value ~= value then return "NaN" end
  if value == math.huge then return "Infinity" end
  if value == -math.huge then return "-Infinity" end
  for digits = 1, 17 do
    local shortest <const> = ("%." .. digits .. "g"):format(value)
    if tonumber(shortest) == value then
      return shortest:find "[.e]" and shortest or shortest .. ".0"
    end
  end
end

-- -1 - bits can be one beyond 64 bits.
local function big(value)
  if not value.negative then return ("%u"):format(value.bits) end
  if value.bits == -1 then return "-18446744073709551616" end
  return ("-%u"):format(value.bits + 1)
end

local function list(parts, open, close) return open .. table.concat(parts, ", ") .. close end

local writers <const> = {
  integer = function(value) return math.type(value) and ("%d"):format(value) or big(value) end,
  float = float,
  boolean = tostring,
  bytes = bytes,
  text = text,
  simple = function(value)
    if value == cbor.null then return "null" end
    if value == cbor.undefined then return "undefined" end
    return ("simple(%d)"):format(value.number)
  end,
  tag = function(value, limits, depth)
    return ("%u(%s)"):format(value.number, write(value.value, limits, depth))
  end,
  array = function(value, limits, depth)
    local parts <const> = {}
    for i, item in ipairs(value) do parts[i] = write(item, limits, depth) end
    return list(parts, "[", "]")
  end,
  map = function(value, limits, depth)
    local parts <const> = {}
    for i, pair in ipairs(value) do
      parts[i] = write(pair[1], limits, depth) .. ": " .. write(pair[2], limits, depth)
    end
    return list(parts, "{", "}")
  end,
}

function write(value, limits, depth) return writers[cbor.type(value)](value, limits, depth) end

-- Byte strings stay closed where the depth is at its limit already.
return function(value, limits, embedded) return write(value, limits, embedded and 0 or embedded_limit) end
