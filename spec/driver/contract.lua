--- What every TEE driver has to do.
-- `engine.options()` gives the options (with a `path`) of a fresh, empty back end; `engine.remove()` does
-- away with it; `engine.check_staged(n)` checks that it holds n components not committed;
-- `engine.check_place(n)` that its n components lie where they should.
local make_rig = require "driver.rig"

-- The second argument is the environment of the spec: describe, it and so on live there.
return function(engine, _ENV) -- luacheck: ignore 212/_ENV
  local rig = make_rig(engine, _ENV)
  for _, part in ipairs { "components", "transactions", "secrets", "life" } do
    require("driver.contract." .. part)(engine, rig, _ENV)
  end
end
