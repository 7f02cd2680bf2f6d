--- Conditions and directives of the oracle, by code: `run[code](self, manifest, index)`.
local dependency <const> = require "suit.oracle.dependency"
local generate <const> = require "suit.oracle.generate"
local tree <const> = require "suit.oracle.tree"

local function held(self, name) return self.case.held[name] or false end

local function touch(self, kind, name)
  if self.strict then return end
  self[kind][name] = true
  if self.written[name] and self.read[name] then tree.abort(tree.POLICY) end
end

-- `trusted`: the bytes are those of the manifests, or were compared with what these say.
local function store(self, manifest, index, bytes, trusted)
  local name <const> = tree.name(manifest, index)
  if index == manifest.dependency then
    if self.entered then tree.abort(tree.POLICY) end
    self.checked = nil
  end
  touch(self, "written", name)
  local limit <const> = self.values_of(manifest, index).image_size
  -- An envelope is larger than any of the sizes.
  if limit and (bytes == self.case.child or #bytes > limit) then tree.abort(tree.OPERATION) end
  self.contents[name] = bytes
  self.open[name] = not trusted and { self.section, self.offset, self.index } or nil
  if index ~= manifest.dependency then self.staged[name] = { bytes = true } end
  self.streamed[name] = index ~= manifest.dependency and not (self.retained.all or self.retained[name])
end

-- Held by others: fine when nothing would change, else refused.
local function blocked(self, manifest, index, bytes)
  local name <const> = tree.name(manifest, index)
  if index == manifest.dependency or not held(self, name) then return false end
  if bytes == nil or self.contents[name] ~= bytes then tree.abort(tree.OPERATION) end
  return true
end

local run = {}

-- The child is in the tree as a table of itself; what is stored in its place by other means is not a manifest.
local function digest_of(self, manifest, index)
  local bytes <const> = self.contents[tree.name(manifest, index)]
  if index ~= manifest.dependency or bytes == nil then return bytes end
  if bytes == self.case.child then return "child" end
  tree.abort(tree.CBOR)
end

local function image(self, manifest, index)
  local values <const> = self.values_of(manifest, index)
  if not values.image_digest then tree.unmet() end
  local found <const> = digest_of(self, manifest, index)
  if found == nil then tree.unmet() end
  return found == values.image_digest,
    index == manifest.dependency or not values.image_size or values.image_size == #self.contents[tree.name(manifest, index)]
end

run[3] = function(self, manifest, index)
  local same <const>, fits <const> = image(self, manifest, index)
  if not (same and fits) then tree.unmet() end
  if index ~= manifest.dependency then self.open[tree.name(manifest, index)] = nil end
end
run[25] = function(self, manifest, index)
  if image(self, manifest, index) then tree.unmet() end
end
run[6] = function(self, manifest, index)
  local wanted <const>, found <const> = self.values_of(manifest, index).content, self.contents[tree.name(manifest, index)]
  if wanted == nil or found ~= wanted then tree.unmet() end
  if index ~= manifest.dependency then self.open[tree.name(manifest, index)] = nil end
end
run[5] = function(self, manifest, index)
  local slots <const> = { a = 0, b = 1, c = 2 }
  local wanted <const> = self.values_of(manifest, index).component_slot
  if wanted == nil or slots[tree.name(manifest, index)] ~= wanted then tree.unmet() end
end
run[8] = function(_, manifest, index)
  if index ~= manifest.dependency then tree.unmet() end
end
run[14] = tree.unmet

run[18] = function(self, manifest, index)
  local bytes <const> = self.values_of(manifest, index).content
  if bytes == nil then tree.abort(tree.PARAMETER) end
  if not blocked(self, manifest, index, bytes) then store(self, manifest, index, bytes, true) end
end

run[21] = function(self, manifest, index)
  local values <const> = self.values_of(manifest, index)
  if not values.uri then tree.abort(tree.PARAMETER) end
  if manifest.dependency and index ~= manifest.dependency and self.contents.child == nil
    and not self.case.rules.lenient_completeness then
    tree.abort(tree.POLICY)
  end
  if index ~= manifest.dependency and held(self, tree.name(manifest, index)) then
    local digest <const> = values.image_digest
    if digest == nil or self.contents[tree.name(manifest, index)] ~= digest then tree.abort(tree.OPERATION) end
    return
  end
  local own <const> = manifest.id == "root"
  local bytes = generate.network[values.uri] or own and generate.integrated[values.uri]
  if own and values.uri == "#child" then bytes = self.case.child end
  if not bytes and values.uri:sub(1, 1) == "#" then tree.abort(tree.OPERATION) end
  if not bytes then tree.abort(tree.OPERATION) end
  store(self, manifest, index, bytes, false)
end

-- A source belongs to the manifest that named it.
local function source(self, manifest, index)
  local from <const> = self.values_of(manifest, index).source_component
  if not from then tree.abort(tree.PARAMETER) end
  local name <const> = tree.name(from.manifest, from.index)
  touch(self, "read", name)
  if self.contents[name] == nil or self.streamed[name] then tree.abort(tree.OPERATION) end
  return from, name, self.contents[name]
end

run[22] = function(self, manifest, index)
  local _ <const>, from <const>, bytes <const> = source(self, manifest, index)
  local name <const> = tree.name(manifest, index)
  if held(self, name) then
    if self.contents[name] ~= bytes then tree.abort(tree.OPERATION) end
    return
  end
  store(self, manifest, index, bytes, not self.open[from])
end

run[31] = function(self, manifest, index)
  local from <const>, name <const>, bytes <const> = source(self, manifest, index)
  if index == manifest.dependency or from.index == from.manifest.dependency then tree.abort(tree.POLICY) end
  local own <const> = tree.name(manifest, index)
  if held(self, own) or held(self, name) then tree.abort(tree.OPERATION) end
  touch(self, "written", name)
  local before <const> = self.contents[own]
  if before == nil or self.streamed[own] then tree.abort(tree.OPERATION) end
  local there <const>, here <const> = not self.open[name], not self.open[own]
  store(self, manifest, index, bytes, there)
  store(self, from.manifest, from.index, before, here)
end

run[33] = function(self, manifest, index)
  if index == manifest.dependency then return dependency.give_up(self, manifest) end
  local name <const> = tree.name(manifest, index)
  if held(self, name) then return end
  self.contents[name], self.streamed[name], self.open[name] = nil, nil, nil
  self.staged[name] = {}
end

run[7] = function(self, manifest, index)
  if index ~= manifest.dependency then tree.abort(tree.POLICY) end
  dependency.verify(self, manifest)
end

run[11] = function(self, manifest, index)
  if index ~= manifest.dependency then tree.abort(tree.POLICY) end
  if self.section == 24 then return dependency.give_up(self, manifest) end
  if self.given_up then tree.abort(tree.POLICY) end
  if not self.checked then
    if not self.case.rules.lenient_integrity then tree.abort(tree.UNAUTHORISED) end
    dependency.verify(self, manifest)
  end
  dependency.enter(self)
  self.ran[self.section] = true
  dependency.dive(self, self.section)
end

return run
