--- The one dependency that a case may have.
local check <const> = require "suit.oracle.static"
local tree <const> = require "suit.oracle.tree"

local dependency = {}

--- dependency-integrity.
function dependency.verify(self, manifest)
  local stated <const> = self.values_of(manifest, manifest.dependency).image_digest
  if not stated then tree.abort(tree.PARAMETER) end
  if self.checked == stated then return end
  local found <const> = self.contents.child
  if found == nil then tree.abort(tree.OPERATION) end
  if found ~= self.case.child then tree.abort(tree.CBOR) end
  if stated ~= "child" then tree.abort(tree.UNAUTHORISED) end
  self.checked = "child"
end

--- Set up the dependency, once.
function dependency.enter(self)
  if self.entered then return end
  local rules <const>, child <const> = self.case.rules, self.case.child
  if self.case.procedure == "update" and not rules.lenient_completeness then
    for _, label in ipairs(tree.order.update) do
      if child.sections[label] and not self.case.root.sections[label] then tree.abort(tree.POLICY) end
    end
  end
  check(child)
  tree.retain(self, child)
  self.entered = true
end

--- A section of the dependency, with order and softness of its own.
function dependency.dive(self, label)
  local soft <const>, strict <const>, written <const>, read <const> = self.soft, self.strict, self.written, self.read
  self.soft = {}
  local ok <const>, thrown <const> = pcall(self.interpret.section, self, self.case.child, label)
  self.soft, self.strict, self.written, self.read = soft, strict, written, read
  if not ok then
    thrown.condition = nil
    error(thrown, 0)
  end
end

--- unlink of the dependency: nothing installed it before, so that only what came in this procedure can be run.
-- One that has been processed stays.
function dependency.give_up(self, manifest)
  if self.given_up then return end
  if self.entered then tree.abort(tree.POLICY) end
  self.given_up = true
  local stated <const> = self.values_of(manifest, manifest.dependency).image_digest
  if self.contents.child ~= self.case.child or stated ~= "child" then return end
  check(self.case.child)
  tree.retain(self, self.case.child)
  self.entered = true
  local section <const> = self.section
  dependency.dive(self, 24)
  self.section = section
end

--- Every section the dependency has was run, as far as it is in use.
function dependency.complete(self, labels)
  if self.case.procedure ~= "update" or self.case.rules.lenient_completeness or self.given_up or not self.checked then return end
  for _, label in ipairs(labels) do
    if self.case.child.sections[label] and not (self.entered and self.ran[label]) then tree.abort(tree.POLICY) end
  end
end

--- At the end it is there, checked and complete.
function dependency.finish(self)
  if not self.case.child or self.case.procedure ~= "update" or self.given_up then return end
  if not self.checked then
    local ok <const>, thrown <const> = pcall(dependency.verify, self, self.case.root)
    if not ok and self.case.rules.lenient_completeness then return end
    if not ok then error(thrown, 0) end
  end
  dependency.enter(self)
  dependency.complete(self, tree.order.update)
end

return dependency
