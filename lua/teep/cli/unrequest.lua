--- `teep unrequest`: say that a component is no longer needed.
local client <const> = require "teep.cli.client"
local session <const> = require "teep.cli.session"

local verb = {
  name = "unrequest",
  summary = "say that a component is no longer needed",
  description = "Tells the TEEP Broker that this device no longer needs a component. The TAM decides " ..
    "whether it is removed.",
  example = "teep unrequest hello --config device.lua",
}

function verb.define(command)
  command:argument("id", "Component identifier: segments joined by '/', other bytes as %XX."):argname("ID")
  client.define(command, "broker")
  command:flag("--json", "Print JSON.")
end

function verb.run(arguments) return session.run(arguments, "/unrequest") end

return verb
