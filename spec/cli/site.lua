--- A TAM and a device in one temporary folder: keys, configurations and a signed component, all made with the
-- real command.
local command = require "cli.command"
local lfs = require "lfs"

local Site = {}
Site.__index = Site

local site = {}

local vendor, class = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe", "1492af14-2569-5e48-bf42-9b2d51f2ab45"

local tam_config = [[
return {
  listen = { address = "127.0.0.1", port = %s, path = "/teep" },
  admin_socket = "%s", store = "sqlite:tam.db",
  keys = { "tam-esp256.key", "tam-ed25519.key" },
  trust = { agents = { "device.pub" }, signers = { "signer.pub" } },
  policies = { { path = "install_on_request" } },
  messages = "messages-tam",
}]]

local device_config = [[
return {
  driver = { name = "sim", path = "tee" },
  device = { vendor_identifier = "%s", class_identifier = "%s" },
  trust = { tams = { "tam-esp256.pub", "tam-ed25519.pub" }, signers = { "signer.pub" } },
  tam_uri = "ws://127.0.0.1:%s/teep", admin_socket = "%s",
  messages = "messages-device",
}]]

--- Run teep in the folder.
function Site:teep(...) return command.run{ folder = self.folder, ... } end

--- Run teep in the folder; it has to succeed.
-- @treturn string standard output
function Site:must(...)
  local code, output, complaint = self:teep(...)
  assert(code == 0, ("teep %s: %s%s"):format(table.concat({ ... }, " "), output, complaint))
  return output
end

--- Generate `name.key`, and `name.pub` of it.
function Site:key(name, algorithm)
  self:must("key", "generate", "--algorithm", algorithm, "-o", name .. ".key")
  self:must("key", "public", name .. ".key", "-o", name .. ".pub")
end

function Site:path(name) return self.folder .. "/" .. name end
function Site:read(name) return command.read(self:path(name)) end
function Site:write(name, bytes) return command.write(self:path(name), bytes) end

function Site:configure_tam(name, port, socket) self:write(name, tam_config:format(port or 0, socket or "tam.sock")) end
function Site:configure_device(name, port, socket)
  self:write(name, device_config:format(vendor, class, port, socket or "device.sock"))
end

--- A signed component; with a URI the payload stays there.
function Site:component(id, payload, sequence_number, uri)
  self:write(id .. ".bin", payload)
  self:must("suit", "create", "--component", id, "--payload", id .. ".bin", "--vendor", vendor, "--class", class,
    "--sequence-number", tostring(sequence_number or 1), "-o", id .. ".unsigned", table.unpack(uri and { "--uri", uri } or {}))
  self:must("suit", "sign", id .. ".unsigned", "--key", "signer.key", "-o", id .. ".suit")
  return id .. ".suit"
end

--- Start a daemon; it is stopped with the site.
function Site:start(...)
  local daemon = command.start(self.folder, { ... })
  table.insert(self.daemons, daemon)
  return daemon
end

--- Start another program; it is stopped with the site.
function Site:launch(program, ...)
  local daemon = command.start(self.folder, { program = program, ... })
  table.insert(self.daemons, daemon)
  return daemon
end

--- Start the demo's file server for a folder of the site.
-- @treturn string its port
function Site:serve_files(...)
  local top = lfs.currentdir()
  local modules = ("%s/%s/lua/"):format(top, os.getenv "LUATEEP_BUILD" or "build")
  local files = self:launch("env", ("LUA_PATH=%s?.lua;%s?/init.lua;;"):format(modules, modules),
    ("LUA_CPATH=%s?.so;;"):format(modules), "lua5.4", top .. "/examples/demo/files.lua", ...)
  assert(command.wait(function() return files:log():find "^%d+\n" or not files:alive() end))
  return (assert(files:log():match "^%d+", files:log()))
end

--- Start the TAM and wait until it is ready; the device is configured for its port.
function Site:start_tam(port)
  if port then self:configure_tam("tam.lua", port) end
  local daemon = self:start("tam", "--config", "tam.lua")
  assert(daemon:ready(), daemon:log())
  self.port = daemon:port()
  self:configure_device("device.lua", self.port)
  return daemon
end

function Site:start_device()
  local daemon = command.start(self.folder, { "broker", "--config", "device.lua", program = self.device_teep })
  table.insert(self.daemons, daemon)
  assert(daemon:ready(), daemon:log())
  return daemon
end

--- JSON that a verb prints.
function Site:json(...) return require("teep.daemon.json").decode(self:must(...)) end

--- Stop every daemon, remove the folder.
function Site:remove()
  for _, daemon in ipairs(self.daemons) do daemon:stop() end
  command.remove(self.folder)
end

--- Make a site with an empty folder.
function site.bare() return setmetatable({ folder = command.folder(), daemons = {} }, Site) end

--- Make a site.
-- @tparam[opt] string device_teep another teep for the device's daemon
function site.new(device_teep)
  local self = site.bare()
  self.device_teep = device_teep
  for name, algorithm in pairs{ ["tam-esp256"] = "ESP256", ["tam-ed25519"] = "Ed25519", signer = "ESP256" } do
    self:key(name, algorithm)
  end
  self:configure_tam "tam.lua"
  self:configure_device("device.lua", 1)
  self:must("key", "public", "--config", "device.lua", "-o", "device.pub")
  return self
end

return site
