--- What is installed, by which manifest, and what is still to be done.
-- The ledger is the agent's memory (most TEEs can neither list nor remove): manifests, the
-- components they hold (edges), the highest sequence number of every manifest ever installed,
-- pending requests and unneeded manifests, recent Update tokens, and the intent of a change under
-- way. It changes in whole states: a new state is stored first and becomes the ledger then, so what
-- is remembered and what is durable never differ. Rows are never changed in place.
-- @module teep.agent.ledger
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local record <const> = require "teep.agent.record"

local NAME <const> = "ledger"

local Ledger = {}
Ledger.__index = Ledger

local ledger = {}

--- Read the ledger of a driver, or begin an empty one.
-- @tparam table driver
-- @treturn[1] Ledger
-- @treturn[2] nil, string, string message and code: `corrupt`, or a code of `driver:seal_get`
-- @usage local book = assert(ledger.open(driver))
function ledger.open(driver)
  local self = setmetatable({ driver = driver, state = record.empty(), size = 0 }, Ledger)
  local stored, message, code = driver:seal_get(NAME)
  if code == "not_found" then return self end
  if not stored then return nil, message, code end
  local state, reason = record.decode(stored)
  if not state then return errors.fail("corrupt", "%s", reason) end
  self.state, self.size = state, #stored
  return self
end

