--- Whether the oracle (spec/suit/oracle) knows all that a case is made of; then it has to agree.
local build <const> = require "suit.oracle.build"
local generate <const> = require "suit.oracle.generate"
local interpret <const> = require "suit.oracle.interpret"

local covered = {}

local plain <const> = {
  [3] = true, [5] = true, [6] = true, [7] = true, [8] = true, [11] = true, [14] = true, [18] = true, [21] = true, [22] = true,
  [25] = true, [31] = true, [33] = true,
}
local rules <const> = { lenient_completeness = true, lenient_integrity = true, exhausted_aborts = true }
local names <const> = { a = true, b = true, c = true }
local uris <const> = { ["#none"] = true, ["#child"] = true, none = true }
for uri in pairs(generate.integrated) do uris[uri] = true end
for uri in pairs(generate.network) do uris[uri] = true end

local function small(value) return math.type(value) == "integer" and value >= 0 and value < 1000 end

local function short(value) return type(value) == "string" and #value < 4 end

local values <const> = {
  -- The oracle takes any size for less than that of an envelope.
  image_size = function(value) return small(value) and value < 24 end,
  content = short, component_slot = small, source_component = small,
  image_digest = function(value) return short(value) or value == "child" end,
  uri = function(value) return uris[value] ~= nil end,
  soft_failure = function(value) return type(value) == "boolean" end,
}
values.strict_order = values.soft_failure

local function knows_values(map)
  if type(map) ~= "table" or map.item then return false end
  for name, value in pairs(map) do
    if not (values[name] and values[name](value)) then return false end
  end
  return true
end

local function distinct(list)
  local seen <const> = {}
  for _, index in ipairs(list) do
    if not small(index) or seen[index] then return false end
    seen[index] = true
  end
  return #list > 0
end

local sequence

local function branches(list, depth)
  for i, branch in ipairs(list) do
    if branch and not sequence(branch, depth + 1) or not branch and i < #list then return false end
  end
  return true
end

local function single(argument) return type(argument) == "table" and #argument == 1 and small(argument[1][1]) end

local arguments <const> = { [19] = knows_values, [20] = knows_values }

arguments[12] = function(argument)
  if type(argument) == "table" then return not argument.item and distinct(argument) end
  return argument == true or small(argument)
end
arguments[15] = function(list, depth)
  return not list.item and #list > 1 and list[1] and #list < 16 and branches(list, depth)
end
arguments[32] = function(list, depth) return not list.item and #list == 1 and branches(list, depth) end
arguments[34] = function(entries) return not entries.item and single(entries) and knows_values(entries[1][2]) end
arguments[35] = function(entries)
  local copied <const> = not entries.item and single(entries) and entries[1][2]
  return copied and #copied == 1 and values[copied[1]] and copied[1] ~= "strict_order" and copied[1] ~= "image_digest"
end

function sequence(list, depth)
  if depth > 8 or #list == 0 or #list > 256 then return false end
  for _, command in ipairs(list) do
    local code <const>, argument <const> = command[1], command[2]
    if plain[code] then
      if argument ~= nil and not (small(argument) and argument < 16) then return false end
    elseif not (arguments[code] and argument ~= nil and arguments[code](argument, depth)) then
      return false
    end
  end
  return true
end

local function manifest(one, id)
  if one.id ~= id or one.fields or one.edits or one.depends or one.severed or #one.components == 0 then return false end
  local seen <const> = {}
  for _, name in ipairs(one.components) do
    if not names[name] or seen[name] then return false end
    seen[name] = true
  end
  if one.shared and not sequence(one.shared, 0) then return false end
  for label, list in pairs(one.sections) do
    if label == 8 or label == 9 or not sequence(list, 0) then return false end
  end
  return true
end

local function knows_host(case)
  if case.host or case.edits or case.grand or case.procedure == "invocation" or case.held.child then return false end
  for rule in pairs(case.rules) do
    if not rules[rule] then return false end
  end
  for name, bytes in pairs(case.contents) do
    if not names[name] or #bytes > 3 then return false end
  end
  return true
end

local function knows_dependency(case)
  local root <const>, child <const> = case.root, case.child
  if not child then return root.dependency == nil end
  return root.dependency == #root.components and child.dependency == nil and manifest(child, "child")
end

--- Whether the oracle covers a case.
function covered.is(case)
  return knows_host(case) and manifest(case.root, "root") and knows_dependency(case)
end

local function text(ok, reason, failure, contents)
  local parts <const> = { ok and "ok" or "reason " .. reason }
  if failure then parts[2] = ("at %d:%d component %d"):format(table.unpack(failure)) end
  local sorted <const> = {}
  for name in pairs(contents) do sorted[#sorted + 1] = name end
  table.sort(sorted)
  for _, name in ipairs(sorted) do parts[#parts + 1] = ("%s=%q"):format(name, contents[name]) end
  return table.concat(parts, " ")
end

--- What the oracle says against what the processor did.
-- @tparam table case covered, and encoded
-- @tparam table outcome
-- @tparam table contents after it
-- @treturn ?string how they differ
function covered.differs(case, outcome, contents)
  local child <const> = case.child
  local bytes <const>, envelope <const> = child and child.bytes, child and child.envelope
  build.envelope(case)
  if child then child.bytes, child.envelope = bytes, envelope end
  local wanted <const>, failure <const> = interpret.run(case), outcome.failure
  local place <const> = failure and { failure.section, failure.offset, failure.component_index }
  local said <const> = text(wanted.ok, wanted.reason, wanted.place, wanted.contents)
  local found <const> = text(outcome.ok, outcome.reason, place, contents)
  if said == found then return nil end
  return ("the oracle says %s, the processor %s (%s)"):format(said, found, outcome.message or "")
end

return covered
