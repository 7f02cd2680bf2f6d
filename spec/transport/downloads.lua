-- Downloads from servers on the loopback, and what they bring.
local assert <const> = require "luassert"
local support <const> = require "transport.support"
local transport <const> = require "teep.transport"

local Downloads = {}
Downloads.__index = Downloads

local downloads = {}

-- A loop to download in. `got` are the pieces that the sink `keep` has been given.
function downloads.new()
  local got <const> = {}
  local function keep(bytes)
    got[#got + 1] = bytes
    return true
  end
  return setmetatable({ loop = assert(transport.loop {}), got = got, keep = keep }, Downloads)
end

-- Forget the pieces.
function Downloads:clear()
  for i in ipairs(self.got) do self.got[i] = nil end
end

function Downloads:fetch(port, offset, given, sink)
  local all <const> = { schemes = { "http" } }
  for name, value in pairs(given or {}) do all[name] = value end
  local uri <const> = ("http://127.0.0.1:%d/app.bin"):format(port)
  return transport.download(self.loop, uri, offset or 0, sink or self.keep, all)
end

-- What a download from `offset` makes of just these bytes: outcome, what the sink got, request header, port.
function Downloads:hear(sent, offset, given, sink)
  local process <const> = support.careless_server(sent)
  local port <const> = process:read "n"
  local outcome <const> = table.pack(self:fetch(port, offset, given, sink))
  local head <const> = process:read "a"
  process:close()
  return outcome, table.concat(self.got), head, port
end

function downloads.partial(first, last, total, body, announced)
  local fields <const> = ("Content-Range: bytes %s-%s/%s\r\n"):format(first, last, total)
  return support.answer("206 Part", fields, body, announced)
end

return downloads
