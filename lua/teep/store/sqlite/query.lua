--- What the verbs of the SQLite engine share: prepared statements, failures, lists.
-- @module teep.store.sqlite.query
local errors <const> = require "teep.errors"

local query = {}

local function call(connection, how, sql, ...)
  local statement = connection.statements[sql]
  if not statement then
    local message, code
    statement, message, code = connection.database:prepare(sql)
    if not statement then return nil, message, code end
    connection.statements[sql] = statement
  end
  return statement[how](statement, ...)
end

-- Outside of a transaction only what is committed is seen: nothing that a crash could take back.
local function read(self, how, sql, ...)
  local inside <const> = self.writer.database:in_transaction()
  return call(inside and self.writer or self.reader, how, sql, ...)
end

--- A connection to a database, with its prepared statements.
-- @tparam database database of teep.sqlite
function query.connection(database) return { database = database, statements = {} } end

--- Run a statement that changes something; outside of a transaction it is one.
-- @treturn[1] integer rows changed
-- @treturn[2] nil, string, string message and code
function query.changes(self, sql, ...)
  if self.group and not self.writer.database:in_transaction() then self.group:settle() end
  return call(self.writer, "run", sql, ...)
end

--- Run a statement that changes something; the number of rows does not matter.
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code
function query.run(self, sql, ...)
  local changes <const>, message <const>, code <const> = query.changes(self, sql, ...)
  if not changes then return nil, message, code end
  return true
end

--- The first row; plain nil when there is none. What also changes something belongs in a transaction.
function query.row(self, sql, ...) return read(self, "row", sql, ...) end

--- All rows.
function query.rows(self, sql, ...) return read(self, "rows", sql, ...) end

--- Turn plain nil into `not_found`.
-- @tparam string what kind of thing
-- @tparam string key which one
-- @param ... results of @{row}
function query.require_row(what, key, row, message, code)
  if row or code then return row, message, code end
  return errors.fail("not_found", "store: no %s %s", what, key)
end

--- fn(i, entry) for each entry, until one fails.
function query.for_each(list, fn)
  for i, entry in ipairs(list) do
    local ok <const>, message <const>, code <const> = fn(i, entry)
    if not ok then return nil, message, code end
  end
  return true
end

--- fn() in the running transaction or in one of its own.
function query.atomically(self, fn)
  if self.writer.database:in_transaction() then return fn() end
  return self:transaction(fn)
end

return query
