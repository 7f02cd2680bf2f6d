--- What a manifest had set for a component when one of its commands ran.
-- @module teep.suit.report.expected
local labels <const> = require "teep.suit.labels"

local SET_COMPONENT_INDEX <const>, SET <const>, OVERRIDE <const> = 12, 19, 20

local function selects(argument, index)
  if argument == true or argument == index then return true end
  for _, each in ipairs(type(argument) == "table" and argument or {}) do
    if each == index then return true end
  end
  return false
end

local function assign(walk, command)
  for name, value in pairs(command.argument) do
    if command.code == OVERRIDE or walk.values[name] == nil then walk.values[name] = value end
  end
end

-- Of try-each all sequences are read: those before the one that failed have had their effect as well.
local function read(walk, commands)
  for _, command in ipairs(commands or {}) do
    if command.offset == walk.stop then walk.command = command end
    if walk.command then return end
    if command.code == SET_COMPONENT_INDEX then
      walk.chosen = selects(command.argument, walk.index)
    elseif (command.code == SET or command.code == OVERRIDE) and walk.chosen and command.argument then
      assign(walk, command)
    end
    for _, branch in ipairs(command.branches or {}) do
      if type(branch) == "table" then read(walk, branch) end
    end
  end
end

local function read_section(walk, commands)
  walk.chosen = walk.index == 0
  read(walk, commands)
end

local function procedure_of(name)
  for _, names in pairs(labels.procedures) do
    for _, each in ipairs(names) do
      if each == name then return names end
    end
  end
  return { name }
end

-- What a command measures tells apart two commands at the same offset.
local measures <const> = {
  [1] = "vendor_identifier", [2] = "class_identifier", [3] = "image_digest", [5] = "component_slot",
  [24] = "device_identifier", [21] = "uri",
}

local function fits(command, record)
  return not next(record.parameters) or record.parameters[measures[command.code]] ~= nil
end

local function walk_to(manifest, name, record, shared)
  local walk <const> = { index = record.component_index, values = {} }
  for _, each in ipairs(procedure_of(name)) do
    local here <const> = each == name
    if manifest.sections[each] then
      walk.stop = here and shared and record.offset or nil
      read_section(walk, manifest.shared)
      walk.stop = here and record.offset or nil
      if not walk.command then read_section(walk, manifest.sections[each]) end
    end
    if here then return walk end
  end
end

--- The command of a record, and the parameters of its component at that time.
-- A failure of the shared sequence has its offset in that sequence, and draft-ietf-suit-report does not say
-- which sequence an offset belongs to: what was measured has to fit the command.
-- @tparam table manifest of teep.suit.manifest
-- @tparam string name of the section
-- @tparam table record of a report
-- @treturn[1] table command of teep.suit.sequence
-- @treturn[1] table parameters by name
-- @treturn[2] nil nothing at that offset
return function(manifest, name, record)
  local walk <const> = walk_to(manifest, name, record, false)
  if walk.command and fits(walk.command, record) then return walk.command, walk.values end
  local shared <const> = walk_to(manifest, name, record, true)
  if shared.command and (fits(shared.command, record) or not walk.command) then
    return shared.command, shared.values
  end
  return walk.command, walk.values
end
