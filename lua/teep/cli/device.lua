--- `teep device`: the devices a TAM knows.
local client <const> = require "teep.cli.client"
local output <const> = require "teep.cli.output"

local verb = {
  name = "device",
  summary = "list and show the devices the TAM knows",
  description = "Shows what the running TAM knows about devices: what they reported, with a valid signature.",
  example = "teep device list --config tam.lua\nteep device show 3f2a81c0 --config tam.lua",
}

local actions = {}

function verb.define(command)
  local list = command:command("list"):summary("list the devices"):description("Lists the devices.")
  list:epilog("Example:\n  teep device list --config tam.lua")
  client.define(list, "TAM")
  list:flag("--json", "Print JSON.")

  local show = command:command("show"):summary("show one device"):description("Shows one device.")
  show:argument("kid", "Key identifier of its TEEP Agent, or the first digits of it."):argname("KID")
  show:epilog("Example:\n  teep device show 3f2a81c0 --config tam.lua")
  client.define(show, "TAM")
  show:flag("--json", "Print JSON.")
end

local function when(seconds) return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds) end

function actions.list(arguments)
  local list, message, code = client.call(arguments, "GET", "/devices")
  if not list then return nil, message, code end
  if arguments.json then
    output.json(list)
    return true
  end
  local rows = {}
  for i, item in ipairs(list) do
    rows[i] = { item.kid, item.algorithm or "-", #item.components, when(item.seen) }
  end
  output.columns({ "KID", "ALGORITHM", "COMPONENTS", "LAST SEEN" }, rows)
  return true
end

function actions.show(arguments)
  local device, message, code = client.call(arguments, "GET", "/devices/" .. client.segment(arguments.kid))
  if not device then return nil, message, code end
  if arguments.json then
    output.json(device)
    return true
  end
  output.print("device: %s", device.kid)
  output.print("last seen: %s", when(device.seen))
  output.print("components: %s", #device.components == 0 and "none" or #device.components)
  for _, item in ipairs(device.components) do
    output.print("  %s", output.component(item))
  end
  return true
end

function verb.run(arguments) return actions[arguments.action](arguments) end

return verb
