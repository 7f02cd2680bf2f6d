--- Limits of servers and clients.
-- @module teep.transport.limits
local limits = {}

--- Defaults of a server. Sizes in bytes, times in seconds; a time of `math.huge` never runs out.
limits.server = {
  message = 1 << 20, -- an incoming message (else close 1009) or body (else 413)
  incoming = 64 << 20, -- unfinished messages and bodies on all connections (else close 1013, or 503)
  incoming_per_address = 16 << 20, -- of them from one IPv4 address or IPv6 /64
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

local function extended(base, more)
  local all <const> = {}
  for name, value in pairs(base) do all[name] = value end
  for name, value in pairs(more) do all[name] = value end
  return all
end

--- Defaults of a client: as a server, but messages of a TAM are larger.
limits.client = extended(limits.server, { message = 16 << 20 })

--- Defaults of a server of a TAM.
limits.tam = extended(limits.server, {
  answers = 256, -- kept for repeated HTTP requests
  answers_size = 16 << 20, -- of them together
})

--- Defaults of a download.
limits.download = extended(limits.client, {
  download = 256 << 20, -- of the whole payload (else too_large)
  stall = 60, -- for the header of the answer, and for every 4096 bytes of the body (else timed_out)
})

local sizes <const> = {
  message = true, incoming = true, incoming_per_address = true, queue = true, fragments = true,
  connections = true, per_address = true, answers = true, answers_size = true, download = true,
}

local function in_range(name, value)
  if type(value) ~= "number" or value ~= value or value <= 0 then return false end
  return not sizes[name] or math.type(value) == "integer" and value <= 1 << 40
end

--- Complete a table of limits.
-- @tparam[opt] table given
-- @tparam table defaults `limits.server`, `.client`, `.tam` or `.download`
-- @treturn table every limit
function limits.fill(given, defaults)
  for name in pairs(given or {}) do
    if not defaults[name] then error("unknown limit: " .. tostring(name), 3) end
  end
  local filled <const> = extended(defaults, given or {})
  for name, value in pairs(filled) do
    if not in_range(name, value) then error(("limit %s: %s is out of range"):format(name, value), 3) end
  end
  return filled
end

--- The part of complete limits that another kind knows.
-- @tparam table filled
-- @tparam table defaults whose names are kept
-- @treturn table
function limits.part(filled, defaults)
  local part <const> = {}
  for name in pairs(defaults) do part[name] = filled[name] end
  return part
end

return limits
