--- A change of components that survives a crash at any moment.
-- The intent (manifest, and for each component the digest before and after) is durable before the
-- driver commits. Whatever happens then, the stored bytes decide: `settle` measures them with
-- `driver:probe`. All new: the manifest is recorded. All old: nothing happened. Anything else (torn
-- bytes, or a back end that commits one component after the other and stopped half way): the manifest
-- is dropped, its components are removed and requested again. The same way is taken when nothing went
-- wrong, so the bytes are measured after every write.
-- An empty digest stands for "no such component".
-- @module teep.agent.intent
local component_id <const> = require "teep.component_id"
local ledger <const> = require "teep.agent.ledger"

local intent = {}

--- Digest of the stored bytes of a component, `""` when there is no such component.
-- @tparam table driver
-- @tparam {string,...} id
-- @treturn[1] string digest
-- @treturn[2] nil, string, string message and code of the driver
function intent.measure(driver, id)
  local state, message, code = driver:probe(id)
  if state then return state.digest end
  if code == "not_found" then return "" end
  return nil, message, code
end

local function judge(driver, changes)
  local old, new, lost = true, true, {}
  for _, change in ipairs(changes) do
    local digest, message, code = intent.measure(driver, change.component_id)
    if not digest then return nil, message, code end
    old = old and digest == change.from
    new = new and digest == change.to
    if digest ~= change.from and digest ~= change.to then lost[#lost + 1] = change.component_id end
  end
  return new and "done" or old and "undone" or "broken", lost
end

local function raise(state, row)
  local _, known = ledger.find(state.sequence_numbers, "manifest_component_id", row.manifest_component_id)
  if known and not math.ult(known.sequence_number, row.sequence_number) then return end
  ledger.put(state.sequence_numbers, "manifest_component_id",
    { manifest_component_id = row.manifest_component_id, sequence_number = row.sequence_number })
end

local function without(list, id)
  local rest = {}
  for _, other in ipairs(list) do
    if not component_id.equal(other, id) then rest[#rest + 1] = other end
  end
  return rest
end

local function put(state, row)
  ledger.put(state.manifests, "manifest_component_id", row)
  raise(state, row)
  for _, component in ipairs(row.components) do
    ledger.drop(state.requested, "component_id", component.component_id)
    state.broken = without(state.broken, component.component_id)
  end
end

-- The manifest and the dependencies it brings; none when it is uninstalled.
local function rows_of(wanted)
  return { wanted.manifest, table.unpack(wanted.dependencies or {}) }
end

-- Identifiers of manifests that are uninstalled, dependencies that nobody needs any more among them.
local function gone_by(wanted)
  local list = table.move(wanted.dropped or {}, 1, #(wanted.dropped or {}), 1, {})
  if not wanted.manifest then list[#list + 1] = wanted.manifest_component_id end
  return list
end

local apply = {}

function apply.undone() end

function apply.done(state, wanted)
  ledger.drop(state.unneeded, "manifest_component_id", wanted.manifest_component_id)
  for _, id in ipairs(gone_by(wanted)) do
    ledger.drop(state.manifests, "manifest_component_id", id)
  end
  for _, row in ipairs(rows_of(wanted)) do put(state, row) end
end

local function holds(row, ids)
  for _, id in ipairs(ids) do
    if ledger.find(row.components, "component_id", id) then return true end
  end
  return false
end

local function contains(ids, id)
  for _, other in ipairs(ids) do
    if component_id.equal(other, id) then return true end
  end
  return false
end

-- Takes the manifests of the intent, and all others that hold a lost component, out of the ledger.
local function drop_manifests(state, wanted, lost)
  local kept, dropped, at_work = {}, {}, gone_by(wanted)
  for _, row in ipairs(rows_of(wanted)) do at_work[#at_work + 1] = row.manifest_component_id end
  for _, row in ipairs(state.manifests) do
    local gone = contains(at_work, row.manifest_component_id) or holds(row, lost)
    table.insert(gone and dropped or kept, row)
    if gone then ledger.drop(state.unneeded, "manifest_component_id", row.manifest_component_id) end
  end
  state.manifests = kept
  return dropped
end

local function mark(state, id, tam_uri)
  for _, row in ipairs(state.manifests) do
    if holds(row, { id }) then return end
  end
  state.broken = without(state.broken, id)
  table.insert(state.broken, id)
  if tam_uri then ledger.put(state.requested, "component_id", { component_id = id, tam_uri = tam_uri }) end
end

function apply.broken(state, wanted, lost)
  for _, row in ipairs(drop_manifests(state, wanted, lost)) do
    local uninstalled = contains(gone_by(wanted), row.manifest_component_id)
    for _, component in ipairs(row.components) do
      mark(state, component.component_id, not uninstalled and row.tam_uri or nil)
    end
  end
  for _, change in ipairs(wanted.changes) do
    mark(state, change.component_id, wanted.manifest and change.to ~= "" and wanted.manifest.tam_uri or nil)
  end
end

--- Remove broken components; what cannot be removed stays listed as broken.
local function sweep(book)
  local driver, left = book.driver, {}
  if #book.state.broken == 0 then return true end
  local txn, message, code = driver:txn()
  if not txn then return nil, message, code end
  for _, id in ipairs(book.state.broken) do
    if intent.measure(driver, id) ~= "" then txn:remove(id) end
  end
  txn:commit()
  for _, id in ipairs(book.state.broken) do
    if intent.measure(driver, id) ~= "" then left[#left + 1] = id end
  end
  return book:change(function(state) state.broken = left end)
end

--- Record a change before it is committed.
-- @tparam Ledger book
-- @tparam table wanted `{ manifest_component_id, manifest = row or nil (uninstall), dependencies = rows it
--   brings, dropped = identifiers of manifests that go, changes = { { component_id, from, to } } }`
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code of the driver
function intent.record(book, wanted)
  return book:change(function(state) state.intent = wanted end)
end

--- Settle the recorded intent by the bytes that are there; does nothing without one.
-- @tparam Ledger book
-- @treturn[1] string `done`, `undone` or `broken`; `none` without an intent
-- @treturn[2] nil, string, string message and code of the driver; the intent stays, to be settled later
function intent.settle(book)
  local wanted, verdict = book.state.intent, "none"
  if wanted then
    local found, lost, code = judge(book.driver, wanted.changes)
    if not found then return nil, lost, code end
    verdict = found
    local ok, message
    ok, message, code = book:change(function(state)
      apply[verdict](state, wanted, lost)
      state.intent = nil
    end)
    if not ok then return nil, message, code end
  end
  local _, message, code = sweep(book)
  if code then return nil, message, code end
  return verdict
end

return intent
