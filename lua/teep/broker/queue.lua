--- One session for each TAM at a time; who comes later waits in line.
-- @module teep.broker.queue
local errors <const> = require "teep.errors"

local Queue = {}
Queue.__index = Queue

local queue = {}

--- @tparam integer limit how many may wait for one TAM
-- @tparam function await as in `teep.task`
-- @treturn Queue
function queue.new(limit, await) return setmetatable({ limit = limit, await = await, lines = {} }, Queue) end

--- Wait for the turn at a TAM.
-- @tparam string tam_uri
-- @treturn[1] boolean true: call @{leave} afterwards
-- @treturn[2] nil, string, string message and code `limit_reached`
function Queue:enter(tam_uri)
  local line = self.lines[tam_uri]
  if not line then
    self.lines[tam_uri] = {}
    return true
  end
  if #line >= self.limit then
    return errors.fail("limit_reached", "sessions waiting for %s: limit is %d", tam_uri, self.limit)
  end
  self.await(function(done) table.insert(line, done) end)
  return true
end

--- End the turn; the first in line is next.
function Queue:leave(tam_uri)
  local next_one = table.remove(self.lines[tam_uri], 1)
  if next_one then next_one() else self.lines[tam_uri] = nil end
end

--- The TAMs with a session, sorted, and how many wait altogether.
-- @treturn {string,...}
-- @treturn integer
function Queue:busy()
  local uris, waiting = {}, 0
  for uri, line in pairs(self.lines) do
    uris[#uris + 1] = uri
    waiting = waiting + #line
  end
  table.sort(uris)
  return uris, waiting
end

return queue
