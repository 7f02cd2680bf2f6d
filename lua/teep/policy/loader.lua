--- Scripts of the operator: found by name or path, loaded as text into the sandbox.
-- Policies and broker flows come through here. Known fault of the interpreter: Lua 5.4.4 (Debian 12)
-- computes `1 ~ (2 or 3)` wrongly in functions with over 256 constants, and `t[1 < 2]` where t is an
-- upvalue; write such expressions in two steps.
-- @module teep.policy.loader
local errors <const> = require "teep.errors"
local sandbox <const> = require "teep.policy.sandbox"

local loader = {}

--- Largest script, in bytes.
loader.SIZE_MAX = 1 << 20

-- "install_on_request" is shipped with luateep, "./mine.lua" is a file.
local function resolve(name)
  if name:find("/", 1, true) or name:find("%.lua$") then return name end
  local path <const> = package.searchpath("teep.policies." .. name, package.path)
  if path then return path end
  return errors.fail("not_found", "%s: no such script is shipped; a file needs a / or ends in .lua", name)
end

local function read(path)
  local file <const>, reason = io.open(path, "rb")
  if not file then return errors.fail("not_found", "%s", reason) end
  local source <const>, failure = file:read(loader.SIZE_MAX + 1)
  file:close()
  if failure then return errors.fail("io_failed", "%s: %s", path, failure) end
  if #(source or "") > loader.SIZE_MAX then
    return errors.fail("too_large", "%s: more than %d bytes", path, loader.SIZE_MAX)
  end
  return source or ""
end

-- Lua says where most faults are, but not all.
local function failed(path, why)
  if why:sub(1, #path) == path then return errors.fail("policy_failed", "%s", why) end
  return errors.fail("policy_failed", "%s: %s", path, why)
end

--- Load a script and run its main chunk, which has to return a table.
-- @tparam string name a shipped script (`install_on_request`), or a path: anything with a `/` or
--   ending in `.lua`
-- @tparam {[string]=function} verbs the functions it may call beside the pure standard library
-- @treturn[1] table what the script returned
-- @treturn[2] nil, string, string message and code: `not_found`, `io_failed`, `too_large`,
--   `policy_failed` (does not parse, throws, or returns no table)
-- @usage local flow = loader.load("default_flow", { connect = connect, exchange = exchange })
function loader.load(name, verbs)
  local path <const>, unknown, code = resolve(name)
  if not path then return nil, unknown, code end
  local source <const>, unreadable, why = read(path)
  if not source then return nil, unreadable, why end
  local chunk <const>, syntax = load(source, "@" .. path, "t", sandbox.environment(verbs))
  if not chunk then return errors.fail("policy_failed", "%s", syntax) end
  local ok <const>, result <const> = sandbox.run(chunk)
  if not ok then return failed(path, result) end
  if type(result) ~= "table" then
    return errors.fail("policy_failed", "%s: returns a %s, want a table", path, type(result))
  end
  return result
end

return loader
