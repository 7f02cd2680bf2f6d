--- JSON as the admin socket and `--json` speak it.
-- lua-cjson reads; it cannot write what is needed here (whole numbers beyond 2^46 exactly, empty
-- lists, ASCII only, a stable order of names), so writing is done here.
-- @module teep.daemon.json
local cjson <const> = require("cjson").new()
local errors <const> = require "teep.errors"

local json = {}
local List = {}

cjson.decode_max_depth(16)

--- Mark a table as a list: an empty one is written `[]`.
-- @tparam table items
-- @treturn table items
function json.list(items) return setmetatable(items, List) end

--- A list made of another one.
-- @tparam table items
-- @tparam function fn item to value
-- @treturn table list
function json.map(items, fn)
  local mapped = json.list{}
  for i, item in ipairs(items) do mapped[i] = fn(item) end
  return mapped
end

--- Stands for `null`.
json.null = cjson.null

local function escape_point(point)
  if point == 34 or point == 92 then return "\\" .. string.char(point) end
  if point >= 32 and point < 127 then return string.char(point) end
  if point < 0x10000 then return ("\\u%04x"):format(point) end
  point = point - 0x10000
  return ("\\u%04x\\u%04x"):format(0xD800 + (point >> 10), 0xDC00 + (point & 0x3FF))
end

-- Bytes that are not UTF-8 are written one by one, as if they were Latin-1.
local function encode_string(text)
  if not text:find('[^ !#-[%]^-~]') then return '"' .. text .. '"' end
  local points = {}
  if utf8.len(text) then
    for _, point in utf8.codes(text) do points[#points + 1] = escape_point(point) end
  else
    for i = 1, #text do points[i] = escape_point(text:byte(i)) end
  end
  return '"' .. table.concat(points) .. '"'
end

local encode

local function encode_list(list)
  local parts = {}
  for i, item in ipairs(list) do parts[i] = encode(item) end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function encode_object(object)
  local names, parts = {}, {}
  for name in pairs(object) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = encode_string(name) .. ":" .. encode(object[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value)
  local kind = type(value)
  if kind == "string" then return encode_string(value) end
  if kind == "boolean" then return tostring(value) end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if kind == "number" then return ("%.17g"):format(value) end
  if value == json.null then return "null" end
  if kind ~= "table" then error("json.encode: cannot write a " .. kind, 0) end
  if getmetatable(value) == List or #value > 0 then return encode_list(value) end
  return encode_object(value)
end

--- Write a value.
-- @param value string, boolean, number, `json.null`, list or table with string names
-- @treturn string text ASCII, one line
-- @usage json.encode{ name = "a", list = json.list{} } --> '{"list":[],"name":"a"}'
function json.encode(value) return encode(value) end

-- cjson reads every number as a float.
local function whole(value)
  if type(value) == "number" then return math.tointeger(value) or value end
  if type(value) == "table" then
    for name, item in pairs(value) do value[name] = whole(item) end
  end
  return value
end

--- Read a text.
-- @tparam string text
-- @treturn[1] value
-- @treturn[2] nil, string, string message and code `not_well_formed`
function json.decode(text)
  local ok, value = pcall(cjson.decode, text)
  if not ok then return errors.fail("not_well_formed", "not JSON: %s", tostring(value):sub(1, 120)) end
  return whole(value)
end

return json
