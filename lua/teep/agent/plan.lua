--- What a procedure changes: rows of the ledger, and the components that follow from them.
-- The manifest at work and the dependencies it brings are put in the ledger; dependencies that nobody needs
-- any more are dropped. A component that no manifest holds afterwards is removed.
-- @module teep.agent.plan
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local intent <const> = require "teep.agent.intent"
local ledger <const> = require "teep.agent.ledger"

local plan = {}

local ID <const> = "manifest_component_id"

-- The bytes of a component before and after; true when there are any before.
local function add_change(self, id, to)
  if ledger.find(self.changes, "component_id", id) then return true end
  local from, message, code = intent.measure(self.book.driver, id)
  if not from then return nil, message, code end
  if from ~= "" or to ~= "" then table.insert(self.changes, { component_id = id, from = from, to = to }) end
  return from ~= ""
end

local function among(list, id)
  for _, other in ipairs(list) do
    if component_id.equal(other, id) then return true end
  end
  return false
end

-- Components that a manifest names without writing them are held as they are.
local function hold(self, row, id)
  local found, message, code = self.book.driver:probe(id)
  if found then
    table.insert(row.components, { component_id = id, digest = found.digest,
      digest_algorithm = found.digest_algorithm, size = found.size })
  elseif code ~= "not_found" then
    return nil, message, code
  end
  return true
end

local function fill(self, row, verified, part)
  row.components = {}
  for _, component in ipairs(part.installed) do
    table.insert(row.components, component)
    local _, message, code = add_change(self, component.component_id, component.digest)
    if code then return nil, message, code end
  end
  for i, id in ipairs(verified.components) do
    local known = verified.manifest.dependencies[i - 1] or ledger.find(row.components, "component_id", id)
    if not known and not among(part.unlinked, id) then
      local ok, message, code = hold(self, row, id)
      if not ok then return nil, message, code end
    end
  end
  return true
end

local function edges(outcome, identity)
  local list = {}
  for _, each in ipairs(outcome.dependencies) do
    local lives = not each.removed and not each.unlinked_by_dependent
    if lives and component_id.equal(each.dependent, identity) then
      list[#list + 1] = { component_id = each.component_id, manifest_component_id = each.verified.identity }
    end
  end
  return #list > 0 and list or nil
end

local function add_row(self, row, verified, part)
  local ok, message, code = fill(self, row, verified, part)
  if not ok then return nil, message, code end
  row.dependencies = edges(self.outcome, verified.identity)
  table.insert(self.rows, row)
  ledger.put(self.after, ID, row)
  return true
end

local function add_dependencies(self, row)
  local taken = { [row.slot] = true }
  for _, each in ipairs(self.outcome.dependencies) do
    local verified = each.verified
    local lives = not each.removed and not each.unlinked_by_dependent
    if lives and not ledger.find(self.rows, ID, verified.identity) then
      local slot, message, code = self.keep(verified.envelope.bytes, taken)
      if not slot then return nil, message, code end
      taken[slot] = true
      local known = self.book:manifest(verified.identity)
      local ok, why, what = add_row(self, { manifest_component_id = verified.identity,
        sequence_number = verified.sequence_number, digest = verified.digest.bytes, kid = verified.kid,
        tam_uri = row.tam_uri, slot = slot, brought = not known or known.brought or nil }, verified, each)
      if not ok then return nil, why, what end
    end
  end
  return true
end

-- Dependencies that were brought by others and that nobody needs now, until there is none left.
local function drop_orphans(self)
  local again = true
  while again do
    again = false
    for i, row in ipairs(self.after) do
      if row.brought and not ledger.depend(self.after, row[ID]) then
        table.insert(self.dropped, row[ID])
        table.remove(self.after, i)
        again = true
        break
      end
    end
  end
end

local function held(self, id)
  for _, row in ipairs(self.after) do
    if ledger.find(row.components, "component_id", id) then return true end
  end
  return false
end

-- `staged`: the procedure has removed it in its transaction already.
local function release(self, id, staged)
  if held(self, id) then return true end
  local there, message, code = add_change(self, id, "")
  if code then return nil, message, code end
  if there and not staged then return self.txn:remove(id) end
  return true
end

local function release_unlinked(self)
  for _, part in ipairs{ self.outcome, table.unpack(self.outcome.dependencies) } do
    for _, id in ipairs(part.unlinked) do
      local ok, message, code = release(self, id, true)
      if not ok then return nil, message, code end
    end
  end
  return true
end

local function release_left(self)
  for _, row in ipairs(self.book.state.manifests) do
    local _, new = ledger.find(self.after, ID, row[ID])
    for _, component in ipairs(new ~= row and row.components or {}) do
      local ok, message, code = release(self, component.component_id, false)
      if not ok then return nil, message, code end
    end
  end
  return true
end

local function new_numbers(self)
  local count = 0
  for _, row in ipairs(self.rows) do
    if not self.book:sequence_number(row[ID]) then count = count + 1 end
  end
  return count
end

-- What dependencies bring was not known before.
local function check_room(self, limits)
  if #self.book.state.sequence_numbers + new_numbers(self) > limits.known then
    return errors.fail("limit_reached", "known manifests: limit is %d", limits.known)
  end
  local seen, count = {}, 0
  for _, row in ipairs(self.after) do
    for _, component in ipairs(row.components) do
      local text = component_id.format(component.component_id)
      count = count + (seen[text] and 0 or 1)
      seen[text] = true
    end
  end
  if #self.after > limits.installed then
    return errors.fail("limit_reached", "installed manifests: limit is %d", limits.installed)
  end
  if count > limits.components then
    return errors.fail("limit_reached", "installed components: limit is %d", limits.components)
  end
  return true
end

--- Lay out the changes that follow from an outcome.
-- @tparam Ledger book
-- @tparam table given `txn`, `outcome`, `row` (of the manifest at work), `verified` (nil: it is not known any
--   more), `installing`, `keep` (`keep(envelope, taken) -> slot`), `limits` of the agent
-- @treturn[1] table wanted of @{teep.agent.intent.record}
-- @treturn[2] nil, string, string message and code: `limit_reached`, codes of the driver
function plan.of(book, given)
  local row, outcome = given.row, given.outcome
  local manifests = book.state.manifests
  local self = { book = book, txn = given.txn, outcome = outcome, keep = given.keep, rows = {}, dropped = {},
    changes = {}, after = table.move(manifests, 1, #manifests, 1, {}) }
  local ok, message, code = true, nil, nil
  if given.installing then
    ok, message, code = add_row(self, row, given.verified, outcome)
    if ok then ok, message, code = add_dependencies(self, row) end
    if ok then ok, message, code = check_room(self, given.limits) end
  else
    ledger.drop(self.after, ID, row[ID])
  end
  if not ok then return nil, message, code end
  drop_orphans(self)
  ok, message, code = release_unlinked(self)
  if ok then ok, message, code = release_left(self) end
  if not ok then return nil, message, code end
  return { manifest_component_id = row[ID], changes = self.changes, dropped = self.dropped,
    manifest = table.remove(self.rows, 1), dependencies = self.rows }
end

return plan
