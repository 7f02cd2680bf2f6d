--- Answers kept for requests that come again: a client whose connection broke sends the same bytes anew
-- (draft-ietf-teep-protocol section 12), and their token is spent by then.
-- Only the very same bytes (by SHA-256) get the very same answer, so nothing is given away that was not
-- sent before. The caller keeps answers to authenticated messages only: strangers cannot push them out.
-- @module teep.transport.repeats
local crypto <const> = require "teep.crypto"

local lifetime <const> = 60 -- seconds

local Repeats = {}
Repeats.__index = Repeats

--- Make an empty cache.
-- @tparam table given `answers`: how many at most; `answers_size`: bytes of them together; `clock`: () ->
--   seconds
-- @treturn Repeats
local function new(given)
  return setmetatable({
    limits = given, entries = {}, first = 1, last = 0, queue = {}, count = 0, size = 0, clock = given.clock,
  }, Repeats)
end

local function drop_oldest(self)
  local key <const> = self.queue[self.first]
  self.queue[self.first] = nil
  self.first = self.first + 1
  self.count, self.size = self.count - 1, self.size - #self.entries[key].answer
  self.entries[key] = nil
end

local function expire(self)
  local now <const> = self.clock()
  while self.count > 0 and self.entries[self.queue[self.first]].expires <= now do drop_oldest(self) end
end

--- Look for bytes that came before.
-- @tparam string bytes
-- @treturn table entry: `answer` when it is known; `waiting`, a list, while the first is in work. It is new,
--   and its maker has to call `finish`, when `waiting` is nil and `answer` too.
function Repeats:find(bytes)
  expire(self)
  local key <const> = crypto.digest("SHA-256", bytes)
  local entry <const> = self.entries[key]
  if entry then return entry end
  return { key = key }
end

--- The first is in work from now on.
-- @tparam table entry of `find`
function Repeats:start(entry)
  entry.waiting = {}
  self.entries[entry.key] = entry
end

--- The first was answered.
-- @tparam table entry
-- @tparam[opt] string answer to keep; without it the next equal bytes are new
-- @treturn table whoever waited
function Repeats:finish(entry, answer)
  local waiting <const> = entry.waiting
  entry.waiting, self.entries[entry.key] = nil, nil
  if not answer or #answer > self.limits.answers_size then return waiting end
  while self.count >= self.limits.answers or self.size + #answer > self.limits.answers_size do
    drop_oldest(self)
  end
  entry.answer, entry.expires = answer, self.clock() + lifetime
  self.last = self.last + 1
  self.queue[self.last], self.entries[entry.key] = entry.key, entry
  self.count, self.size = self.count + 1, self.size + #answer
  return waiting
end

return { new = new }
