--- Verbs of the memory engine for tokens and Updates; see @{teep.store.sqlite.sessions}.
-- @module teep.store.memory.sessions
local copy <const> = require "teep.store.memory.copy"
local errors <const> = require "teep.errors"
local hex <const> = require "teep.hex"

local sessions = {}

function sessions:spend(hash, expires)
  if self.spent[hash] then return errors.fail("token_spent") end
  self:set(self.spent, hash, expires)
  return true
end

function sessions:update_put(update)
  if self.updates[update.token_hash] then
    return errors.fail("conflict", "store: the token %s has an Update", hex.encode(update.token_hash))
  end
  self:set(self.updates, update.token_hash, copy.record(update))
  return true
end

function sessions:update_take(token_hash)
  local found <const> = self.updates[token_hash]
  if not found then return errors.fail("not_found", "store: no update %s", hex.encode(token_hash)) end
  self:set(self.updates, token_hash, nil)
  return copy.record(found)
end

-- Remove what expired; how many.
local function sweep(self, map, expiry, now)
  local count = 0
  for key, value in pairs(map) do
    if expiry(value) < now then
      self:set(map, key, nil)
      count = count + 1
    end
  end
  return count
end

function sessions:expire(now)
  return {
    spent = sweep(self, self.spent, function(expires) return expires end, now),
    updates = sweep(self, self.updates, function(update) return update.expires end, now),
  }
end

return sessions
