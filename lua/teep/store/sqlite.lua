--- Store engine over one SQLite file: the default of a TAM on one machine.
-- Write-ahead log with synchronous=FULL: what is acknowledged survives a power cut. Several processes
-- may have the file open. Using a closed store throws.
-- @module teep.store.sqlite
local core <const> = require "teep.core"
local errors <const> = require "teep.errors"
local group <const> = require "teep.store.sqlite.group"
local query <const> = require "teep.store.sqlite.query"
local records <const> = require "teep.store.records"
local schema <const> = require "teep.store.sqlite.schema"
local sqlite <const> = require "teep.sqlite"

local Store = {}
Store.__index = Store

for _, part in ipairs { "sessions", "agents", "manifests" } do
  for verb, fn in pairs(require("teep.store.sqlite." .. part)) do Store[verb] = fn end
end

local function true_for_nothing(...)
  if select("#", ...) == 0 then return true end
  return ...
end

--- Whether what is acknowledged outlives the process.
Store.durable = true

--- Do several things or none.
-- `fn` cannot suspend its coroutine; decide first, then store. It sees what transactions before it did,
-- also where that is not committed yet; verbs outside of transactions see committed state alone.
-- @tparam function fn called without arguments; `nil, message, code` from it or an error rolls back
-- @tparam[opt] function await as of `teep.task`: the caller is suspended until a COMMIT that serves many
--   transactions. Without it, or where the store was opened without a timer, the transaction has a COMMIT
--   of its own, after that of the open group.
-- @return what `fn` returned (true when it returned nothing), once it is durable; nil, message, code when
--   the COMMIT failed
-- @raise errors of `fn`; a transaction within a transaction
-- @usage store:transaction(function()
--   local ok, message, code = store:spend(hash, expires)
--   if not ok then return nil, message, code end
--   return store:agent_put(agent)
-- end, task.await)
function Store:transaction(fn, await)
  local database <const> = self.writer.database
  if not self.group or database:in_transaction() then return true_for_nothing(database:transaction(fn)) end
  if await then return true_for_nothing(self.group:run(fn, await)) end
  self.group:settle()
  return true_for_nothing(database:transaction(fn))
end

--- A secret that all processes share, made at its first use.
-- @tparam string name
-- @tparam function make returns the bytes
-- @treturn string the bytes first made
-- @usage local key = store:secret("token-key", function() return crypto.random(32) end)
function Store:secret(name, make)
  local select_secret <const> = "SELECT value FROM secret WHERE name = CAST(? AS TEXT)"
  local row, message, code = query.row(self, select_secret, name)
  if row or code then return row and row.value, message, code end
  local value
  value, message, code = make()
  if not value then return nil, message, code end
  value, message, code =
    query.run(self, "INSERT INTO secret VALUES (CAST(? AS TEXT), ?) ON CONFLICT DO NOTHING", name, value)
  if not value then return nil, message, code end
  row, message, code = query.row(self, select_secret, name)
  return row and row.value, message, code
end

records.guard(Store)

--- Close the store: commit the open group, let those go on who wait for it (what they still do commits at
-- once), then close.
-- @raise within a transaction; what a waiter throws
function Store:close()
  local open_group <const> = self.group
  if open_group and self.writer.database:in_transaction() then
    error("close: a transaction is running", 2)
  end
  self.group = nil
  local ok, fault = true, nil
  if open_group then ok, fault = pcall(open_group.close, open_group) end
  self.reader.database:close()
  self.writer.database:close()
  if not ok then error(fault, 0) end
end

-- What a damaged file has to say for itself, at once and not in the middle of a session.
local function check_intact(store)
  local row <const>, message <const>, code <const> = query.row(store, "PRAGMA quick_check(1)")
  if not row then return nil, message, code end
  if row.quick_check ~= "ok" then return errors.fail("corrupt", "%s", row.quick_check:gsub("%s+", " ")) end
  return true
end

-- The version of a file that is ours or empty.
local function schema_version(store)
  local row <const>, message <const>, code <const> = query.row(store,
    "SELECT user_version AS version, application_id AS application,"
    .. " (SELECT count(*) FROM sqlite_schema) AS tables"
    .. " FROM pragma_user_version, pragma_application_id")
  if not row then return nil, message, code end
  if row.application ~= schema.application_id and (row.application ~= 0 or row.tables ~= 0) then
    return errors.fail("config_invalid", "the file is another program's database")
  end
  if row.version > #schema.steps then
    return errors.fail("config_invalid", "the store has version %d, this luateep knows up to %d: "
      .. "use a newer luateep", row.version, #schema.steps)
  end
  return row.version
end

local function take_step(database, step)
  if type(step) == "function" then return step(database) end
  return database:exec(step)
end

local function migrate(store)
  local version <const>, message <const>, code <const> = schema_version(store)
  if not version then return nil, message, code end
  for i = version + 1, #schema.steps do
    local ok, why, what = take_step(store.writer.database, schema.steps[i])
    if not ok then return nil, why, what end
    ok, why, what = store.writer.database:exec(("PRAGMA application_id = %d; PRAGMA user_version = %d")
      :format(schema.application_id, i))
    if not ok then return nil, why, what end
  end
  return true
end

-- Only a file that needs it is locked for writing; the version is read again under the lock.
local function prepare(store)
  local ok <const>, message <const>, code <const> = check_intact(store)
  if not ok then return nil, message, code end
  local version <const>, why <const>, what <const> = schema_version(store)
  if not version then return nil, why, what end
  if version == #schema.steps then return true end
  return store:transaction(function() return migrate(store) end)
end

-- SQLite would make the file readable by all; it holds the token key.
local function make_file(path)
  local made <const>, message <const>, code <const> = core.file.create_private(path, "")
  if made or code == "exists" then return true end
  return nil, message, code
end

local engine = {}

-- The open file as a store that commits each transaction on its own.
local function open_store(path)
  local database <const>, message <const>, code <const> = sqlite.open(path)
  if not database then return nil, message, code end
  local connection <const> = query.connection(database)
  local store <const> = setmetatable({ writer = connection, reader = connection }, Store)
  local ok <const>, why <const>, what <const> = prepare(store)
  if ok then return store end
  store:close()
  return nil, why, what
end

-- Verbs outside of transactions read over a connection of their own, so that they see committed state.
local function start_group(store, path, options)
  local database, message, code = sqlite.open(path)
  local ok = database
  if ok then ok, message, code = database:exec("PRAGMA query_only=ON") end
  if not ok then
    store:close()
    return nil, message, code
  end
  store.reader = query.connection(database)
  store.group = group.new(store.writer.database, options)
  return store
end

--- Open or make a store; see @{teep.store.open}.
-- @tparam string path of the file
-- @tparam table options `timer` (optional), `transactions`, `seconds`
-- @treturn[1] Store
-- @treturn[2] nil, string, string message and code
function engine.open(path, options)
  if path == "" or path == ":memory:" then
    return errors.fail("config_invalid", "store: sqlite wants the path of a file, got %q", path)
  end
  local made <const>, trouble <const>, kind <const> = make_file(path)
  if not made then return nil, "store " .. trouble, kind end
  local store, message, code = open_store(path)
  if store and options.timer then store, message, code = start_group(store, path, options) end
  if not store then return nil, ("store %s: %s"):format(path, message), code end
  return store
end

return engine
