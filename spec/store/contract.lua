--- What every store engine has to do. `engine.uri()` names a fresh, empty store; `engine.remove()` does away
-- with it; `engine.shared`: several processes can open it, and what it keeps outlives them.
local assert = require "luassert"
local store = require "teep.store"

-- The second argument is the environment of the spec: describe, it and so on live there.
return function(engine, _ENV) -- luacheck: ignore 212/_ENV
  local rig = {}

  -- A store that nobody else can open stays open.
  function rig.reopen()
    if not engine.shared then return end
    rig.db:close()
    rig.db = assert(store.open(rig.uri))
  end

  before_each(function()
    rig.uri = engine.uri()
    rig.db = assert(store.open(rig.uri))
  end)

  after_each(function()
    rig.db:close()
    engine.remove()
  end)

  for _, part in ipairs {
    "values", "copies", "tokens", "updates", "agents", "manifests", "transactions", "groups", "life",
  } do
    require("store.contract." .. part)(rig, _ENV)
  end
  if engine.shared then require("store.contract.processes")(rig, _ENV) end
end
