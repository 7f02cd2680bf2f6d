--- `teep status`: what a running daemon is and holds.
local client <const> = require "teep.cli.client"
local output <const> = require "teep.cli.output"

local verb = {
  name = "status",
  summary = "what a running TAM or broker is and holds",
  description = "Shows the state of the daemon behind the socket: of a broker its components, manifests " ..
    "and pending requests, of a TAM its address, keys and counts.",
  example = "teep status --config device.lua",
}

function verb.define(command)
  client.define(command, "broker or TAM")
  command:flag("--json", "Print JSON.")
end

local function print_list(title, items, format)
  output.print("%s: %s", title, #items == 0 and "none" or #items)
  for _, item in ipairs(items) do output.print("  %s", format(item)) end
end

local function manifest_line(item) return ("%s  sequence number %s"):format(item.id, item.sequence_number) end

local function download_line(item)
  return ("%s  %d bytes received, attempt %d"):format(item.uri, item.received, item.attempts)
end

local function itself(item) return item end

local shows = {}

function shows.broker(status)
  output.print("broker, TEEP Agent %s (%s)", status.kid, status.algorithm)
  output.print("driver: %s, isolation %s%s", status.driver.name, status.driver.isolation,
    status.driver.hardware_root and "" or ", no hardware root: for development only")
  output.print("TAM: %s", status.tam_uri)
  print_list("components", status.components, output.component)
  print_list("manifests", status.manifests, manifest_line)
  print_list("downloads", status.downloads, download_line)
  print_list("requested", status.requested, itself)
  print_list("unneeded", status.unneeded, itself)
end

function shows.tam(status)
  output.print("TAM at %s", table.concat(status.uris, ", "))
  output.print("store: %s, wire %s", status.store, status.wire)
  print_list("keys", status.keys, function(key) return ("%s  %s"):format(key.kid, key.algorithm) end)
  output.print("manifests: %d", status.manifests)
  output.print("devices: %d", status.devices)
end

function verb.run(arguments)
  local status, message, code = client.call(arguments, "GET", "/status")
  if not status then return nil, message, code end
  if arguments.json then output.json(status) else shows[status.role](status) end
  return true
end

return verb
