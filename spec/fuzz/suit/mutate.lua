--- Cases changed by their structure: commands, sequences, parameters, manifests, the host.
local encode <const> = require "fuzz.suit.encode"
local vocabulary <const> = require "fuzz.suit.vocabulary"

local mutate = {}

local SMALL <const> = 6 -- indexes that are likely to exist, and the first that do not

--- A copy, without what encoding left behind.
function mutate.copy(value)
  if type(value) ~= "table" then return value end
  local copied <const> = {}
  for key, each in pairs(value) do
    if key ~= "bytes" and key ~= "envelope" and key ~= "offset" then copied[key] = mutate.copy(each) end
  end
  return copied
end

local function index(random)
  return random.chance(94) and random.below(random.chance(80) and 3 or SMALL) or random.one(vocabulary.numbers)
end

local function indices(random)
  local list <const> = {}
  for i = 1, 1 + random.below(3) do list[i] = index(random) end
  return list
end

local function setting(random, values)
  local row <const> = random.one(vocabulary.values)
  values[row[1]] = random.chance(94) and random.one(row[2])
    or random.chance(50) and random.one(vocabulary.items) or random.one(vocabulary.numbers)
end

local function values_of(random)
  local values <const> = {}
  for _ = 1, 1 + random.below(3) do setting(random, values) end
  return values
end

local command

local function sequence(random, depth)
  local list <const> = {}
  for i = 1, 1 + random.below(4) do list[i] = command(random, depth + 1) end
  return list
end

local makers <const> = {}

makers[12] = function(random)
  if random.chance(70) then return index(random) end
  return random.chance(60) and random.chance(90) or indices(random)
end
makers[15] = function(random, depth)
  local list <const> = {}
  for i = 1, random.chance(95) and 2 + random.below(3) or random.below(2) do list[i] = sequence(random, depth) end
  if random.chance(25) then list[1 + random.below(#list + 1)] = false end
  return list
end
makers[19], makers[20] = values_of, values_of
makers[32] = function(random, depth) return { sequence(random, depth) } end

local function entries(random, make)
  local list <const>, seen <const> = {}, {}
  for _ = 1, 1 + random.below(2) do
    local at <const> = index(random)
    if not seen[at] then list[#list + 1] = { at, make(random) } end
    seen[at] = true
  end
  return list
end

makers[34] = function(random) return entries(random, values_of) end
makers[35] = function(random)
  return entries(random, function()
    return { random.one(vocabulary.copied), random.chance(20) and random.one(vocabulary.copied) or nil }
  end)
end

function command(random, depth)
  local code <const> = random.one(vocabulary.codes)
  if random.chance(2) then return { code, random.one(vocabulary.items) } end
  if makers[code] then
    -- Sequences within sequences come to an end.
    if (code == 15 or code == 32) and random.chance(depth * 25) then return { 14 } end
    return { code, makers[code](random, depth) }
  end
  return { code, random.chance(15) and random.below(18) or nil }
end

local function manifests_of(case) return { case.root, case.child, case.grand } end

local function is_nested(one)
  return (one[1] == 15 or one[1] == 32) and type(one[2]) == "table" and not one[2].item
end

local function collect(list, found)
  found[#found + 1] = list
  for _, one in ipairs(list) do
    for _, branch in ipairs(is_nested(one) and one[2] or {}) do
      if branch then collect(branch, found) end
    end
  end
end

-- All sequences of a case, in an order that is always the same.
local function sequences_of(case)
  local found <const> = {}
  for _, manifest in ipairs(manifests_of(case)) do
    if manifest.shared then collect(manifest.shared, found) end
    for _, label in ipairs(encode.keys(manifest.sections)) do collect(manifest.sections[label], found) end
  end
  return found
end

-- Where in a list; 0, where nothing is, of an empty one.
local function any(random, list) return #list > 0 and 1 + random.below(#list) or 0 end

local commands <const> = {}

function commands.insert(random, list) table.insert(list, 1 + random.below(#list + 1), command(random, 1)) end

function commands.remove(random, list) if list[1] then table.remove(list, any(random, list)) end end

function commands.swap(random, list)
  local a <const>, b <const> = any(random, list), any(random, list)
  if a > 0 then list[a], list[b] = list[b], list[a] end
end

function commands.duplicate(random, list)
  local at <const> = any(random, list)
  if at > 0 then table.insert(list, 1 + random.below(#list + 1), mutate.copy(list[at])) end
end

function commands.replace(random, list)
  local at <const> = any(random, list)
  if at > 0 then list[at] = command(random, 1) end
end

-- The same argument for another command, or another argument.
function commands.change(random, list)
  local one <const> = list[any(random, list)]
  if not one then return end
  if random.chance(5) then
    one[2] = random.one(vocabulary.items)
  elseif (one[1] == 19 or one[1] == 20) and type(one[2]) == "table" and not one[2].item then
    setting(random, one[2])
  elseif makers[one[1]] then
    one[2] = makers[one[1]](random, 1)
  else
    one[1] = random.one(vocabulary.codes)
    one[2] = makers[one[1]] and makers[one[1]](random, 1) or nil
  end
end

-- Commands from here on become a sequence of their own.
function commands.nest(random, list)
  local at <const> = any(random, list)
  if at == 0 then return end
  local inner <const> = table.move(list, at, #list, 1, {})
  for i = #list, at, -1 do list[i] = nil end
  list[at] = random.chance(50) and { 32, { inner } } or { 15, { inner, sequence(random, 2) } }
end

-- What a nested sequence holds takes its place.
function commands.flatten(random, list)
  local at <const> = any(random, list)
  local branch <const> = at > 0 and is_nested(list[at]) and list[at][2][1]
  if branch then table.move(branch, 1, #branch, at, list) end
end

--- Commands of another case.
function commands.splice(random, list, other)
  local sequences <const> = sequences_of(other)
  local from <const> = sequences[any(random, sequences)]
  local at <const> = from and any(random, from) or 0
  if at == 0 then return end
  for i = at, math.min(#from, at + random.below(4)) do
    table.insert(list, 1 + random.below(#list + 1), mutate.copy(from[i]))
  end
end

local kinds <const> = {
  "insert", "insert", "insert", "remove", "remove", "swap", "duplicate", "replace", "replace", "change", "change", "change",
  "nest", "flatten", "splice", "splice",
}

--- Change one sequence in place.
function mutate.sequence(random, case, other)
  local sequences <const> = sequences_of(case)
  local list <const> = sequences[any(random, sequences)]
  if list then commands[random.one(kinds)](random, list, other) end
  return case
end

--- Change a case in place.
-- @tparam table random
-- @tparam table case
-- @tparam table other one to take from
function mutate.case(random, case, other)
  repeat
    if random.chance(75) then
      mutate.sequence(random, case, other)
    else
      mutate.surroundings(random, case, sequence)
    end
  until random.chance(55)
  return case
end

-- What is about the manifests as a whole and about the host has a file of its own.
mutate.surroundings = require "fuzz.suit.surroundings"

return mutate
