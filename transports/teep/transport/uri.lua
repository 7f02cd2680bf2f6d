--- URIs of WebSocket (RFC 6455, section 3) and HTTP (RFC 9110, section 4.2) taken apart.
-- @module teep.transport.uri
local errors <const> = require "teep.errors"

local uri = {}

-- libwebsockets 4.1.6 cuts longer ones without a word.
local longest_host <const>, longest_path <const> = 100, 1024

local function split_authority(authority)
  local host, port = authority:match "^%[([%x:.]+)%]:?(%d*)$"
  if not host then host, port = authority:match "^([%w.-]+):?(%d*)$" end
  return host, port
end

local ports <const> = { ws = 80, http = 80, wss = 443, https = 443 }

--- Take a URI apart.
-- @tparam string text scheme://host[:port][/path]; scheme ws, wss, http or https
-- @treturn[1] table scheme, address, port, host (for the Host header), path, tls (boolean)
-- @treturn[2] nil, string, string message and code: config_invalid
function uri.parse(text)
  local scheme <const>, authority <const>, path <const> = text:match "^(%a[%w+.-]*)://([^/?#]+)(/?[!-~]*)$"
  if not ports[scheme] then
    return errors.fail("config_invalid", "%s: want scheme://host[:port]/path; ws, wss, http or https", text)
  end
  local host <const>, port <const> = split_authority(authority)
  local number <const> = math.tointeger(tonumber(port == "" and ports[scheme] or port))
  if not host or not number or number < 1 or number > 65535 then
    return errors.fail("config_invalid", "%s: no host and port in %s", text, authority)
  end
  if #authority > longest_host or #path > longest_path or path:find("#", 1, true) then
    return errors.fail("config_invalid", "%s: host or path too long, or a fragment", text)
  end
  return {
    scheme = scheme, address = host, port = number, host = authority,
    path = path:find "^/" and path or "/" .. path, tls = ports[scheme] == 443,
  }
end

return uri
