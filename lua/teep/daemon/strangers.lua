--- How many lines the log has about peers that are not authenticated: anybody can cause those, thousands in a
-- second, and fill the disk. What is left out is counted, one line a second for each level.
-- @module teep.daemon.strangers
local Strangers = {}
Strangers.__index = Strangers

local strangers = {}

local levels <const> = { "debug", "info", "warning", "error" }

local function start(self)
  self.running = true
  self.timer(1, function()
    self.running = false
    self:flush()
  end)
end

--- Whether one more line may be written in this second.
-- @tparam string level of the line; each has a count of its own, so that a flood at one hides none at another
-- @treturn boolean
function Strangers:admit(level)
  if not self.running then start(self) end
  local count = (self.counts[level] or 0) + 1
  self.counts[level] = count
  return count <= self.rate
end

--- Tell what was left out, begin anew.
function Strangers:flush()
  for _, level in ipairs(levels) do
    local more = (self.counts[level] or 0) - self.rate
    if more > 0 then
      self.logger[level](self.logger, "more about peers that are not authenticated", "lines", more)
    end
  end
  self.counts = {}
end

--- @tparam table options `rate` (lines a second), `logger`, `timer(seconds, fn)`
-- @treturn table strangers
-- @usage if known or strangers:admit "info" then logger:info("seen") end
function strangers.new(options)
  return setmetatable({ rate = options.rate, logger = options.logger, timer = options.timer, counts = {} },
    Strangers)
end

return strangers
