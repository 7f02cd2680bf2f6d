--- Values of options, checked where they are parsed; what is wrong names the option.
-- @module teep.cli.suit.convert
local check <const> = require "teep.config.check"

local convert = {}

--- An option with a converter of its values.
-- @param command argparse command
-- @tparam string name of the option, like `--time`
-- @tparam string description
-- @tparam function read `read(text) -> value | nil, what is wanted`
-- @return argparse option
-- @usage convert.option(command, "--slot", "Slot to write.", convert.number):argname "N"
function convert.option(command, name, description, read)
  return command:option(name, description):convert(function(text)
    local value <const>, why <const> = read(text)
    if value == nil then return nil, ("option '%s': %s, found '%s'"):format(name, why, text) end
    return value
  end)
end

--- A whole number from 0.
function convert.number(text)
  local value <const> = text:find "^%d+$" and math.tointeger(tonumber(text))
  return value or nil, "want a whole number"
end

--- A UUID, as its 16 bytes.
function convert.uuid(text) return check.uuid(text), "want " .. check.uuid_hint end

--- The text itself, once `read` has understood it: for what is checked again later.
function convert.as_text(read)
  return function(text)
    local value <const>, why <const> = read(text)
    return value and text, why
  end
end

return convert
