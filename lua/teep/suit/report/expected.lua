--- What a manifest had set for a component when one of its commands ran.
-- The commands before it are followed as a processor would run them. Which sequence of a try-each succeeded
-- is known by what conditions have claimed alone: where it makes a difference there are several values.
-- @module teep.suit.report.expected
local component_id <const> = require "teep.component_id"
local labels <const> = require "teep.suit.labels"
local parameters <const> = require "teep.suit.parameters"
local schema <const> = require "teep.schema"
local values <const> = require "teep.suit.report.values"

local CHECK_CONTENT <const>, SET_COMPONENT_INDEX <const>, TRY_EACH <const>, SET <const> = 6, 12, 15, 19
-- Commands that are followed: sequences within sequences multiply, and nobody is to wait for a sentence.
local STEPS <const> = 4096

local OVERRIDE <const>, RUN_SEQUENCE <const>, OVERRIDE_MULTIPLE <const>, COPY_PARAMS <const> = 20, 32, 34, 35

-- What a command measures tells apart two commands at the same offset, and one branch from another.
local measures <const> = {
  [1] = "vendor_identifier", [2] = "class_identifier", [3] = "image_digest", [4] = "use_before",
  [5] = "component_slot", [6] = "image_size", [21] = "uri", [24] = "device_identifier", [25] = "image_digest",
  [26] = "minimum_battery", [27] = "update_priority", [28] = "version",
}

local read

local function includes(list, index)
  for _, each in ipairs(list) do
    if each == index then return true end
  end
  return false
end

-- A branch that asks for something else than what was measured later on did not succeed.
local contradictory <const> = { [1] = true, [2] = true, [5] = true, [24] = true }

local function contradicted(walk, command)
  local name <const> = contradictory[command.code] and measures[command.code]
  for _, index in ipairs(name and walk.selected or {}) do
    local claimed <const> = (walk.claims[index] or {})[name]
    if claimed ~= nil and not values.may_be(walk.state, index, name, claimed) then return true end
  end
  return false
end

local steps <const> = {}

steps[SET_COMPONENT_INDEX] = function(walk, argument)
  if argument == true then
    walk.selected = walk.all
  else
    walk.selected = type(argument) == "table" and argument or { argument }
  end
end

steps[OVERRIDE] = function(walk, argument)
  for _, index in ipairs(walk.selected) do walk.state = values.assign(walk.state, index, argument) end
end

steps[SET] = function(walk, argument)
  for _, index in ipairs(walk.selected) do walk.state = values.assign(walk.state, index, argument, true) end
end

steps[OVERRIDE_MULTIPLE] = function(walk, argument)
  for _, entry in ipairs(argument) do
    walk.state, walk.selected = values.assign(walk.state, entry.key, entry.value), { entry.key }
  end
end

steps[COPY_PARAMS] = function(walk, argument)
  for _, entry in ipairs(argument) do
    for _, label in ipairs(entry.value) do
      local name <const> = parameters.names[label] -- nil for one that is refused
      for _, index in ipairs(name and walk.selected or {}) do
        walk.state = values.copy(walk.state, entry.key, index, name)
      end
    end
  end
end

-- Read one branch on one component; the state where it may have ended, and whether it may have succeeded.
local function read_branch(walk, branch, index)
  local selected <const>, exits <const>, nested <const> = walk.selected, walk.exits, walk.nested
  walk.selected, walk.exits, walk.nested = { index }, {}, true
  local succeeds = true
  if branch ~= schema.null then succeeds = read(walk, branch) end
  local failed <const> = values.merge(walk.exits)
  if not walk.ended then walk.selected = selected end
  walk.exits, walk.nested = exits, nested
  return succeeds, failed
end

