--- Store engine in memory: for specs, trials and hosts that keep nothing. The verbs of
-- @{teep.store.sqlite}, the same failures and the same order; nothing outlives the process, and a
-- transaction never has to wait.
-- Records are copied in and out. A change notes what was there before, so that it can be undone.
-- @module teep.store.memory
local errors <const> = require "teep.errors"
local records <const> = require "teep.store.records"

local Store = {}
Store.__index = Store

for _, part in ipairs { "sessions", "agents", "manifests" } do
  for verb, fn in pairs(require("teep.store.memory." .. part)) do Store[verb] = fn end
end

--- Nothing outlives the process.
Store.durable = false

local function undo(self)
  local changes <const> = self.changes
  self.changes = nil
  for i = #changes, 1, -1 do
    local change <const> = changes[i]
    change.map[change.key] = change.value
  end
end

-- fn() to its end: what suspends here would let other tasks run inside of the transaction.
local function run_whole(fn)
  local thread <const> = coroutine.create(fn)
  local results <const> = table.pack(coroutine.resume(thread))
  if coroutine.status(thread) ~= "suspended" then return results end
  coroutine.close(thread)
  return { n = 2, false, "a transaction cannot suspend its task" }
end

--- Do several things or none; see @{teep.store.sqlite:transaction}.
-- @tparam function fn
-- @return what `fn` returned (true when it returned nothing)
-- @raise errors of `fn`; a transaction within a transaction
function Store:transaction(fn)
  if self.closed then error("the store is closed", 2) end
  if self.changes then error("transactions do not nest", 2) end
  self.changes = {}
  local results <const> = run_whole(fn)
  local failed <const> = results[2] == nil and type(results[4]) == "string"
  if not results[1] or failed then undo(self) else self.changes = nil end
  if not results[1] then error(results[2], 0) end
  if results.n == 1 then return true end
  return table.unpack(results, 2, results.n)
end

--- A secret, made at its first use; see @{teep.store.sqlite:secret}.
function Store:secret(name, make)
  if self.secrets[name] then return self.secrets[name] end
  local value <const>, message <const>, code <const> = make()
  if not value then return nil, message, code end
  if not self.secrets[name] then self:set(self.secrets, name, value) end
  return self.secrets[name]
end

records.guard(Store, function(self)
  if self.closed then error("the store is closed", 0) end
end)

-- Change one entry of one map, to be undone when the transaction fails.
function Store:set(map, key, value)
  if self.changes then table.insert(self.changes, { map = map, key = key, value = map[key] }) end
  map[key] = value
end

--- Close the store; all it holds is gone.
-- @raise within a transaction
function Store:close()
  if self.changes then error("close: a transaction is running", 2) end
  self.closed = true
end

local engine = {}

--- Open a store of its own.
-- @tparam string rest of the URI: empty
-- @treturn[1] Store
-- @treturn[2] nil, string, string message and code `config_invalid`
function engine.open(rest)
  if rest ~= "" then
    return errors.fail("config_invalid", "store: nothing may follow \"memory:\", got %q", rest)
  end
  return setmetatable({
    secrets = {}, spent = {}, updates = {}, known_agents = {}, tc_lists = {}, catalogue = {},
  }, Store)
end

return engine
