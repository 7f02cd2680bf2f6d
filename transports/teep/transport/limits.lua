--- Limits of servers and clients.
-- @module teep.transport.limits
local options <const> = require "teep.options"

local limits = {}

--- Defaults of a server. Sizes in bytes, times in seconds; a time of `math.huge` never runs out.
limits.server = {
  message = 1 << 20, -- an incoming message (else close 1009) or body (else 413)
  queue = 32 << 20, -- waiting to be sent on one connection (else limit_reached)
  fragments = 64, -- of one message (else close 1008)
  connections = 8192, -- of the server (else closed at once)
  per_address = 256, -- from one IPv4 address or IPv6 /64
  handshake = 10, -- from connecting to the end of the HTTP header
  message_time = 30, -- from the first to the last byte of a message or body (else close 1008)
  ping = 30, -- of silence, then a ping is sent
  pong = 10, -- for the answer to a ping
  idle = 900, -- without a message in either direction (then close 4001)
  response = 120, -- of the HTTP handler (else 503)
  keepalive = 15, -- between two requests on one connection
}

--- Defaults of a client: as a server, but messages of a TAM are larger.
limits.client = setmetatable({ message = 16 << 20 }, { __index = limits.server })

local sizes <const> = {
  message = true, queue = true, fragments = true, connections = true, per_address = true,
}
local known <const> = {}
for name in pairs(limits.server) do known[name] = "number?" end

local function in_range(name, value)
  if value ~= value or value <= 0 then return false end
  return not sizes[name] or math.type(value) == "integer" and value <= 1 << 40
end

--- Complete a table of limits.
-- @tparam[opt] table given
-- @tparam table defaults `limits.server` or `limits.client`
-- @treturn table every limit
function limits.fill(given, defaults)
  options.check(given or {}, known)
  local filled <const> = {}
  for name in pairs(known) do
    local value <const> = given and given[name] or defaults[name]
    if not in_range(name, value) then error(("limit %s: %s is out of range"):format(name, value), 3) end
    filled[name] = value
  end
  return filled
end

return limits
