--- `teep tam`: run a TAM.
local verb = {
  name = "tam",
  summary = "run a TAM (Trusted Application Manager)",
  description = "Runs a TAM until it gets SIGTERM or SIGINT. It serves devices over WebSocket and HTTP " ..
    "and the verbs manifest, device and status over its admin socket.",
  example = "teep tam --config tam.lua",
}

function verb.define(command)
  command:option("--config", "Configuration (a Lua file)."):argname("FILE"):count(1)
end

function verb.run(arguments)
  local settings, message, code = require("teep.config").load(arguments.config, "tam")
  if not settings then return nil, message, code end
  return require("teep.daemon.tam").run(settings)
end

return verb
