--- luateep: the TEEP protocol in every role, scriptable.
-- Modules load when first used: `teep.cose` is `require "teep.cose"`.
-- @module teep
-- @usage local teep = require "teep"
-- local tam = teep.tam.new{ keys = keys, trust = trust, policy = policy, store = store, clock = os.time,
--   random = teep.crypto.random }
local teep = { version = "0.1.0" }

return setmetatable(teep, {
  __index = function(self, name)
    local module = require("teep." .. name)
    self[name] = module
    return module
  end,
})
