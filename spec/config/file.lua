-- Configuration files that the specs write, into a folder of their own.
local assert <const> = require "luassert"
local config <const> = require "teep.config"
local lfs <const> = require "lfs"

local file = {}

-- A TAM's and a device's; %s is for further settings, which may come again.
file.tam = [[
return {
  listen = { port = 8080 }, admin_socket = "tam.sock", store = "sqlite:tam.db",
  keys = { "a.key", "/etc/b.key" }, policies = { { path = "install_on_request" } },
  %s
}]]

file.device = [[
return {
  driver = { name = "sim", path = "tee" },
  device = { vendor_identifier = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe",
             class_identifier = "1492AF14-2569-5e48-bf42-9b2d51f2ab45" },
  tam_uri = "ws://127.0.0.1:8080/teep", admin_socket = "device.sock",
  %s
}]]

function file.make()
  file.folder = os.tmpname()
  os.remove(file.folder)
  assert(lfs.mkdir(file.folder))
end

function file.remove()
  os.remove(file.folder .. "/config.lua")
  lfs.rmdir(file.folder)
end

function file.write(text)
  local path <const> = file.folder .. "/config.lua"
  local handle <close> = assert(io.open(path, "wb"))
  handle:write(text)
  return path
end

function file.load_tam(extra) return config.load(file.write(file.tam:format(extra or "")), "tam") end
function file.load_device(extra) return config.load(file.write(file.device:format(extra or "")), "device") end

-- What config.load has returned is a refusal, in one line that has `wanted` in it.
function file.refused(wanted, found, message, code)
  assert.is_nil(found)
  assert.equal("config_invalid", code)
  assert.matches(wanted, message, 1, true)
  assert.is_nil(message:find "\n")
end

return file
