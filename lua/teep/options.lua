--- Checks of option tables: the same sentence for the same mistake everywhere.
-- @module teep.options
local core <const> = require("teep.core").options

local options = {}

--- Refuse unknown names and wrong types; misuse throws at the caller of the public function.
-- @function check
-- @tparam table given the option table
-- @tparam {[string]=string} known name -> Lua type as `type()` spells it; a trailing `?` makes it
--   optional; `any` accepts every type
-- @treturn table `given`
-- @usage options.check(given, { wire = "string", limits = "table?" })
options.check = core.check

return options
