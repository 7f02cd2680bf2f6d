--- Turns what protocol modules observe into log lines.
-- @module teep.daemon.observer
local observer = {}

-- Waits need no more than hundredths of a second.
local function shown_value(value)
  return math.type(value) == "float" and ("%.2f"):format(value) or value
end

--- An `observe(event, details)` for a protocol module.
-- @tparam table logger of teep.log
-- @tparam {[string]={string,...}} shown event to level and the fields of `details` that go into the line;
--   other events are not logged
-- @tparam[opt] table strangers of teep.daemon.strangers, asked about events whose details have `stranger`
-- @treturn function
-- @usage tam.new{ observe = observer.new(logger, { dropped = { "warning", "code", "message" } }), ... }
function observer.new(logger, shown, strangers)
  return function(event, details)
    local fields = shown[event]
    if not fields or not logger:wants(fields[1]) then return end
    if strangers and details.stranger and not strangers:admit(fields[1]) then return end
    local pairs_of = {}
    for i = 2, #fields do
      pairs_of[2 * i - 3], pairs_of[2 * i - 2] = fields[i], shown_value(details[fields[i]])
    end
    logger[fields[1]](logger, (event:gsub("_", " ")), table.unpack(pairs_of, 1, 2 * #fields - 2))
  end
end

return observer
