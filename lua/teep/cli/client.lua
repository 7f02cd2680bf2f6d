--- How verbs talk to a running daemon: HTTP and JSON over its admin socket.
-- @module teep.cli.client
local json <const> = require "teep.daemon.json"
local transport <const> = require "teep.transport"

local client = {}

--- Give a verb the options that find the daemon.
-- @param command argparse command
-- @tparam string daemon name for the help text
function client.define(command, daemon)
  command:option("--socket", ("Admin socket of the %s."):format(daemon)):argname("PATH")
  command:option("--config", ("Configuration of the %s, for its admin socket (default: $TEEP_CONFIG).")
    :format(daemon)):argname("FILE")
end

local function find_socket(arguments)
  if arguments.socket then return arguments.socket end
  local path = arguments.config or os.getenv "TEEP_CONFIG"
  if not path then
    return nil, "which daemon? give --socket PATH or --config FILE, or set TEEP_CONFIG", "usage"
  end
  local settings, message, code = require("teep.config").load_any(path)
  if not settings then return nil, message, code end
  return settings.admin_socket
end

--- A text as one segment of a path.
function client.segment(text)
  return (text:gsub("[^%w._~-]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

-- One request on a loop of its own.
local function exchange(request)
  local loop = transport.loop()
  local answer, message, code
  loop:request(request, function(...)
    answer, message, code = ...
    loop:stop()
  end)
  loop:run()
  return answer, message, code
end

--- Send one request and wait for its answer.
-- @tparam table arguments of the verb (`socket`, `config`)
-- @tparam string method
-- @tparam string path
-- @tparam[opt] string body
-- @treturn[1] table|list what the daemon answered
-- @treturn[2] nil, string, string message and code
-- @usage local status, message, code = client.call(arguments, "GET", "/status")
function client.call(arguments, method, path, body)
  local socket, message, code = find_socket(arguments)
  if not socket then return nil, message, code end
  local answer, why, reason = exchange{ socket = socket, method = method, path = path, body = body }
  if not answer then return nil, ("no daemon answers at %s: %s"):format(socket, why), reason end
  local value, flaw, kind = json.decode(answer.body)
  if value == nil then return nil, flaw, kind end
  if answer.status >= 300 then return nil, value.message, value.code end
  return value
end

return client
