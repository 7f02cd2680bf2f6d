--- WebSocket URIs (RFC 6455, section 3) taken apart.
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

--- Take a ws URI apart.
-- @tparam string text ws://host[:port][/path]
-- @treturn[1] table address, port, host (for the Host header), path
-- @treturn[2] nil, string, string message and code: config_invalid, unsupported (wss)
function uri.parse(text)
  local scheme <const>, authority <const>, path <const> = text:match "^(%a[%w+.-]*)://([^/?#]+)(/?[!-~]*)$"
  if scheme == "wss" then
    return errors.fail("unsupported", "%s: TLS is not built in; use ws:// to a local TLS proxy", text)
  end
  if scheme ~= "ws" then return errors.fail("config_invalid", "%s: want ws://host[:port]/path", text) end
  local host <const>, port <const> = split_authority(authority)
  local number <const> = math.tointeger(tonumber(port == "" and "80" or port))
  if not host or not number or number < 1 or number > 65535 then
    return errors.fail("config_invalid", "%s: no host and port in %s", text, authority)
  end
  if #authority > longest_host or #path > longest_path or path:find("#", 1, true) then
    return errors.fail("config_invalid", "%s: host or path too long, or a fragment", text)
  end
  return { address = host, port = number, host = authority, path = path == "" and "/" or path }
end

return uri
