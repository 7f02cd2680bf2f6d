--- `teep broker`: run the TEEP Broker of a device.
local verb = {
  name = "broker",
  summary = "run a device: TEEP Broker, TEEP Agent and TEE driver",
  description = "Runs the TEEP Broker of a device until it gets SIGTERM or SIGINT. It serves the verbs " ..
    "request, unrequest and status over its admin socket.",
  example = "teep broker --config device.lua",
}

function verb.define(command)
  command:option("--config", "Configuration (a Lua file)."):argname("FILE"):count(1)
end

function verb.run(arguments)
  local settings, message, code = require("teep.config").load(arguments.config, "device")
  if not settings then return nil, message, code end
  return require("teep.daemon.broker").run(settings)
end

return verb
