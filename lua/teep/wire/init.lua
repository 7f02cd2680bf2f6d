--- Wire dialects of TEEP: the number tables, one file a draft revision.
-- All revisions announce protocol version 0, so a dialect is never negotiated or guessed: each
-- endpoint is configured with one.
-- @module teep.wire
local errors <const> = require "teep.errors"

local wire = {}

--- The dialects spoken here, the default first.
wire.dialects = { "v26", "v25" }

local known <const> = {}
for _, name in ipairs(wire.dialects) do known[name] = true end

--- The number table of a dialect.
-- @tparam string name `v26` (draft-ietf-teep-protocol-26) or `v25` (draft-ietf-teep-protocol-25)
-- @treturn[1] table numbers: `name`, `draft`, `type`, `label`, `err_code`, `data_item`, `freshness`,
--   `cipher_suites`, `suit_cose_profiles`
-- @treturn[2] nil, string, string message and code `config_invalid`
-- @usage local numbers = wire.open "v26"
function wire.open(name)
  if not known[name] then
    return errors.fail("config_invalid", "wire: %q is not a dialect spoken here, want %s", tostring(name),
      table.concat(wire.dialects, " or "))
  end
  return require("teep.wire." .. name)
end

return wire
