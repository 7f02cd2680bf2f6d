--- How long to wait before the next attempt: full jitter below an exponential bound, so that a
-- fleet that lost its TAM does not come back in one instant (T-128, T-134).
-- @module teep.broker.backoff
local backoff = {}

--- Bound of the first wait, in seconds.
backoff.BASE = 1
--- Bound that no wait exceeds, in seconds.
backoff.CAP = 300

--- Seconds to wait.
-- @tparam integer attempt the one that failed, from 1
-- @tparam function random n -> n random bytes
-- @treturn number 0 <= seconds <= CAP
-- @usage sleep(backoff.seconds(attempt, random))
function backoff.seconds(attempt, random)
  local bound = math.min(backoff.CAP, backoff.BASE * 2 ^ (attempt - 1))
  return bound * string.unpack("<I4", random(4)) / 0xffffffff
end

return backoff
