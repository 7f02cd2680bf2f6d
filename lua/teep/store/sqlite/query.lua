--- What the verbs of the SQLite engine share: prepared statements, failures, lists.
-- @module teep.store.sqlite.query
local errors <const> = require "teep.errors"

local query = {}

local function call(self, how, sql, ...)
  local statement = self.statements[sql]
  if not statement then
    local message, code
    statement, message, code = self.database:prepare(sql)
    if not statement then return nil, message, code end
    self.statements[sql] = statement
  end
  return statement[how](statement, ...)
end

--- Run a statement that changes something.
-- @treturn[1] integer rows changed
-- @treturn[2] nil, string, string message and code
function query.changes(self, sql, ...) return call(self, "run", sql, ...) end

--- Run a statement that changes something; the number of rows does not matter.
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code
function query.run(self, sql, ...)
  local changes <const>, message <const>, code <const> = query.changes(self, sql, ...)
  if not changes then return nil, message, code end
  return true
end

--- The first row; plain nil when there is none.
function query.row(self, sql, ...) return call(self, "row", sql, ...) end

--- All rows.
function query.rows(self, sql, ...) return call(self, "rows", sql, ...) end

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
  if self.database:in_transaction() then return fn() end
  return self.database:transaction(fn)
end

--- A sequence number, which is 64-bit unsigned, for a message.
function query.unsigned(number)
  if number >= 0 then return ("%d"):format(number) end
  local tenth <const> = (number >> 1) // 5
  return ("%d%d"):format(tenth, number - tenth * 10)
end

return query
