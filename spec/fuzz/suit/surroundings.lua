--- Cases changed in what is around the sequences: manifests, dependencies, the host, bytes.
local vocabulary <const> = require "fuzz.suit.vocabulary"

local changes = {}

local function manifest_of(random, case)
  local list <const> = { case.root, case.root, case.child, case.grand }
  return list[1 + random.below(case.grand and 4 or case.child and 3 or 2)]
end

local function toggle(set, name, value)
  if set[name] ~= nil then value = nil end
  set[name] = value
end

function changes.section(random, case, sequence)
  local sections <const>, label <const> = manifest_of(random, case).sections, random.one(vocabulary.sections)
  sections[label] = random.chance(70) and sequence(random, 0) or nil
end

function changes.shared(random, case, sequence)
  manifest_of(random, case).shared = random.chance(70) and sequence(random, 0) or nil
end

function changes.components(random, case)
  local list <const> = manifest_of(random, case).components
  if random.chance(40) then
    table.remove(list)
  else
    list[random.chance(70) and #list + 1 or 1 + random.below(#list + 1)] = random.one(vocabulary.names)
  end
end

function changes.identifier(random, case) manifest_of(random, case).id = random.one(vocabulary.names) end

function changes.dependency(random, case)
  local manifest <const> = manifest_of(random, case)
  manifest.dependency = random.chance(75) and random.below(4) or random.chance(40) and random.one(vocabulary.numbers) or nil
  manifest.depends = random.chance(50) and manifest == case.child and "grand"
    or random.chance(30) and random.one(vocabulary.names) or nil
end

local function brings(random, at, name)
  local list <const> = { { 12, at }, { 20, { image_digest = name, uri = "#" .. name } }, { 21 } }
  if random.chance(80) then list[4] = { 7 } end
  return list
end

-- One more manifest, and all that it takes to run it.
function changes.child(random, case, sequence)
  local name <const> = (not case.child or random.chance(30)) and "child" or "grand"
  local dependent <const> = name == "grand" and case.child or case.root
  local label <const>, at <const> = random.one(vocabulary.sections), #dependent.components
  case[name] = { id = name, components = { random.one{ "a", "b", "c", "child" } }, sections = { [label] = sequence(random, 0) } }
  dependent.dependency, dependent.depends = at, name == "grand" and name or nil
  dependent.sections[15] = brings(random, at, name)
  dependent.sections[label] = dependent.sections[label] or {}
  table.insert(dependent.sections[label], 1, { 11 })
  table.insert(dependent.sections[label], 1, { 12, at })
end

function changes.severed(random, case)
  local manifest <const> = manifest_of(random, case)
  manifest.severed = manifest.severed or {}
  toggle(manifest.severed, random.one(vocabulary.sections), random.one{ true, "absent", "changed" })
end

function changes.fields(random, case)
  local manifest <const> = manifest_of(random, case)
  manifest.fields = manifest.fields or {}
  toggle(manifest.fields, random.one(vocabulary.fields), random.one(vocabulary.field_values))
end

function changes.procedure(random, case) case.procedure = random.one(vocabulary.procedures) end

function changes.rule(random, case) toggle(case.rules, random.one(vocabulary.rules), true) end

function changes.held(random, case) toggle(case.held, random.one{ "a", "b", "c", "child", "grand", "root" }, true) end

function changes.contents(random, case)
  toggle(case.contents, random.one{ "a", "b", "c", "child" }, random.one{ "", "x", "xy", ("l"):rep(70000) })
end

local function host_of(case)
  case.host = case.host or {}
  return case.host
end

function changes.ability(random, case)
  local host <const> = host_of(case)
  host.lacks = host.lacks or {}
  toggle(host.lacks, random.one(vocabulary.abilities), true)
  if random.chance(30) then case.rules.lenient_unknown = true end
end

function changes.limit(random, case)
  local host <const>, row <const> = host_of(case), random.one(vocabulary.limits)
  host.limits = host.limits or {}
  toggle(host.limits, row[1], random.one(row[2]))
end

function changes.rights(random, case)
  local host <const> = host_of(case)
  host.rights = not host.rights and random.one(vocabulary.rights) or nil
end

-- The back end fails at a call; a number is installed; the dependency is; bytes come one by one.
function changes.back_end(random, case)
  local host <const> = host_of(case)
  local name <const> = random.one{ "fails_at", "fails_at", "installed", "has_child", "drips" }
  toggle(host, name, 1 + random.below(12))
end

function changes.bytes(random, case)
  local place <const> = random.chance(75) and manifest_of(random, case) or case
  place.edits = place.edits or {}
  table.insert(place.edits, {
    at = random.below(1000), remove = random.below(3), insert = random.one(vocabulary.insertions),
  })
end

local names <const> = {
  "section", "section", "section", "shared", "components", "components", "identifier", "dependency", "child", "child", "severed",
  "fields", "procedure", "procedure", "rule", "rule", "rule", "held", "contents", "ability", "limit", "limit", "rights",
  "back_end", "back_end", "bytes",
}

--- Change something in place.
return function(random, case, sequence) changes[random.one(names)](random, case, sequence) end
