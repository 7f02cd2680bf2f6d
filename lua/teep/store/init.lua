--- The store: everything that has to outlive the process.
-- Engines share one interface; each verb returns `nil, message, code` when it fails, with code
-- `busy`, `no_space`, `corrupt`, `denied`, `no_memory`, `too_large` or `store_failed` besides those
-- named at the verb. What a verb or a transaction acknowledges is durable. Sequence numbers are
-- 64-bit unsigned, as bit patterns in Lua integers. Times are seconds since 1970. Records are plain
-- tables; a missing, unknown or mistyped field throws. The verbs are those of @{teep.store.sqlite}.
-- @module teep.store
local errors <const> = require "teep.errors"

local store = {}

-- Scheme of the URI -> module of the engine.
local engines <const> = { sqlite = "teep.store.sqlite" }

local function known_schemes()
  local names = {}
  for name in pairs(engines) do names[#names + 1] = name .. ":" end
  table.sort(names)
  return table.concat(names, ", ")
end

--- Open a store.
-- @tparam string uri `"sqlite:PATH"`; the file is made, with mode 0600, if it is absent
-- @treturn[1] teep.store.sqlite store
-- @treturn[2] nil, string, string message and code: `config_invalid` (unknown scheme, no path,
--   another program's database, a schema newer than this luateep), `corrupt`, `denied`, `io_failed`
-- @usage local store = assert(teep.store.open "sqlite:/var/lib/teep/tam.db")
function store.open(uri)
  if type(uri) ~= "string" then error("store.open: want a string, got " .. type(uri), 2) end
  local scheme <const>, rest <const> = uri:match("^(%a[%w+.-]*):(.*)$")
  local engine <const> = engines[scheme]
  if not engine then
    return errors.fail("config_invalid", "store %q: unknown scheme, want one of %s", uri, known_schemes())
  end
  return require(engine).open(rest)
end

return store
