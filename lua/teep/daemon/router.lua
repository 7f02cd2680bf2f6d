--- Routes of an admin socket: `METHOD /path` to a function.
-- @module teep.daemon.router
local json <const> = require "teep.daemon.json"

local Router = {}
Router.__index = Router

-- HTTP status by error code; every other code means that what was sent is not acceptable.
local statuses <const> = {
  not_found = 404, unsupported = 405, exists = 409, conflict = 409, component_in_use = 409, too_large = 413,
  busy = 503, not_connected = 502, timed_out = 504, refused = 502, store_failed = 500, io_failed = 500,
  corrupt = 500, no_space = 507,
}

local function unescape(segment)
  return (segment:gsub("%%(%x%x)", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- The route for a request: its function and the rest of the path when the route ends in `*`. The HTTP
-- layer has undone one percent-encoding and tidied the path up; what must survive that is encoded twice.
function Router:find(method, path)
  local exact = self.routes[method .. " " .. path]
  if exact then return exact end
  local folder, last = path:match("^(/%l+/)(.+)$")
  local pattern = folder and self.routes[method .. " " .. folder .. "*"]
  if pattern then return pattern, unescape(last) end
  return nil
end

-- Whether any method serves the path: then the method is at fault.
function Router:knows(path)
  for _, method in ipairs{ "GET", "POST", "DELETE" } do
    if self:find(method, path) then return true end
  end
  return false
end

local function failure(message, code)
  return statuses[code] or 422, json.encode{ message = message, code = code }
end

--- Answer one request.
-- @tparam table request `method`, `path`, `body`
-- @treturn integer status
-- @treturn string body JSON; of a failure `{ "code", "message" }`
-- @usage local status, body = routes:answer{ method = "GET", path = "/status" }
function Router:answer(request)
  local route, parameter = self:find(request.method, request.path)
  if not route then
    if self:knows(request.path) then return failure("this path has no such method", "unsupported") end
    return failure(("%s answers here, and has nothing for %s %s: is it the right --config or --socket?")
      :format(self.name, request.method, request.path), "not_found")
  end
  local value, message, code = route(request.body or "", parameter)
  if value == nil then return failure(message, code) end
  return 200, json.encode(value)
end

local router = {}

--- The body of a 500.
router.internal_error = json.encode{
  code = "internal_error", message = "internal error, see the daemon's log",
}

--- A router.
-- @tparam string name of the daemon, for people who ask the wrong one
-- @tparam {[string]=function} routes `"GET /status"` or `"GET /devices/*"` to
--   `route(body, parameter) -> value | nil, message, code`
-- @treturn table router
-- @usage local routes = router.new("a TAM", { ["GET /status"] = function() return { role = "tam" } end })
function router.new(name, routes) return setmetatable({ name = name, routes = routes }, Router) end

return router
