--- What `teep request` and `teep unrequest` share: one POST that ends when the exchange is over.
-- @module teep.cli.session
local client <const> = require "teep.cli.client"
local component_id <const> = require "teep.component_id"
local json <const> = require "teep.daemon.json"
local output <const> = require "teep.cli.output"

local session = {}

--- Send a component identifier to the broker and print the outcome.
-- @tparam table arguments of the verb: `id`, `json`, and how to find the daemon
-- @tparam string path of the admin socket
-- @treturn[1] true
-- @treturn[2] nil, string, string message and code
function session.run(arguments, path)
  local id, message, code = component_id.parse(arguments.id)
  if not id then return nil, message, code == "unknown_value" and "usage" or code end
  local body = json.encode{ component_id = component_id.format(id) }
  local answer, why, reason = client.call(arguments, "POST", path, body)
  if not answer then return nil, why, reason end
  if arguments.json then output.json(answer) else output.print("%s", answer.summary) end
  return true
end

return session
