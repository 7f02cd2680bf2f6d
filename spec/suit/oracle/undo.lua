--- How the oracle takes back what a sequence did that failed and was made up for: all it has of what a procedure
-- changes is copied before, and put back. What was stored before and overwritten is lost to the back end.
local tree <const> = require "suit.oracle.tree"

local undo = {}

local copied <const> = { "contents", "streamed", "open", "staged", "ran" }
local plain <const> = { "checked", "entered", "given_up" }

local function copy(map)
  local result <const> = {}
  for key, value in pairs(map) do result[key] = value end
  return result
end

--- What there is now.
function undo.remember(self)
  local before <const> = {}
  for _, name in ipairs(copied) do before[name] = copy(self[name]) end
  for _, name in ipairs(plain) do before[name] = self[name] end
  return before
end

--- Back to it.
function undo.go_back(self, before)
  for name, change in pairs(self.staged) do
    local earlier <const> = before.staged[name]
    if earlier and earlier ~= change and earlier.bytes then tree.abort(tree.OPERATION) end
  end
  for _, name in ipairs(copied) do self[name] = copy(before[name]) end
  for _, name in ipairs(plain) do self[name] = before[name] end
end

return undo
