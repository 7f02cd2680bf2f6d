--- `teep request`: ask for a component to be installed.
local client <const> = require "teep.cli.client"
local session <const> = require "teep.cli.session"

local verb = {
  name = "request",
  summary = "ask for a component to be installed",
  description = "Tells the TEEP Broker that this device wants a component. The broker runs the exchange " ..
    "with the TAM; the verb answers when it is over. A component that is installed is left alone, in " ..
    "whatever version: newer ones are for the TAM to offer when the device checks with it.",
  example = "teep request hello --config device.lua",
}

function verb.define(command)
  command:argument("id", "Component identifier: segments joined by '/', other bytes as %XX."):argname("ID")
  client.define(command, "broker")
  command:flag("--json", "Print JSON.")
end

function verb.run(arguments) return session.run(arguments, "/request") end

return verb
