--- Verbs of the SQLite engine for tokens and for Updates under way.
-- @module teep.store.sqlite.sessions
local hex <const> = require "teep.hex"
local errors <const> = require "teep.errors"
local query <const> = require "teep.store.sqlite.query"

local sessions = {}

--- Use up a token or challenge.
-- @tparam string hash of the token
-- @tparam integer expires after that time @{expire} may forget it
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `token_spent`
function sessions:spend(hash, expires)
  local changes <const>, message <const>, code <const> =
    query.changes(self, "INSERT INTO spent VALUES (?, ?) ON CONFLICT DO NOTHING", hash, expires)
  if not changes then return nil, message, code end
  if changes == 0 then return errors.fail("token_spent") end
  return true
end

local function put_update_item(self, token_hash, position, id, sequence_number)
  return query.run(self, "INSERT INTO update_item VALUES (?, ?, CAST(? AS TEXT), ?)",
    token_hash, position, id, sequence_number)
end

local function put_update(self, update)
  local ok, message, code = query.run(self, "INSERT INTO update_sent VALUES (?, ?, ?, ?)",
    update.token_hash, update.agent, update.expires, update.attempt)
  if not ok then return nil, message, code end
  ok, message, code = query.for_each(update.manifests, function(i, manifest)
    return put_update_item(self, update.token_hash, i, manifest.id, manifest.sequence_number)
  end)
  if not ok then return nil, message, code end
  return query.for_each(update.remove, function(i, id)
    return put_update_item(self, update.token_hash, #update.manifests + i, id, nil)
  end)
end

--- Remember an Update that was sent.
-- @tparam table update `{ token_hash =, agent = (kid), expires =, attempt =,
--   manifests = { { id = (text), sequence_number = }, ... }, remove = { (id text), ... } }`
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `conflict` (the token is in use)
function sessions:update_put(update)
  return query.atomically(self, function() return put_update(self, update) end)
end

local function take_update(self, token_hash)
  local items <const>, message <const>, code <const> = query.rows(self,
    "SELECT id, sequence_number FROM update_item WHERE token_hash = ? ORDER BY position", token_hash)
  if not items then return nil, message, code end
  local update <const>, why <const>, what <const> = query.require_row("update", hex.encode(token_hash),
    query.row(self, "DELETE FROM update_sent WHERE token_hash = ? RETURNING *", token_hash))
  if not update then return nil, why, what end
  update.manifests, update.remove = {}, {}
  for _, item in ipairs(items) do
    if item.sequence_number then
      table.insert(update.manifests, item)
    else
      table.insert(update.remove, item.id)
    end
  end
  return update
end

--- Take an Update out: of all who ask, one gets it.
-- @tparam string token_hash
-- @treturn[1] table what @{update_put} was given, expired or not
-- @treturn[2] nil, string, string message and code `not_found`
function sessions:update_take(token_hash)
  return query.atomically(self, function() return take_update(self, token_hash) end)
end

local function expire(self, now)
  local spent <const>, message <const>, code <const> =
    query.changes(self, "DELETE FROM spent WHERE expires < ?", now)
  if not spent then return nil, message, code end
  local updates <const>, why <const>, what <const> =
    query.changes(self, "DELETE FROM update_sent WHERE expires < ?", now)
  if not updates then return nil, why, what end
  return { spent = spent, updates = updates }
end

--- Forget tokens and Updates that expired before `now`.
-- @tparam integer now seconds since 1970
-- @treturn table how many: `{ spent =, updates = }`
function sessions:expire(now)
  return query.atomically(self, function() return expire(self, now) end)
end

return sessions
