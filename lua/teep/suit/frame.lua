--- One manifest while it runs: its components and dependencies by index, and which of them are chosen.
-- @module teep.suit.frame
local rights <const> = require "teep.suit.rights"

local Frame = {}
Frame.__index = Frame

local first <const>, root <const> = { 0 }, {}

--- A frame.
-- @tparam State state
-- @tparam Verified verified
-- @tparam[opt] Frame parent of which it is the dependency `index`
-- @tparam[opt] integer index
-- @treturn Frame
function Frame.new(state, verified, parent, index)
  local manifest <const> = verified.manifest
  local self <const> = setmetatable({
    verified = verified, manifest = manifest, dependencies = manifest.dependencies,
    positions = manifest.positions, parent = parent, path = root, depth = parent and parent.depth + 1 or 0,
    values = state.values, children = {}, checked = {}, ran = {}, selected = first, all = false,
    preset = false, section = 0,
  }, Frame)
  if parent then
    self.path = table.move(parent.path, 1, #parent.path, 1, {})
    self.path[#self.path + 1] = index
  end
  self.rights = rights.of(verified.signers, state.rights)
  if parent and state.rules.merge_rights then self.rights = rights.merge(self.rights, parent.rights) end
  return self
end

-- Component indices count from 0 on the wire. The identifier of a dependency beyond the components is its
-- prefix (draft-ietf-suit-trust-domains section 5.2.2, as all its examples have it).

--- Identifier of a component or dependency.
function Frame:id(index)
  return self.manifest.components[index + 1] or self.dependencies[index]
end

--- Text form of the identifier.
function Frame:name(index) return self.positions[index] end

--- What the content goes by: an envelope is not the component that has the same identifier elsewhere in the
-- tree. No text form of an identifier begins with a space.
function Frame:key(index)
  local name <const> = self.positions[index]
  return self.dependencies[index] and " " .. name or name
end

-- A signer that may not change a component must not do so by way of the parameters of other manifests.
local function shared(self, index)
  return rights.allow(self.rights, "modify", self:id(index)) and self.values or {}
end

--- Parameters of a component, by name. They are kept by identifier in the whole tree and outlive a section;
-- where the signer may read the component only, the manifest has its own.
function Frame:parameters(index)
  local own = self[index]
  if not own then
    local values <const>, name <const> = shared(self, index), self:name(index)
    own = values[name]
    if not own then
      -- With room for what nearly every manifest sets.
      own = { vendor_identifier = nil, class_identifier = nil, image_digest = nil, image_size = nil,
        uri = nil }
      values[name] = own
    end
    self[index] = own
  end
  return own
end

--- Note that this manifest has set parameters of a component: its signers answer for what is done with them.
function Frame:note(index, name)
  local noted <const> = self.noted or {}
  self.noted = noted
  noted[index] = noted[index] or {}
  noted[index][name] = true
end

--- Which of some parameters this manifest has set for a component.
-- @tparam integer index
-- @tparam {string,...} names
-- @treturn {string,...}
function Frame:own(index, names)
  local list <const>, noted <const> = {}, (self.noted or {})[index] or {}
  for _, name in ipairs(names) do
    if noted[name] then list[#list + 1] = name end
  end
  return list
end

--- Identities of the manifest and of those it is run for: what they hold is theirs to change.
function Frame:lineage()
  if not self.identities then
    local above <const> = self.parent and self.parent:lineage() or root
    self.identities = table.move(above, 1, #above, 2, { self.verified.identity })
  end
  return self.identities
end

--- All indices in ascending order, dependencies included.
function Frame:indices()
  if not self.list then
    self.list = {}
    for index in pairs(self.positions) do self.list[#self.list + 1] = index end
    table.sort(self.list)
  end
  return self.list
end

--- Choose components: an index, a list of indices, or true for all.
function Frame:select(argument)
  if argument == 0 then
    self.selected, self.all, self.preset = first, false, false
    return
  end
  self.all, self.preset = argument == true, argument == true or type(argument) == "table"
  if self.all then
    self.selected = self:indices()
  else
    self.selected = self.preset and argument or { argument }
  end
end

return Frame
