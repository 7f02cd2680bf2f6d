--- Settings of a device: its TEE driver, TEEP Agent and TEEP Broker, see examples/demo for a complete file.
-- @module teep.config.device
local shared <const> = require "teep.config.shared"
local uri <const> = require "teep.transport.uri"

local driver <const> = {
  type = "record",
  required = true,
  fields = {
    name = { type = "string", pattern = "^[%w_%-]+$", hint = "a driver name like sim", required = true },
    path = { type = "path" },
  },
}

local device <const> = {
  type = "record",
  required = true,
  fields = {
    vendor_identifier = { type = "uuid", required = true },
    class_identifier = { type = "uuid", required = true },
  },
}

local tam_uri <const> = {
  type = "custom",
  required = true,
  check = function(value)
    if type(value) ~= "string" then return nil, "want a TAM URI like ws://host:port/teep" end
    local parsed, message = uri.parse(value)
    return parsed and value, message
  end,
}

return {
  type = "record",
  fields = {
    driver = driver,
    device = device,
    trust = shared.trust("tams", "signers"),
    tam_uri = tam_uri,
    flow = shared.script,
    admin_socket = shared.admin_socket,
    wire = shared.wire,
    messages = shared.messages,
    log = shared.log,
    check_interval = { type = "integer", min = 1, max = 31536000 }, -- seconds between policy checks
  },
}
