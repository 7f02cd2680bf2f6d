--- Annotated view of TEEP, SUIT, COSE or any CBOR bytes.
-- It decodes with the strict decoder, guesses what structure it is and puts names beside numbers. It
-- verifies nothing, and says so.
-- @module teep.inspect
local hex <const> = require "teep.hex"
local check <const> = require "teep.options"
local cbor <const> = require "teep.cbor"
local messages <const> = require "teep.inspect.messages"
local render <const> = require "teep.inspect.render"
local shapes <const> = require "teep.inspect.shapes"
local wire <const> = require "teep.wire"

local inspect = {}

local limits <const> = { bytes = 64 * 1024 * 1024, items = 1000000, depth = 64, unsorted_keys = 100000 }

local tagged <const> = {
  [16] = shapes.encrypt0, [17] = shapes.mac0, [18] = shapes.sign1, [96] = shapes.encrypt, [97] = shapes.mac,
  [98] = shapes.sign, [107] = shapes.envelope, [1070] = shapes.manifest,
}

-- COSE_Sign1 and COSE_Sign differ in element 4: signature or list of signatures.
local function cose(value)
  local shaped = #value == 4 and cbor.type(value[1]) == "bytes" and cbor.type(value[2]) == "map"
  if not shaped then return nil end
  return cbor.type(value[4]) == "array" and shapes.sign or shapes.sign1
end

local function map_shape(value)
  if value:get(2) and cbor.type(value:get(3)) == "bytes" then return shapes.envelope end
  if value:get(99) then return shapes.report end
  if value:get(1) and value:get(-1) then return shapes.key end
  if value:get(1) == 1 and value:get(3) and value:get(2) then return shapes.manifest end
  return nil
end

-- What finds out the structure of a value, TEEP messages by the numbers of one dialect.
local function detector(dialect)
  return function(value)
    local kind = cbor.type(value)
    if kind == "tag" then return tagged[value.number] end
    if kind == "array" then return messages.shape(value, dialect) or cose(value) end
    if kind == "map" then return map_shape(value) end
    return nil
  end
end

--- The bytes that are meant: those of hexadecimal text, as drafts and bug reports carry it, comments after
-- `#` included; the input itself when it is anything else.
-- @tparam string input
-- @treturn string bytes
-- @usage inspect.bytes "83 01  # an array" --> "\x83\x01"
function inspect.bytes(input)
  local digits = input:gsub("#[^\n]*", ""):gsub("%s+", "")
  return digits ~= "" and hex.decode(digits) or input
end

--- The view of some bytes.
-- @tparam string input bytes, or the same as hexadecimal text
-- @tparam[opt] table options `full`: show long byte strings whole; `offsets`: where each value begins, in
--   bytes; `wire`: the dialect TEEP messages are named in (`v26`)
-- @treturn[1] {string,...} lines of printable ASCII
-- @treturn[2] nil, string, string message and code of the scanner, with the offset of the fault
-- @usage for _, line in ipairs(inspect.view(bytes)) do print(line) end
function inspect.view(input, options)
  options = options or {}
  check.check(options, { full = "boolean?", offsets = "boolean?", wire = "string?" })
  local numbers, unknown = wire.open(options.wire or "v26")
  if not numbers then error(unknown, 2) end
  local bytes = inspect.bytes(input)
  local value, message, code = cbor.decode(bytes, limits)
  if value == nil and message then return nil, message, code end
  local detect = detector(numbers.name)
  local renderer = render.new{
    detect = detect, limits = limits, full = options.full, offsets = options.offsets,
  }
  renderer:line(0, ("not verified: %d bytes as found, no signature or digest was checked"):format(#bytes))
  local shape = detect(value)
  if shape or cbor.type(value) == "tag" then
    renderer:value(0, "", value, shape or {}, { bytes = bytes, offset = 0 })
  else
    renderer:line(0, "no structure known here; CBOR diagnostic notation:")
    renderer:line(0, (cbor.diagnose(bytes, limits)))
  end
  return renderer.lines
end

return inspect
