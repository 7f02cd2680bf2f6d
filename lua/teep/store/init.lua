--- The store: everything that has to outlive the process.
-- Engines share one interface; each verb returns `nil, message, code` when it fails, with code
-- `busy`, `no_space`, `io_failed`, `corrupt`, `denied`, `no_memory`, `too_large` (over 64 MiB in one field)
-- or `store_failed` besides those named at the verb. What a verb or a transaction acknowledges is durable,
-- unless the store's field `durable` is false. Sequence numbers are
-- 64-bit unsigned, as bit patterns in Lua integers. Times are seconds since 1970. Records are plain
-- tables, copied in and out; a missing, unknown or mistyped field throws. The
-- verbs are those of @{teep.store.sqlite}.
-- @module teep.store
local errors <const> = require "teep.errors"
local options <const> = require "teep.options"

local store = {}

-- Scheme of the URI -> module of the engine.
local engines <const> = { memory = "teep.store.memory", sqlite = "teep.store.sqlite" }

--- When a group of transactions is committed: at this many, or after this many seconds.
store.group = { transactions = 100, seconds = 0.005 }

-- Options of an engine: timer and limits of a group, complete.
local function complete(given)
  options.check(given, { timer = "function?", group = "table?" })
  local limits <const> = given.group or {}
  options.check(limits, { transactions = "number?", seconds = "number?" })
  local transactions <const> = limits.transactions or store.group.transactions
  local seconds <const> = limits.seconds or store.group.seconds
  if math.type(transactions) ~= "integer" or transactions < 1 then
    error("group.transactions: want a positive integer, got " .. tostring(transactions), 3)
  end
  if seconds ~= seconds or seconds < 0 then
    error("group.seconds: want 0 or more, got " .. tostring(seconds), 3)
  end
  return { timer = given.timer, transactions = transactions, seconds = seconds }
end

local function known_schemes()
  local names = {}
  for name in pairs(engines) do names[#names + 1] = name .. ":" end
  table.sort(names)
  return table.concat(names, ", ")
end

--- Open a store.
-- @tparam string uri `"sqlite:PATH"`; the file is made, with mode 0600, if it is absent. `"memory:"`: a
--   store of its own that ends with the process
-- @tparam[opt] table given `timer`: `timer(seconds, fn)` calls `fn` once, later, from the event loop; with
--   it transactions that may wait share a COMMIT (see `transaction`); `group`: `transactions` (default
--   100) and `seconds` (default 0.005), whichever is first
-- @treturn[1] teep.store.sqlite store
-- @treturn[2] nil, string, string message and code: `config_invalid` (unknown scheme, no path,
--   another program's database, a schema newer than this luateep), `corrupt`, `denied`, `io_failed`
-- @usage local store = assert(teep.store.open("sqlite:/var/lib/teep/tam.db", {
--   timer = function(seconds, fn) loop:timer(seconds, fn) end }))
function store.open(uri, given)
  if type(uri) ~= "string" then error("store.open: want a string, got " .. type(uri), 2) end
  local settings <const> = complete(given or {})
  local scheme <const>, rest <const> = uri:match("^(%a[%w+.-]*):(.*)$")
  local engine <const> = engines[scheme]
  if not engine then
    return errors.fail("config_invalid", "store %q: unknown scheme, want one of %s", uri, known_schemes())
  end
  return require(engine).open(rest, settings)
end

return store
