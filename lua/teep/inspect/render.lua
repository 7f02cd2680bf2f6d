--- Writes CBOR values as indented lines, with the names that a shape gives to numbers.
-- @module teep.inspect.render
local cbor <const> = require "teep.cbor"
local component_id <const> = require "teep.component_id"
local names <const> = require "teep.inspect.names"
local sequence <const> = require "teep.inspect.sequence"

local Renderer = {}
Renderer.__index = Renderer

local inline_width <const> = 90
local bytes_shown <const> = 32
local nesting_limit <const> = 24 -- of byte strings opened inside byte strings
local no_shape <const> = {}

local hex <const> = require("teep.hex").encode

-- Text of a peer is in these lines, and terminals obey control characters.
local function escape(byte) return ("\\x%02x"):format(byte:byte()) end

--- One line, with the offset of what it shows in front when those are wanted.
-- @tparam integer depth of indentation
-- @tparam string text
-- @tparam[opt] table at `offset` (bytes from the beginning of the input) and `bytes` of the item
function Renderer:line(depth, text, at)
  local column = ""
  if self.offsets then column = at and ("%6d  "):format(at.offset) or (" "):rep(8) end
  self.lines[#self.lines + 1] = column .. ("  "):rep(depth) .. text:gsub("[^ -~]", escape)
end

-- Where the elements of a container lie: each as `at` says it of the container.
local function places(at, list, name)
  local found = {}
  for i, item in ipairs(list) do found[i] = { bytes = item[name], offset = at.offset + item.offset } end
  return found
end

--- A byte string in diagnostic notation, shortened unless everything is wanted.
function Renderer:bytes(value)
  if self.full or #value <= 2 * bytes_shown then return "h'" .. hex(value) .. "'" end
  return ("h'%s...' (%d bytes)"):format(hex(value:sub(1, bytes_shown)), #value)
end

local function bit_names(value, bits)
  local set = {}
  for bit = 0, 62 do
    if value >> bit & 1 == 1 then set[#set + 1] = bits[bit] or "bit " .. bit end
  end
  return #set > 0 and ("%d (%s)"):format(value, table.concat(set, ", ")) or tostring(value)
end

local function number(value, shape)
  if math.type(value) ~= "integer" then return cbor.diagnose(cbor.encode(value)) end
  if shape.bits and value >= 0 then return bit_names(value, shape.bits) end
  local name = shape.names and shape.names[value]
  return name and ("%d (%s)"):format(value, name) or tostring(value)
end

local function is_identifier(value)
  for _, segment in ipairs(value) do
    if type(segment) ~= "string" then return false end
  end
  return true
end

-- The shape of item `index` of an array: its name and its shape.
local function element(shape, index)
  local entry = shape.elements and (shape.elements[index] or shape.rest)
  if entry then return entry[1], entry[2] or no_shape end
  return nil, shape.list or no_shape
end

function Renderer:inline_array(value, shape)
  if shape.sequence then return nil end
  local parts, size = {}, 0
  for i, item in ipairs(value) do
    local _, of = element(shape, i)
    parts[i] = self:inline(item, of)
    if not parts[i] then return nil end
    size = size + #parts[i] + 2
    if size > inline_width and not shape.id then return nil end
  end
  local text = "[" .. table.concat(parts, ", ") .. "]"
  if shape.id and is_identifier(value) then return component_id.format(value) .. "  " .. text end
  return text
end

--- A value in one line, or nil when it takes several.
function Renderer:inline(value, shape)
  local kind = cbor.type(value)
  if shape.by_type then shape = shape.by_type[kind] or no_shape end
  if shape.secret then return "(secret, not shown)" end
  if kind == "integer" then return number(value, shape) end
  if kind == "bytes" then
    if (shape.wrapped or shape.detect) and value ~= "" then return nil end
    return self:bytes(value)
  end
  if kind == "array" then return self:inline_array(value, shape) end
  if kind == "map" then return #value == 0 and "{}" or nil end
  if kind == "tag" then return nil end
  return cbor.diagnose(cbor.encode(value))
end

function Renderer:map(depth, value, shape, at)
  local inside = places(at, cbor.pairs(at.bytes, self.limits), "value")
  for i, pair in ipairs(value) do
    local label, item = pair[1], pair[2]
    local entry = shape.map and shape.map[label]
    local key = cbor.type(label) == "bytes" and self:bytes(label) or cbor.diagnose(cbor.encode(label))
    local prefix = entry and ("%s %s: "):format(key, entry[1]) or key .. ": "
    self:value(depth, prefix, item, entry and entry[2] or shape.other or no_shape, inside[i])
  end
end

function Renderer:array(depth, value, shape, at)
  local inside = places(at, cbor.items(at.bytes, self.limits), "bytes")
  for i, item in ipairs(value) do
    local name, of = element(shape, i)
    local prefix = name and ("[%d] %s: "):format(i - 1, name) or ("[%d] "):format(i - 1)
    self:value(depth, prefix, item, of, inside[i])
  end
end

-- What is inside a byte string. Bytes that are not CBOR after all are shown as they are.
function Renderer:opened(depth, prefix, value, shape, at)
  local inner = self.nesting < nesting_limit and cbor.decode(value, self.limits)
  local known = inner and (shape.wrapped or self.detect(inner))
  if not known then return self:line(depth, prefix .. self:bytes(value), at) end
  local title = known.title and known.title .. ", " or ""
  self:line(depth, ("%s%sbytes that hold CBOR, %d bytes"):format(prefix, title, #value), at)
  local inside = { bytes = value, offset = at.offset + #at.bytes - #value }
  self.nesting = self.nesting + 1
  if known.sequence then
    sequence.render(self, depth + 1, inner, inside)
  else
    self:contents(depth + 1, inner, known, inside)
  end
  self.nesting = self.nesting - 1
end

-- The inside of a container without a line of its own; anything else on one line.
function Renderer:contents(depth, value, shape, at)
  local kind = cbor.type(value)
  if kind == "map" and #value > 0 then return self:map(depth, value, shape, at) end
  if kind == "array" and #value > 0 then return self:array(depth, value, shape, at) end
  self:value(depth, "", value, shape, at)
end

function Renderer:tag(depth, prefix, value, at)
  local name = names.tags[value.number]
  self:line(depth, ("%stag %d%s"):format(prefix, value.number, name and " (" .. name .. ")" or ""), at)
  local head = #cbor.encode(value.number) -- a number takes as many bytes as the tag of that number
  self:contents(depth + 1, value.value, self.detect(value) or no_shape, {
    bytes = at.bytes:sub(head + 1), offset = at.offset + head,
  })
end

--- A value below a prefix.
-- @tparam integer depth of indentation
-- @tparam string prefix such as `19 token: `
-- @param value of teep.cbor
-- @tparam table shape
-- @tparam table at see @{Renderer:line}
function Renderer:value(depth, prefix, value, shape, at)
  local kind = cbor.type(value)
  if shape.by_type then shape = shape.by_type[kind] or no_shape end
  if shape.detect and (kind == "map" or kind == "array") then shape = self.detect(value) or no_shape end
  local text = self:inline(value, shape)
  if text then return self:line(depth, prefix .. text, at) end
  if kind == "bytes" then return self:opened(depth, prefix, value, shape, at) end
  if kind == "tag" then return self:tag(depth, prefix, value, at) end
  local size = kind == "map" and "map" or "array"
  local title = shape.title and shape.title .. ", " or ""
  self:line(depth, ("%s%s%s of %d"):format(prefix, title, size, #value), at)
  self:contents(depth + 1, value, shape, at)
end

local render = {}

--- A renderer.
-- @tparam table options `detect(value) -> shape|nil`, `limits` (of teep.cbor), `full` and `offsets`
--   (booleans)
-- @treturn table renderer: `renderer:value(depth, prefix, value, shape, at)` adds to `renderer.lines`
function render.new(options)
  return setmetatable({ lines = {}, nesting = 0, detect = options.detect, limits = options.limits,
    full = options.full, offsets = options.offsets }, Renderer)
end

return render
