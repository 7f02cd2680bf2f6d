--- What every store engine has to do. `engine.uri()` names a fresh, empty store that several processes
-- can open; `engine.remove()` does away with it.
local assert = require "luassert"
local store = require "teep.store"

-- The second argument is the environment of the spec: describe, it and so on live there.
return function(engine, _ENV) -- luacheck: ignore 212/_ENV
  local rig = {}

  function rig.reopen()
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

  for _, part in ipairs { "tokens", "updates", "agents", "manifests", "transactions", "life" } do
    require("store.contract." .. part)(rig, _ENV)
  end
end
