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
-- @tparam string bytes of the sequence: offsets count from its first byte, as SUIT Reports do
-- @param value the decoded array
function sequence.render(renderer, depth, bytes, value)
  local shapes = require "teep.inspect.shapes"
  local known = arguments(shapes)
  if cbor.type(value) ~= "array" then return renderer:value(depth, "", value, {}) end
  local items = cbor.items(bytes, renderer.limits)
  for i = 1, #value, 2 do
    local code = value[i]
    local name = labels.commands[code] or "unknown command"
    local prefix = ("@%d %s %s: "):format(items[i].offset, tostring(code), name)
    if value[i + 1] == nil then return renderer:line(depth, prefix .. "(argument missing)") end
    renderer:value(depth, prefix, value[i + 1], known[code] or shapes.policy)
  end
end

return sequence
