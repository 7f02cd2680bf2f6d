-- What the specs of a broker share: a broker that does not wait, and a TAM that the spec plays.
local broker <const> = require "teep.broker"
local scene <const> = require "agent.scene"

local rig = {}

-- A broker of these options; without others it finds no route, waits no time and has no luck.
function rig.broker(given)
  local options <const> = {
    agents = { {} }, connect = function() return nil, "no route" end,
    sleep = function() end, random = function(n) return ("\xff"):rep(n) end,
  }
  for name, value in pairs(given) do options[name] = value end
  return assert(broker.new(options))
end

-- A broker for a device of agent.scene.
function rig.new(device, given)
  local options <const> = { agents = { device.agent } }
  for name, value in pairs(given) do options[name] = value end
  return rig.broker(options)
end

-- A TAM: the answer to the n-th message of a connection is `answers[n]`, a message or a function.
function rig.tam(answers)
  local seen <const> = { connections = 0, closed = 0, messages = {}, uris = {} }
  function seen.connect(uri)
    seen.connections = seen.connections + 1
    table.insert(seen.uris, uri)
    local count = 0
    return {
      exchange = function(_, bytes)
        count = count + 1
        table.insert(seen.messages, bytes)
        local answer <const> = answers[count] or ""
        if type(answer) == "function" then return answer(bytes) end
        return type(answer) == "table" and scene.message(answer) or answer
      end,
      close = function() seen.closed = seen.closed + 1 end,
    }
  end
  return seen
end

function rig.update(changes)
  local fields <const> = { type = "update", token = "87654321" }
  for name, value in pairs(changes or {}) do fields[name] = value end
  return fields
end

-- Answers of a TAM that has the envelope installed, app.suit if none is given.
function rig.installing(envelope)
  return { scene.query(), rig.update { manifest_list = { envelope or scene.envelope {} } } }
end

return rig
