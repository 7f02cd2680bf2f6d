--- What `teep request` and `teep unrequest` share: one POST that ends when the exchange is over.
-- @module teep.cli.session
local client <const> = require "teep.cli.client"
local component_id <const> = require "teep.component_id"
local json <const> = require "teep.daemon.json"
local output <const> = require "teep.cli.output"

local session = {}

-- The outcome that is the opposite of what was asked for.
local refused <const> = { ["/request"] = "not_installed", ["/unrequest"] = "not_removed" }

local function sentence(answer)
  local text = answer.component_id .. ": " .. answer.outcome:gsub("_", " ")
  if answer.digest then text = text .. (", %d bytes, sha-256 %s"):format(answer.size, answer.digest) end
  for _, manifest in ipairs(answer.manifests or {}) do
    text = text .. (", manifest %s, sequence number %s"):format(manifest.id, manifest.sequence_number)
  end
  if answer.message then text = text .. " (" .. answer.message .. ")" end
  return text
end

--- Send a component identifier to the broker and print the outcome.
-- @tparam table arguments of the verb: `id`, `json`, and how to find the daemon
-- @tparam string path of the admin socket
-- @treturn[1] integer exit code: 1 when the outcome is another than asked for
-- @treturn[2] nil, string, string message and code
function session.run(arguments, path)
  local id, message, code = component_id.parse(arguments.id)
  if not id then return nil, message, code == "unknown_value" and "usage" or code end
  local body = json.encode{ component_id = component_id.format(id) }
  local answer, why, reason = client.call(arguments, "POST", path, body)
  if not answer then return nil, why, reason end
  if arguments.json then output.json(answer) else output.print("%s", sentence(answer)) end
  return answer.outcome == refused[path] and 1 or 0
end

return session
