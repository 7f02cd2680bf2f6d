--- Wire dialects of TEEP: the number tables, one file a draft revision.
-- All revisions announce protocol version 0, so a dialect is never negotiated or guessed: each
-- endpoint is configured with one.
-- @module teep.wire
local errors <const> = require "teep.errors"

local wire = {}

local known <const> = { v26 = true }

--- The number table of a dialect.
-- @tparam string name `v26` (draft-ietf-teep-protocol-26)
-- @treturn[1] table numbers, see @{teep.wire.v26}
-- @treturn[2] nil, string, string message and code `config_invalid`
-- @usage local numbers = wire.open "v26"
function wire.open(name)
  if not known[name] then
    return errors.fail("config_invalid", "wire: %q is not a dialect spoken here, want v26", tostring(name))
  end
  return require("teep.wire." .. name)
end

return wire
