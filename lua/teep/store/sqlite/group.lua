--- Group commit: many transactions share one COMMIT, and so one wait for the disk.
-- The first transaction that may wait begins an outer transaction. Each that follows is a savepoint
-- in it: undone alone when it fails. What any of them returned, failures too, is told after the outer
-- COMMIT, since it may rest on what the ones before have done; if that COMMIT fails, all are told so.
-- Waiters go on in the timer's turn of the loop, never inside of another task.
-- @module teep.store.sqlite.group
local Group = {}
Group.__index = Group

-- Tell the waiters of all groups that are settled. What one of them throws must not keep the others
-- waiting; the loop reports it.
local function tell(self)
  local groups <const> = self.settled
  self.settled = {}
  local fault
  for _, group in ipairs(groups) do
    for _, done in ipairs(group.waiters) do
      local ok <const>, reason <const> = pcall(done)
      if not ok then fault = fault or reason end
    end
  end
  if fault then error(fault, 0) end
end

-- Whoever is still to be told is told in the next turn of the loop.
local function commit(self)
  local group <const> = self.open
  self.open = nil
  group.outcome = table.pack(self.database:commit())
  self.settled[#self.settled + 1] = group
  self.timer(0, function() tell(self) end)
end

local function begin(self)
  local ok <const>, message <const>, code <const> = self.database:begin()
  if not ok then return nil, message, code end
  local group <const> = { waiters = {}, transactions = 0 }
  self.open = group
  self.timer(self.seconds, function()
    if self.open == group then commit(self) end
  end)
  return true
end

--- Commit what is open, if anything, before something that does not belong to it.
function Group:settle()
  if self.open then commit(self) end
end

--- Run a transaction in the group and wait until it is durable.
-- @tparam function fn see @{teep.store.sqlite:transaction}
-- @tparam function await
-- @return what `fn` returned, or nil, message, code of the COMMIT
function Group:run(fn, await)
  if not self.open then
    local ok <const>, message <const>, code <const> = begin(self)
    if not ok then return nil, message, code end
  end
  local group <const> = self.open
  local results <const> = table.pack(pcall(self.database.transaction, self.database, fn))
  group.transactions = group.transactions + 1
  -- SQLite undoes everything when the disk is full: that is for all to know.
  if group.transactions >= self.transactions or not self.database:has_begun() then commit(self) end
  if not results[1] then error(results[2], 0) end
  if not group.outcome then
    await(function(done) table.insert(group.waiters, done) end)
  end
  if not group.outcome[1] then return table.unpack(group.outcome, 1, group.outcome.n) end
  return table.unpack(results, 2, results.n)
end

--- Commit what is open and tell all waiters now.
function Group:close()
  self:settle()
  tell(self)
end

local group = {}

--- A group over a database.
-- @tparam database database of teep.sqlite
-- @tparam table options `timer`: `timer(seconds, fn)`; `transactions`, `seconds`: when it is full
-- @treturn Group
function group.new(database, options)
  return setmetatable({
    database = database, timer = options.timer, transactions = options.transactions,
    seconds = options.seconds, settled = {},
  }, Group)
end

return group
