--- Components in memory behind the calls of a driver that watches how it is used: whatever a processor must not do is
-- thrown, as what is thrown out of a procedure is a finding. A call may be told to fail.
local errors <const> = require "teep.errors"
local world <const> = require "fixtures.suit_world"

local back_end = {}

local function check(condition, what)
  if not condition then error("back end: " .. what, 3) end
end

local function check_id(id)
  check(type(id) == "table", "an identifier that is no list")
  for _, segment in ipairs(id) do check(type(segment) == "string", "a segment that is no string") end
end

-- Counts the calls, and whether this one fails.
local function call(self)
  self.calls = self.calls + 1
  if self.calls ~= self.fails_at then return false end
  self.failed = true
  return true
end

local function fail() return errors.fail("no_space", "the storage is full") end

local Txn <const>, Slot <const> = {}, {}
Txn.__index, Slot.__index = Txn, Slot

-- Nothing more may be changed once a change has failed.
local function change(self)
  check(not self.stopped, "something is changed after a failure")
  if not call(self) then return true end
  self.stopped = true
  return fail()
end

function Txn:stage(id)
  check_id(id)
  table.insert(self.changed, id)
  local ok, message, code = change(self.owner)
  if not ok then return ok, message, code end
  self.open = self.open + 1
  return setmetatable({ txn = self, slot = self.txn:stage(id) }, Slot)
end

function Txn:remove(id)
  check_id(id)
  table.insert(self.changed, id)
  local ok, message, code = change(self.owner)
  if not ok then return ok, message, code end
  return self.txn:remove(id)
end

function Slot:write(bytes)
  check(type(bytes) == "string", "bytes that are no string")
  check(not self.finished, "written after the end")
  local ok, message, code = change(self.txn.owner)
  if not ok then return ok, message, code end
  return self.slot:write(bytes)
end

function Slot:finish()
  check(not self.finished, "finished twice")
  self.finished = true
  local ok, message, code = change(self.txn.owner)
  if not ok then return ok, message, code end
  self.txn.open = self.txn.open - 1
  return self.slot:finish()
end

function Slot:abort()
  if not self.finished then self.txn.open = self.txn.open - 1 end
  self.finished = true
  self.slot:abort()
end

local Driver <const> = {}
Driver.__index = Driver

function Driver:probe(id)
  check_id(id)
  if call(self) then return errors.fail("io_failed", "the storage cannot be read") end
  return self.world:probe(id)
end

function Driver:read(id, offset, size)
  check_id(id)
  check(math.type(offset) == "integer" and offset >= 0 and math.type(size) == "integer" and size > 0, "a strange range")
  if call(self) then return errors.fail("io_failed", "the storage cannot be read") end
  return self.world:read(id, offset, size)
end

--- A back end; `txn` and `driver` are for the processor, which has no way to commit.
-- @tparam table contents identifiers as text to bytes
-- @tparam[opt] integer fails_at number of the call that fails
-- @treturn table `.driver`, `.txn` (`changed`: identifiers; `open`: payloads unfinished), `:commit()`, `.world`
function back_end.new(contents, fails_at)
  local place <const> = world.new(contents)
  local driver <const> = setmetatable({ world = place, calls = 0, fails_at = fails_at }, Driver)
  local txn <const> = setmetatable({ txn = place:txn(), owner = driver, open = 0, changed = {} }, Txn)
  return { driver = driver, txn = txn, world = place, commit = function() return txn.txn:commit() end }
end

return back_end
