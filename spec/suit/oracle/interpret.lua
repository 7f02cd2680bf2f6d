--- What a case of the generator should do, by an interpreter that shares nothing with the processor: trees in place of
-- bytes, errors thrown in place of returned, contents as strings. Written from the drafts and the choices of
-- docs/suit.md. A thrown table is how a sequence ends: `condition` (others may go on) or not.
local check <const> = require "suit.oracle.static"
local dependency <const> = require "suit.oracle.dependency"
local run <const> = require "suit.oracle.commands"
local tree <const> = require "suit.oracle.tree"
local undo <const> = require "suit.oracle.undo"

local interpret = {}

local function machine(case)
  local self = {
    case = case, values = {}, contents = {}, strict = true, written = {}, read = {}, soft = {},
    interpret = interpret, retained = {}, streamed = {}, open = {}, staged = {}, ran = {},
  }
  for name, bytes in pairs(case.contents) do self.contents[name] = bytes end
  function self.values_of(manifest, index)
    local name <const> = tree.name(manifest, index)
    self.values[name] = self.values[name] or {}
    return self.values[name]
  end
  return self
end

local wide = {}
function wide.soft_failure(self, value)
  if #self.soft == 0 then tree.abort(tree.POLICY) end
  self.soft[#self.soft] = value
end
function wide.strict_order(self, value)
  if self.strict and not value then self.written, self.read = {}, {} end
  self.strict = value
end

local function assign(self, manifest, index, values, timid)
  local own <const> = self.values_of(manifest, index)
  for name, value in pairs(values) do
    if wide[name] then
      wide[name](self, value)
    elseif own[name] == nil or not timid then
      own[name] = name == "source_component" and { manifest = manifest, index = value } or value
    end
  end
end

local function expand(manifest, chosen)
  if chosen == true then return tree.all(manifest) end
  return type(chosen) == "table" and chosen or { chosen }
end

-- Sequences nested in another, on one component; the third result is whether its failure may be borne.
local function nested(self, frame, list, soft, index)
  table.insert(self.soft, soft)
  local ok <const>, thrown <const> = pcall(interpret.sequence, self, { manifest = frame.manifest, chosen = index }, list)
  local bearable <const> = table.remove(self.soft)
  if not ok and type(thrown) ~= "table" then error(thrown, 0) end
  return ok, thrown, bearable
end

local flow = {}
flow[12] = function(_, frame, argument) frame.chosen = argument end
for code, timid in pairs{ [19] = true, [20] = false } do
  flow[code] = function(self, frame, values)
    for _, index in ipairs(expand(frame.manifest, frame.chosen)) do assign(self, frame.manifest, index, values, timid) end
  end
end
flow[34] = function(self, frame, entries)
  assign(self, frame.manifest, entries[1][1], entries[1][2], false)
  frame.chosen = entries[1][1]
end
flow[35] = function(self, frame, entries)
  local name <const> = entries[1][2][1]
  local value <const> = self.values_of(frame.manifest, entries[1][1])[name]
  if value == nil then tree.abort(tree.PARAMETER) end
  for _, index in ipairs(expand(frame.manifest, frame.chosen)) do self.values_of(frame.manifest, index)[name] = value end
end

flow[15] = function(self, frame, list)
  for _, index in ipairs(expand(frame.manifest, frame.chosen)) do
    local before <const> = undo.remember(self)
    local last, done
    for _, branch in ipairs(list) do
      undo.go_back(self, before)
      if not branch then done = true break end
      local ok <const>, thrown <const>, bearable <const> = nested(self, frame, branch, true, index)
      if ok then done = true break end
      if not (thrown.condition and bearable) then error(thrown, 0) end
      last = thrown
    end
    if not done then
      if self.case.rules.exhausted_aborts then last.condition = nil end
      error(last, 0)
    end
  end
end

local function mentions_index(list)
  for _, command in ipairs(list) do
    if command[1] == 12 then return true end
    for _, branch in ipairs((command[1] == 15 or command[1] == 32) and command[2] or {}) do
      if branch and mentions_index(branch) then return true end
    end
  end
  return false
end

flow[32] = function(self, frame, list)
  for _, index in ipairs(expand(frame.manifest, frame.chosen)) do
    local strict <const>, written <const>, read <const> = self.strict, self.written, self.read
    local before <const> = undo.remember(self)
    if not strict then
      local rest <const> = table.move(list[1], 2, #list[1], 1, {})
      local preset <const> = type(frame.chosen) ~= "number"
      if preset and mentions_index(list[1]) then tree.abort(tree.POLICY) end
      if not preset and (list[1][1][1] ~= 12 or mentions_index(rest)) then tree.abort(tree.POLICY) end
    end
    self.strict = true
    local ok <const>, thrown <const>, bearable <const> = nested(self, frame, list[1], false, index)
    if not strict then self.strict, self.written, self.read = false, written, read end
    if not ok and not (thrown.condition and bearable) then error(thrown, 0) end
    if not ok then undo.go_back(self, before) end
  end
end

local function located(self, command, index, fn, ...)
  self.offset, self.index = command.offset, index
  local ok <const>, thrown <const> = pcall(fn, ...)
  if ok then return end
  if type(thrown) == "table" then thrown.place = thrown.place or { self.section, command.offset, index } end
  error(thrown, 0)
end

--- Run a sequence.
function interpret.sequence(self, frame, list)
  for _, command in ipairs(list) do
    local code <const>, chosen <const> = command[1], expand(frame.manifest, frame.chosen)
    if flow[code] then
      located(self, command, chosen[1], flow[code], self, frame, command[2])
    else
      for _, index in ipairs(chosen) do
        local skip <const> = (code == 7 or code == 11) and frame.chosen == true and index ~= frame.manifest.dependency
        if not skip then located(self, command, index, run[code], self, frame.manifest, index) end
      end
    end
  end
end

--- Run a section, the shared sequence in front.
function interpret.section(self, manifest, label)
  local list <const> = manifest.sections[label]
  if not list then return end
  self.section = label
  for _, part in ipairs{ manifest.shared or false, list } do
    if part then
      wide.strict_order(self, true)
      interpret.sequence(self, { manifest = manifest, chosen = 0 }, part)
    end
  end
end

local function procedure(self)
  local root <const> = self.case.root
  if self.case.procedure == "update" then
    local something = false
    for _, label in ipairs(tree.order.update) do something = something or root.sections[label] ~= nil end
    if not something then tree.abort(tree.POLICY) end
  end
  check(root)
  tree.retain(self, root)
  for _, label in ipairs(tree.order[self.case.procedure]) do
    interpret.section(self, root, label)
    dependency.complete(self, { label })
  end
  dependency.finish(self)
  for _, name in ipairs{ "a", "b", "c" } do
    if self.open[name] then error({ reason = tree.UNAUTHORISED, place = self.open[name] }, 0) end
  end
end

--- What should come of a case.
-- @treturn table `ok`, `contents`; after a failure `reason`, `place` (`{ section, offset, index }`, nil for none)
function interpret.run(case)
  local self <const> = machine(case)
  local ok <const>, thrown <const> = pcall(procedure, self)
  if not ok and type(thrown) ~= "table" then error(thrown, 0) end
  if not ok then return { ok = false, reason = thrown.reason, place = thrown.place, contents = case.contents } end
  self.contents.child = nil
  for name, bytes in pairs(self.contents) do
    if bytes == case.child then self.contents[name] = case.child.envelope end
  end
  return { ok = true, contents = self.contents }
end

return interpret
