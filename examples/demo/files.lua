-- Serves the files of one folder, on this machine alone: where the demo's device gets a payload by URI.
--   lua5.4 files.lua FOLDER [CERTIFICATE KEY]      HTTPS with a certificate
-- Prints its port; ends at SIGTERM.
local transport = require "teep.transport"

local folder, certificate, key = table.unpack(arg)
local loop = assert(transport.loop())

-- Plain names only, none of them hidden: no request leads out of the folder.
local function read(path)
  local name = path:match "^/([%w_-][%w_.-]*)$"
  local file = name and io.open(folder .. "/" .. name, "rb")
  if not file then return nil end
  local bytes = file:read "a"
  file:close()
  return bytes
end

local function answer(request)
  if request.method ~= "GET" then return request:respond{ status = 405, headers = { Allow = "GET" } } end
  local bytes = read(request.path)
  request:respond(bytes and { body = bytes } or { status = 404 })
end

local server = assert(loop:serve{
  address = "127.0.0.1", port = 0, http = answer,
  tls = certificate and { certificate = certificate, key = key },
})
io.stdout:write(server.port, "\n")
io.stdout:flush()
loop:run()
loop:close()
