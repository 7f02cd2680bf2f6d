--- What a case is refused for before anything runs, in the order of the bytes.
local tree <const> = require "suit.oracle.tree"

local NEVER_SHARED <const> = {
  [11] = true, [18] = true, [21] = true, [22] = true, [31] = true, [33] = true, [34] = true, [35] = true,
}
local function check_values(manifest, values)
  if values.source_component and not tree.exists(manifest, values.source_component) then tree.abort(tree.COMPONENT) end
end

local static = {}
static[12] = function(manifest, argument)
  if argument == true then return end
  for _, index in ipairs(type(argument) == "table" and argument or { argument }) do
    if not tree.exists(manifest, index) then tree.abort(tree.COMPONENT) end
  end
end
static[19], static[20] = check_values, check_values
static[34] = function(manifest, entries)
  if not tree.exists(manifest, entries[1][1]) then tree.abort(tree.COMPONENT) end
  check_values(manifest, entries[1][2])
end
static[35] = function(manifest, entries)
  if not tree.exists(manifest, entries[1][1]) then tree.abort(tree.COMPONENT) end
end

local function look(manifest, list, shared, found)
  for _, command in ipairs(list) do
    local code <const> = command[1]
    found.offset = command.offset
    if code == 99 or shared and NEVER_SHARED[code] then tree.abort(tree.POLICY) end
    if static[code] then static[code](manifest, command[2]) end
    if code == 15 or code == 32 then
      for _, branch in ipairs(command[2]) do
        if branch then look(manifest, branch, shared, found) end
      end
    end
  end
end

--- Check all sequences of a manifest.
return function(manifest)
  local several <const> = #tree.all(manifest) > 1
  local function one(list, label, shared)
    local found <const> = { offset = list[1].offset }
    local ok <const>, thrown <const> = pcall(function()
      if several and list[1][1] ~= 12 and list[1][1] ~= 34 then tree.abort(tree.POLICY) end
      look(manifest, list, shared, found)
    end)
    if not ok then
      thrown.place = thrown.place or { label, found.offset, 0 }
      error(thrown, 0)
    end
  end
  if manifest.shared then one(manifest.shared, 3, true) end
  for _, label in ipairs(tree.sections) do
    if manifest.sections[label] then one(manifest.sections[label], label, false) end
  end
end
