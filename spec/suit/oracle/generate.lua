--- Random manifests over a small world of components: trees of plain tables, a pure function of a seed.
--
-- A case is `{ root = manifest, child = manifest or nil, contents, held, rules, procedure }`; a manifest is `{ id,
-- components, dependency = index or nil, shared, sections }`; a sequence a list of `{ code, argument }`, in which the
-- argument of nested sequences holds such lists (false: null).
local source <const> = require "fixtures.random"

local generate = {}

local contents <const> = { "", "x", "y", "xy", "xyz" }
local uris <const> = { "#x", "#y", "#xyz", "#none", "far" }

--- Payloads inside the envelope of the root, and those the network has.
generate.integrated = { ["#x"] = "x", ["#y"] = "y", ["#xyz"] = "xyz" }
generate.network = { far = "xy" }

local function index(random, manifest)
  if random.chance(1) then return 5 end
  if manifest.dependency and random.chance(25) then return manifest.dependency end
  return random.below(#manifest.components)
end

local function indices(random, manifest)
  local list <const>, seen <const> = {}, {}
  for _ = 1, 1 + random.below(2) do
    local i <const> = index(random, manifest)
    if not seen[i] then list[#list + 1] = i end
    seen[i] = true
  end
  return list
end

local settings <const> = {
  function(random) return "content", random.one(contents) end,
  function(random) return "content", random.one(contents) end,
  function(random) return "uri", random.one(uris) end,
  function(random) return "image_size", random.below(4) end,
  function(random) return "image_digest", random.one(contents) end,
  function(random, manifest) return "source_component", index(random, manifest) end,
  function(random) return "component_slot", random.below(3) end,
}

local function values(random, manifest, depth)
  local map <const> = {}
  for _ = 1, 1 + random.below(2) do
    local name <const>, value <const> = random.one(settings)(random, manifest)
    map[name] = value
  end
  if random.chance(depth > 0 and 12 or 1) then map.soft_failure = random.chance(80) end
  if random.chance(10) then map.strict_order = random.chance(20) end
  return map
end

local sequence

local function branches(random, manifest, depth)
  local list <const> = {}
  for i = 1, 2 + random.below(2) do
    list[i] = sequence(random, manifest, depth + 1)
    if random.chance(25) then table.insert(list[i], { 14 }) end -- all it did is to be taken back
  end
  if random.chance(30) then list[#list + 1] = false end
  return list
end

local makers <const> = {
  { 14, function(random, manifest)
    local kind <const> = random.below(10)
    if kind < 6 then return 12, index(random, manifest) end
    if kind < 8 then return 12, true end
    return 12, indices(random, manifest)
  end },
  { 26, function(random, manifest, depth) return 20, values(random, manifest, depth) end },
  { 6, function(random, manifest, depth) return 19, values(random, manifest, depth) end },
  { 2, function(random, manifest, depth)
    return 34, { { index(random, manifest), values(random, manifest, depth) } }
  end },
  { 2, function(random, manifest)
    return 35, { { index(random, manifest), { random.one{ "content", "uri", "image_size", "source_component" } } } }
  end },
  { 16, function() return 18 end }, { 8, function() return 21 end }, { 5, function() return 22 end },
  { 3, function() return 31 end }, { 4, function() return 33 end }, { 6, function() return 3 end },
  { 2, function() return 25 end }, { 4, function() return 6 end }, { 3, function() return 14 end },
  { 2, function() return 5 end }, { 1, function() return 8 end },
  { 7, function(random, manifest, depth)
    if depth > 2 then return 14 end
    return 15, branches(random, manifest, depth)
  end },
  { 6, function(random, manifest, depth)
    if depth > 2 then return 14 end
    return 32, { sequence(random, manifest, depth + 1) }
  end },
}

local total = 0
for _, maker in ipairs(makers) do total = total + maker[1] end

local function command(random, manifest, depth)
  if manifest.dependency and random.chance(14) then return { random.one{ 7, 11, 11, 33, 3, 8 } } end
  if random.chance(1) and random.chance(30) then return { 99 } end
  local at = random.below(total)
  for _, maker in ipairs(makers) do
    at = at - maker[1]
    if at < 0 then return { maker[2](random, manifest, depth) } end
  end
end

local function a_source(random, manifest) return { source_component = index(random, manifest) } end
local function some_content(random) return { content = random.one(contents) } end

local needs <const> = {
  [6] = some_content, [18] = some_content, [22] = a_source, [31] = a_source,
  [21] = function(random) return { uri = random.one(uris) } end,
  [3] = function(random) return { image_digest = random.one(contents) } end,
  [5] = function(random) return { component_slot = random.below(3) } end,
}

-- Mostly a payload is compared with its digest once it is there, or it would be refused in the end.
local function compare(random, list, set)
  local uri <const> = set and set[2].uri
  local payload <const> = generate.integrated[uri or ""] or generate.network[uri or ""]
  if not payload or not random.chance(70) then return end
  list[#list + 1] = { 20, { image_digest = payload } }
  list[#list + 1] = { 3 }
end

function sequence(random, manifest, depth)
  local list <const> = {}
  for _ = 1, 1 + random.below(depth > 0 and 4 or 6) do
    local one <const> = command(random, manifest, depth)
    -- Mostly with what it needs, or little would ever succeed.
    local set <const> = needs[one[1]] and random.chance(70) and { 20, needs[one[1]](random, manifest) }
    if set then list[#list + 1] = set end
    list[#list + 1] = one
    if one[1] == 21 then compare(random, list, set) end
  end
  return list
end

-- At the top a sequence begins with an index, as it has to where there are several.
local function top(random, manifest)
  local list <const> = sequence(random, manifest, 0)
  if not random.chance(4) then table.insert(list, 1, { 12, random.below(#manifest.components) }) end
  return list
end

-- What a shared sequence may hold, and now and then what it may not.
local function shared(random, manifest)
  local list <const> = { { 12, random.chance(30) and true or 0 } }
  for _ = 1, 1 + random.below(2) do
    list[#list + 1] = random.chance(90) and { random.one{ 19, 20 }, values(random, manifest, 0) }
      or command(random, manifest, 0)
  end
  return list
end

local sections <const> = { 7, 16, 18, 20 }

local function fill(random, manifest)
  manifest.sections = {}
  if random.chance(25) then manifest.shared = shared(random, manifest) end
  manifest.sections[random.one(sections)] = top(random, manifest)
  if random.chance(40) then manifest.sections[random.one(sections)] = top(random, manifest) end
  if random.chance(30) then manifest.sections[24] = top(random, manifest) end
end

-- Dependencies that could succeed: fetched, stated and processed; then shaken up.
local function depend(random, case)
  local root <const>, at <const> = case.root, case.root.dependency
  local stated <const> = random.chance(90) and "child" or "other"
  root.sections[15] = { { 12, at }, { 20, { image_digest = stated, uri = random.chance(95) and "#child" or "#x" } }, { 21 } }
  if random.chance(70) then table.insert(root.sections[15], { 7 }) end
  for _, label in ipairs(sections) do
    if case.child.sections[label] and random.chance(90) then
      root.sections[label] = root.sections[label] or { { 12, 0 } }
      table.insert(root.sections[label], 1 + random.below(#root.sections[label]), { 11 })
      table.insert(root.sections[label], 1, { 12, at })
    end
  end
end

local names <const> = { "a", "b", "c" }

--- The case of a seed.
-- @int seed
function generate.case(seed)
  local random <const> = source(seed)
  local case <const> = { seed = seed, contents = {}, held = {}, rules = {}, procedure = "update" }
  for _, name in ipairs(names) do
    if random.chance(60) then case.contents[name] = random.one(contents) end
    if random.chance(12) then case.held[name] = true end
  end
  local count <const> = 1 + random.below(3)
  case.root = { id = "root", components = table.move(names, 1, count, 1, {}) }
  if random.chance(25) then
    case.root.dependency = count
    case.child = { id = "child", components = { random.one(names) } }
    fill(random, case.child)
  end
  fill(random, case.root)
  if case.child then depend(random, case) end
  for _, rule in ipairs{ "lenient_completeness", "lenient_integrity", "exhausted_aborts" } do
    if random.chance(rule == "exhausted_aborts" and 10 or 30) then case.rules[rule] = true end
  end
  if random.chance(10) then case.procedure = "uninstall" end
  return case
end

return generate
