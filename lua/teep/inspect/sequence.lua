--- Shows SUIT command sequences: code, name and argument of each command, with its offset.
-- @module teep.inspect.sequence
local cbor <const> = require "teep.cbor"
local labels <const> = require "teep.suit.labels"

local sequence = {}

local function arguments(shapes)
  return {
    [12] = {}, -- set-component-index: uint, true or list
    [15] = { list = shapes.sequence }, -- try-each
    [19] = shapes.parameters,
    [20] = shapes.parameters,
    [32] = shapes.sequence, -- run-sequence
    [34] = { map = {}, other = shapes.parameters }, -- override-multiple
    [35] = {}, -- copy-params
  }
end

--- Add the lines of one sequence.
-- @tparam table renderer of teep.inspect.render
-- @tparam integer depth
-- @param value the decoded array
-- @tparam table at `bytes` of the sequence, whose commands are told by their distance from its first byte, as
--   SUIT Reports do; and its `offset` in the input
function sequence.render(renderer, depth, value, at)
  local shapes = require "teep.inspect.shapes"
  local known = arguments(shapes)
  if cbor.type(value) ~= "array" then return renderer:value(depth, "", value, {}, at) end
  local items = cbor.items(at.bytes, renderer.limits)
  for i = 1, #value, 2 do
    local code = value[i]
    local name = labels.commands[code] or "unknown command"
    local prefix = ("@%d %s %s: "):format(items[i].offset, tostring(code), name)
    local place = { bytes = items[i].bytes, offset = at.offset + items[i].offset }
    if value[i + 1] == nil then return renderer:line(depth, prefix .. "(argument missing)", place) end
    place.bytes, place.offset = items[i + 1].bytes, at.offset + items[i + 1].offset
    renderer:value(depth, prefix, value[i + 1], known[code] or shapes.policy, place)
  end
end

return sequence
