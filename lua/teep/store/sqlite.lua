--- Store engine over one SQLite file: the default of a TAM on one machine.
-- Write-ahead log with synchronous=FULL: what is acknowledged survives a power cut. Several processes
-- may have the file open. Using a closed store throws.
-- @module teep.store.sqlite
local core <const> = require "teep.core"
local errors <const> = require "teep.errors"
local query <const> = require "teep.store.sqlite.query"
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

--- Do several things or none.
-- `fn` cannot suspend its coroutine; decide first, then store.
-- @tparam function fn called without arguments; `nil, message, code` from it or an error rolls back
-- @return what `fn` returned (true when it returned nothing), once it is durable
-- @raise errors of `fn`; a transaction within a transaction
-- @usage store:transaction(function()
--   local ok, message, code = store:spend(hash, expires)
--   if not ok then return nil, message, code end
--   return store:agent_put(agent)
-- end)
function Store:transaction(fn)
  return true_for_nothing(self.database:transaction(fn))
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

--- Close the store.
function Store:close()
  self.database:close()
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

local function migrate(store)
  local version <const>, message <const>, code <const> = schema_version(store)
  if not version then return nil, message, code end
  for i = version + 1, #schema.steps do
    local ok <const>, why <const>, what <const> = store.database:exec(schema.steps[i]
      .. ("PRAGMA application_id = %d; PRAGMA user_version = %d"):format(schema.application_id, i))
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

--- Open or make a store; see @{teep.store.open}.
-- @tparam string path of the file
-- @treturn[1] Store
-- @treturn[2] nil, string, string message and code
function engine.open(path)
  if path == "" or path == ":memory:" then
    return errors.fail("config_invalid", "store: sqlite wants the path of a file, got %q", path)
  end
  local made <const>, trouble <const>, kind <const> = make_file(path)
  if not made then return nil, "store " .. trouble, kind end
  local database <const>, message <const>, code <const> = sqlite.open(path)
  if not database then return nil, ("store %s: %s"):format(path, message), code end
  local store <const> = setmetatable({ database = database, statements = {} }, Store)
  local ok <const>, why <const>, what <const> = prepare(store)
  if ok then return store end
  database:close()
  return nil, ("store %s: %s"):format(path, why), what
end

return engine
