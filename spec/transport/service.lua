-- A loop with a TAM that the spec plays, served by one of the transports of TEEP.
local assert <const> = require "luassert"
local support <const> = require "transport.support"
local transport <const> = require "teep.transport"

local Service = {}
Service.__index = Service

local service = { media_type = "application/teep+cbor" }

-- `scheme` is that of its URI. `noted` are its messages, `observed` its other events; its TAM `echo` answers with
-- what it gets, which is in `received`.
function service.new(scheme)
  local received <const> = {}
  return setmetatable({
    loop = assert(transport.loop {}), scheme = scheme, observed = {}, noted = {}, received = received,
    echo = {
      connect = function() return "query-request" end,
      receive = function(_, _, bytes)
        table.insert(received, bytes)
        return "re:" .. bytes
      end,
    },
  }, Service)
end

-- Serve a TAM of two functions.
function Service:serve(tam, limits)
  self.server = assert(transport.serve(self.loop, {
    tam = tam, limits = limits,
    observe = function(event, details)
      if event ~= "message" then return table.insert(self.observed, { event, details }) end
      table.insert(self.noted, details.direction .. " " .. details.bytes)
    end,
  }))
end

function Service:uri(port) return ("%s://127.0.0.1:%d/teep"):format(self.scheme, port or self.server.port) end

-- Send a request as it stands; returns status, header fields (lines, sorted, without Connection) and body.
function Service:raw(method, fields, body, path)
  local lines <const> = { ("%s %s HTTP/1.1"):format(method, path or "/teep"), "Host: x", "Connection: close" }
  for name, value in pairs(fields) do lines[#lines + 1] = name .. ": " .. value end
  local head <const> = table.concat(lines, "\r\n") .. "\r\n\r\n"
  local answer <const> = support.raw(self.loop, self.server.port, { head .. (body or "") })
  local answer_head <const>, content = answer:match "^(.-)\r\n\r\n(.*)$"
  local found <const> = {}
  for line in (answer_head or ""):gmatch "[^\r\n]+" do
    if not line:find "^HTTP/" and not line:find "^Connection:" then found[#found + 1] = line end
  end
  table.sort(found)
  return support.status(answer), found, content
end

-- POST a TEEP message; `fields` replaces (or with false removes) header fields.
function Service:post(body, fields)
  local all <const> = {
    Accept = service.media_type, ["Content-Length"] = #body,
    ["Content-Type"] = body ~= "" and service.media_type or nil,
  }
  for name, value in pairs(fields or {}) do all[name] = value or nil end
  return self:raw("POST", all, body)
end

return service
