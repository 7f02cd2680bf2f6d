--- What a procedure changes, kept so that a sequence that failed can be taken out of it again
-- (draft-ietf-suit-manifest sections 8.4.8.15 and 8.4.10.2).
-- A driver holds one change of a component in a transaction, the last: what a sequence has replaced is gone.
-- @module teep.suit.transaction
local errors <const> = require "teep.errors"

local Transaction = {}
Transaction.__index = Transaction

--- Changes of a transaction of the driver; none yet.
-- @tparam Txn txn
-- @treturn Transaction
-- @usage local mark = changes:mark()
-- changes:set(contents, "app", found)
-- assert(changes:take_back(mark))
function Transaction.new(txn)
  return setmetatable({ txn = txn, staged = {}, count = 0 }, Transaction)
end

--- Set a field of some table, so that it can be taken back to a mark.
function Transaction:set(where, key, value)
  local log <const>, before <const> = self.log, where[key]
  if log and before ~= value then
    local count <const> = self.count
    log[count + 1], log[count + 2], log[count + 3] = where, key, before
    self.count = count + 3
  end
  where[key] = value
end

--- Stage a component anew.
-- @tparam {string,...} id
-- @tparam string name its text form
-- @treturn[1] Slot
-- @treturn[2] nil, string, string codes of the driver
function Transaction:stage(id, name)
  local slot <const>, message <const>, code <const> = self.txn:stage(id)
  if not slot then return slot, message, code end
  self:set(self.staged, name, { id = id, name = name, slot = slot })
  return slot
end

--- Remove a component.
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string codes of the driver
function Transaction:remove(id, name)
  local ok <const>, message <const>, code <const> = self.txn:remove(id)
  if not ok then return ok, message, code end
  self:set(self.staged, name, { id = id, name = name })
  return true
end

--- How far the changes have come. Those before the first mark need not be remembered.
-- @treturn integer for @{take_back}
function Transaction:mark()
  self.log = self.log or {}
  return self.count
end

-- Staging replaces a removal, and a slot that is aborted leaves its component as it was before.
local function leave_out(txn, change)
  if not change.slot then
    local slot <const>, message <const>, code <const> = txn:stage(change.id)
    if not slot then return slot, message, code end
    slot:abort()
    return true
  end
  change.slot:abort()
  return true
end

local function restore(self, change)
  local before <const> = self.staged[change.name]
  if not before then return leave_out(self.txn, change) end
  if not before.slot then return self.txn:remove(change.id) end
  return errors.fail("operation_failed", "what was stored in %s before has been replaced by a sequence that "
    .. "failed", change.name)
end

--- Take back all that was changed since a mark. What had been staged before, and was replaced, cannot be
-- brought back: then the procedure has to end.
-- @tparam integer mark
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `operation_failed`, codes of the driver
function Transaction:take_back(mark)
  local log <const>, staged <const> = self.log, self.staged
  local names <const>, changes <const> = {}, {}
  for at = self.count - 3, mark, -3 do
    local where <const>, key <const> = log[at + 1], log[at + 2]
    if where == staged and not changes[key] then names[#names + 1], changes[key] = key, where[key] end
    where[key] = log[at + 3]
  end
  self.count = mark
  for _, name in ipairs(names) do
    local ok <const>, message <const>, code <const> = restore(self, changes[name])
    if not ok then return ok, message, code end
  end
  return true
end

return Transaction
