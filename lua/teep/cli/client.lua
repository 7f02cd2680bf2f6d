--- How verbs talk to a running daemon: HTTP and JSON over its admin socket.
-- @module teep.cli.client
local errors <const> = require "teep.errors"
local json <const> = require "teep.daemon.json"

local client = {}
local path_limit <const> = 1024 -- of teep.transport

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

local function escape(text)
  return (text:gsub("[^%w_~-]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

--- A text as the last part of a path; encoded twice, see `teep.daemon.router`.
function client.segment(text) return escape(escape(text)) end

-- One request on a loop of its own. A session with a TAM may take hours, so nothing limits the wait.
local function exchange(request)
  local loop, message, code = require("teep.transport").loop()
  if not loop then return nil, message, code end
  local answer
  request.timeout = math.huge
  request.on_response = function(status, _, body)
    answer = { status = status, body = body }
    loop:stop()
  end
  request.on_error = function(why, reason)
    message, code = why, reason
    loop:stop()
  end
  loop:request(request)
  loop:run()
  loop:close()
  return answer, message or "interrupted", code
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
  if path:find "/$" then return nil, "an empty identifier names nothing", "usage" end
  if #path > path_limit then return errors.fail("too_large", "the identifier is too long for a request") end
  local answer, why, reason = exchange{ socket = socket, method = method, path = path, body = body }
  if not answer then return nil, ("no daemon answers at %s: %s"):format(socket, why), reason end
  local value, flaw, kind = json.decode(answer.body)
  if value == nil then return nil, flaw, kind end
  if answer.status >= 300 then return nil, value.message, value.code end
  return value
end

return client
