--- Trees of the generator: indices, names, and how a sequence ends.
local tree = {}

--- Reasons of a SUIT Report.
tree.CBOR, tree.UNAUTHORISED, tree.POLICY, tree.COMPONENT = 1, 4, 5, 6
tree.PARAMETER, tree.CONDITION, tree.OPERATION = 8, 10, 11

--- Sections of the procedures, and of all there are the order in which they are looked through.
tree.order = { update = { 15, 16, 18, 20, 7 }, uninstall = { 24 } }
tree.sections = { 7, 8, 9, 15, 16, 18, 20, 24 }

--- End everything.
function tree.abort(reason) error({ reason = reason }, 0) end

--- End a sequence: a condition does not hold.
function tree.unmet() error({ reason = tree.CONDITION, condition = true }, 0) end

--- Which indices there are.
function tree.all(manifest)
  local list <const> = {}
  for i = 1, #manifest.components do list[i] = i - 1 end
  list[#list + 1] = manifest.dependency
  return list
end

--- Whether an index is one of them.
function tree.exists(manifest, index)
  return index < #manifest.components or index == manifest.dependency
end

--- Name of a component; of the dependency it is `child`.
function tree.name(manifest, index)
  return index == manifest.dependency and "child" or manifest.components[index + 1]
end

local function each(list, visit)
  for _, command in ipairs(list) do
    visit(command)
    for _, branch in ipairs((command[1] == 15 or command[1] == 32) and command[2] or {}) do
      if branch then each(branch, visit) end
    end
  end
end

--- From now on what this manifest names as a source is kept while it is stored, so that it can be read again; all
-- components where there is a swap. What was stored before is not.
function tree.retain(self, manifest)
  local lists <const> = { manifest.shared }
  for _, list in pairs(manifest.sections) do lists[#lists + 1] = list end
  for _, list in ipairs(lists) do
    each(list, function(command)
      local values <const> = command[1] == 34 and command[2][1][2] or command[2]
      local from <const> = type(values) == "table" and values.source_component
      if from then self.retained[tree.name(manifest, from)] = true end
      if command[1] == 31 then self.retained.all = true end
    end)
  end
end

return tree