local function copy(state)
  local next = {}
  for name, value in pairs(state) do
    next[name] = name ~= "intent" and type(value) == "table" and table.move(value, 1, #value, 1, {}) or value
  end
  return next
end

--- Change the ledger: durable first, then true.
-- @tparam function edit `edit(state)` changes a copy of the state (lists may be changed, rows are replaced)
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code of the driver; the ledger is as before
function Ledger:change(edit)
  local next = copy(self.state)
  edit(next)
  local stored, message, code = record.encode(next)
  if not stored then return nil, message, code end
  local ok
  ok, message, code = self.driver:seal_put(NAME, stored)
  if not ok then return nil, message, code end
  self.state, self.size = next, #stored
  return true
end

--- Position and row of an identifier in one of the lists of a state.
-- @tparam table list
-- @tparam string field `component_id` or `manifest_component_id`
-- @tparam {string,...} id
-- @treturn[1] integer,table
-- @treturn[2] nil
function ledger.find(list, field, id)
  for i, row in ipairs(list) do
    if component_id.equal(row[field], id) then return i, row end
  end
end

--- Remove the row of an identifier from a list of a state, if it is there.
function ledger.drop(list, field, id)
  local i = ledger.find(list, field, id)
  if i then table.remove(list, i) end
end

--- Put a row in the place of the one with the same identifier, or at the end.
function ledger.put(list, field, row)
  list[ledger.find(list, field, row[field]) or #list + 1] = row
end

--- The installed manifest of this identifier, or nil.
function Ledger:manifest(id)
  local _, row = ledger.find(self.state.manifests, "manifest_component_id", id)
  return row
end

local function slot_name(slot) return "manifest-" .. slot end

--- Store an envelope in a slot that no manifest uses.
-- Envelopes lie beside the ledger so that it stays small; slots are used again, so their number is bounded.
-- @tparam string envelope
-- @tparam[opt] {[integer]=boolean,...} taken slots of the change under way
-- @treturn[1] integer slot
-- @treturn[2] nil, string, string message and code of the driver
function Ledger:store(envelope, taken)
  local used, slot = {}, 1
  for other in pairs(taken or {}) do used[other] = true end
  for _, row in ipairs(self.state.manifests) do used[row.slot] = true end
  while used[slot] do slot = slot + 1 end
  local ok, message, code = self.driver:seal_put(slot_name(slot), envelope)
  if not ok then return nil, message, code end
  return slot
end

--- The envelope stored in a slot.
-- @tparam integer slot
-- @treturn[1] string envelope
-- @treturn[2] nil, string, string message and code of the driver
function Ledger:envelope(slot) return self.driver:seal_get(slot_name(slot)) end

--- The highest sequence number ever accepted for a manifest, kept after uninstall, or nil.
-- @treturn ?integer bit pattern of an unsigned number
function Ledger:sequence_number(id)
  local _, row = ledger.find(self.state.sequence_numbers, "manifest_component_id", id)
  return row and row.sequence_number
end

--- The manifests that hold a component.
-- @tparam {string,...} id of the component
-- @treturn {{manifest=table,component=table},...}
function Ledger:holders(id)
  local found = {}
  for _, row in ipairs(self.state.manifests) do
    local _, component = ledger.find(row.components, "component_id", id)
    if component then found[#found + 1] = { manifest = row, component = component } end
  end
  return found
end

local function among(list, id)
  for _, other in ipairs(list) do
    if component_id.equal(other, id) then return true end
  end
  return false
end

--- Whether a list of manifests depends on one.
-- @tparam {table,...} rows
-- @tparam {string,...} id of a manifest
-- @tparam[opt] {{string,...},...} except identifiers of manifests that do not count
function ledger.depend(rows, id, except)
  for _, row in ipairs(rows) do
    local counts = not among(except or {}, row.manifest_component_id)
    if counts and ledger.find(row.dependencies or {}, "manifest_component_id", id) then return true end
  end
  return false
end

--- Whether a component or a manifest has to stay: another manifest holds or needs it, or it was sent by
-- itself.
-- @tparam {string,...} id of the component or manifest
-- @tparam {{string,...},...} except identifiers of manifests that do not count
-- @treturn boolean
function Ledger:kept(id, except)
  for _, holder in ipairs(self:holders(id)) do
    if not among(except, holder.manifest.manifest_component_id) then return true end
  end
  local own = self:manifest(id)
  local by_itself = own and not own.brought and not among(except, id)
  return by_itself or ledger.depend(self.state.manifests, id, except)
end

--- The manifest installed as a dependency of another.
-- @tparam {string,...} id of the component that stands for it
-- @tparam {string,...} dependent identifier of the manifest that depends on it
-- @treturn ?table row
function Ledger:dependency(id, dependent)
  local row = self:manifest(dependent)
  local _, edge = ledger.find(row and row.dependencies or {}, "component_id", id)
  return self:manifest(edge and edge.manifest_component_id or id)
end

--- Every installed component once, with the manifests that hold it.
-- @treturn {{component=table,manifests={table,...}},...} in order of installation
function Ledger:components()
  local list, by_text = {}, {}
  for _, row in ipairs(self.state.manifests) do
    for _, component in ipairs(row.components) do
      local text = component_id.format(component.component_id)
      if not by_text[text] then
        by_text[text] = { component = component, manifests = {} }
        list[#list + 1] = by_text[text]
      end
      table.insert(by_text[text].manifests, row)
    end
  end
  return list
end

local function tokens_of(state, kid)
  for i, row in ipairs(state.update_tokens) do
    if row.kid == kid then return i, row.tokens end
  end
end

--- Whether an Update with this token of this TAM came to its end before.
function Ledger:seen(kid, token)
  local _, tokens = tokens_of(self.state, kid)
  for _, seen in ipairs(tokens or {}) do
    if seen == token then return true end
  end
  return false
end

--- Remember the token of an Update that came to its end.
-- An unlink-only Update has no sequence number that would stop its replay (T-172, ambiguity A-28).
-- @tparam string kid of the TAM
-- @tparam string token
-- @tparam integer keep how many recent tokens of a TAM are remembered
function Ledger:remember(kid, token, keep)
  return self:change(function(state)
    local i, tokens = tokens_of(state, kid)
    tokens = table.move(tokens or {}, 1, #(tokens or {}), 1, {})
    tokens[#tokens + 1] = token
    while #tokens > keep do table.remove(tokens, 1) end
    state.update_tokens[i or #state.update_tokens + 1] = { kid = kid, tokens = tokens }
  end)
end

return ledger