-- Each sequence begins where those before it have failed.
steps[TRY_EACH] = function(walk, _, branches)
  for _, index in ipairs(walk.selected) do
    local ends <const>, failed = {}, nil
    for _, branch in ipairs(branches) do
      local succeeds
      succeeds, failed = read_branch(walk, branch, index)
      if walk.ended then return end
      if succeeds then ends[#ends + 1] = walk.state end
      if not failed then break end -- nothing in it can fail
      walk.state = failed
    end
    walk.state = values.merge(ends) or walk.state
    walk.exits[#walk.exits + 1] = failed
  end
end

steps[RUN_SEQUENCE] = function(walk, _, branches)
  for _, index in ipairs(walk.selected) do
    read_branch(walk, branches[1], index)
    if walk.ended then return end
  end
end

-- False where the sequence has not succeeded; the walk has ended at the command it was to find, or where it
-- takes too long.
function read(walk, commands)
  for _, command in ipairs(commands) do
    walk.steps = walk.steps + 1
    if command.offset == walk.stop and includes(walk.selected, walk.index) then walk.command = command end
    walk.ended = walk.command ~= nil or walk.steps > STEPS
    if walk.ended then return false end
    if command.row and command.row.kind == "condition" then
      walk.exits[#walk.exits + 1] = walk.state
      if walk.nested and contradicted(walk, command) then return false end
    end
    local step <const> = steps[command.code]
    if step and command.argument ~= nil then step(walk, command.argument, command.branches) end
    if walk.ended then return false end
  end
  return true
end

local function read_top(walk, commands, stop)
  if walk.ended then return end
  walk.selected, walk.exits, walk.stop, walk.nested = { 0 }, {}, stop, false
  read(walk, commands or {})
end

local function procedure_of(name)
  for _, procedure in ipairs{ "update", "invocation", "uninstall" } do
    for _, each in ipairs(labels.procedures[procedure]) do
      if each == name then return labels.procedures[procedure] end
    end
  end
  return { name }
end

local function fits(command, record)
  return not next(record.parameters) or record.parameters[measures[command.code]] ~= nil
end

local function new_walk(manifest, claims, index)
  local walk <const> = { index = index, state = values.none, all = {}, claims = claims, steps = 0 }
  for position in pairs(manifest.positions) do walk.all[#walk.all + 1] = position end
  table.sort(walk.all)
  return walk
end

local function walk_to(manifest, name, record, claims, shared)
  local walk <const> = new_walk(manifest, claims, record.component_index)
  for _, each in ipairs(procedure_of(name)) do
    local here <const> = each == name
    if manifest.sections[each] then
      read_top(walk, manifest.shared, here and shared and record.offset or nil)
      read_top(walk, manifest.sections[each], here and record.offset or nil)
    end
    if here then return walk end
  end
end

-- What was claimed of each component, by its position; what came last counts.
local function claims_of(manifest, records)
  local claims <const> = {}
  for _, entry in ipairs(records or {}) do
    local name <const> = entry.component_id and component_id.format(entry.component_id)
    for position, other in pairs(name and manifest.positions or {}) do
      if other == name then
        claims[position] = claims[position] or {}
        for parameter, value in pairs(entry) do claims[position][parameter] = value end
      end
    end
  end
  return claims
end

local expected = {}

--- The parameter that says what a condition wants.
-- @tparam table command
-- @treturn string|nil name
function expected.of(command)
  if command.row and command.row.kind ~= "condition" then return nil end
  return command.code == CHECK_CONTENT and "content" or measures[command.code]
end

--- The command of a record, and the parameters of its component at that time.
-- A failure of the shared sequence has its offset in that sequence, and draft-ietf-suit-report does not say
-- which sequence an offset belongs to: what was measured has to fit the command.
-- @tparam table manifest of teep.suit.manifest
-- @tparam string name of the section
-- @tparam table record of a report
-- @tparam[opt] {table,...} records all of the report: claims tell which sequence of a try-each succeeded
-- @treturn[1] table command of teep.suit.sequence
-- @treturn[1] {[string]={any,...},...} name of a parameter to the values it may have had
-- @treturn[2] nil nothing at that offset
function expected.at(manifest, name, record, records)
  local claims <const> = claims_of(manifest, records)
  local walk = walk_to(manifest, name, record, claims, false)
  if not (walk.command and fits(walk.command, record)) then
    local shared <const> = walk_to(manifest, name, record, claims, true)
    if shared.command and (fits(shared.command, record) or not walk.command) then walk = shared end
  end
  return walk.command, walk.command and walk.state[record.component_index] or {}
end

--- What the manifest sets for its components and dependencies in an Update.
-- @tparam table manifest of teep.suit.manifest
-- @treturn {[integer]=table,...} index to parameters as of @{at}; none for a manifest that takes too long
function expected.finally(manifest)
  local walk <const> = new_walk(manifest, {}, 0)
  for _, name in ipairs(labels.procedures.update) do
    if manifest.sections[name] then
      read_top(walk, manifest.shared)
      read_top(walk, manifest.sections[name])
    end
  end
  return walk.ended and {} or walk.state
end

return expected
