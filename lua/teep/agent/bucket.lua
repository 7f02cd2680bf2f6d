--- Token bucket: how many signed Errors strangers may cause (ambiguity A-12, T-128).
-- @module teep.agent.bucket
local Bucket = {}
Bucket.__index = Bucket

local bucket = {}

--- A full bucket.
-- @tparam integer burst how many may be taken at once
-- @tparam integer rate how many come back in a second
-- @tparam function clock seconds, integer
-- @treturn Bucket
-- @usage local errors_left = bucket.new(10, 1, os.time)
function bucket.new(burst, rate, clock)
  return setmetatable({ burst = burst, rate = rate, clock = clock, level = burst, at = clock() }, Bucket)
end

--- Take one, if there is one. A clock that jumps back refills nothing.
-- @treturn boolean
function Bucket:take()
  local now = self.clock()
  self.level = math.min(self.burst, self.level + math.max(0, now - self.at) * self.rate)
  self.at = now
  if self.level < 1 then return false end
  self.level = self.level - 1
  return true
end

return bucket
