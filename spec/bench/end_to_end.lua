-- Whole durable sessions against `teep tam`, a process of its own, over real sockets: its CPU time counts. The load is
-- this process: devices made of keys, each on a connection it keeps.
local command <const> = require "cli.command"
local config <const> = require "teep.config.keys"
local device <const> = require "bench.device"
local measure <const> = require "bench.measure"
local task <const> = require "teep.task"
local transport <const> = require "teep.transport"

local DEVICES <const> = 16

local template <const> = [[
return {
  listen = { address = "127.0.0.1", port = 0 }, admin_socket = "tam.sock", store = "sqlite:tam.db",
  keys = { "ESP256.key", "Ed25519.key" }, trust = { agents = { %s }, signers = { "ESP256.key.pub" } },
  policies = { { path = "install_on_request" } },
}]]

-- Keys of the TAM (its ESP256 key signs the component as well), of the devices, and the configuration.
local function prepare(folder)
  local devices <const>, files <const> = {}, {}
  for _, algorithm in ipairs{ "ESP256", "Ed25519" } do
    local path <const> = folder .. "/" .. algorithm .. ".key"
    assert(command.run{ "key", "generate", "--algorithm", algorithm, "-o", path } == 0)
    assert(command.run{ "key", "public", path, "-o", path .. ".pub" } == 0)
  end
  for i = 1, DEVICES do
    devices[i] = device.new()
    files[i] = ('"%d.pub"'):format(i)
    command.write(("%s/%d.pub"):format(folder, i), devices[i].key:public())
  end
  local signer <const> = assert(config.load(folder .. "/ESP256.key", { private = true }))
  command.write(folder .. "/tam.lua", template:format(table.concat(files, ", ")))
  command.write(folder .. "/hello.suit", device.envelope(signer))
  return devices
end

local function start(folder)
  local daemon <const> = command.start(folder, { "tam", "--config", "tam.lua" })
  assert(daemon:ready(), daemon:log())
  assert(command.run{ folder = folder, "manifest", "add", "hello.suit", "--config", "tam.lua" } == 0)
  return daemon
end

-- From the empty message that starts a session to the one that ends it.
local function session(one, connection)
  local received, reason = connection:exchange ""
  while received and received ~= "" do received, reason = connection:exchange(one:answer(received)) end
  assert(received, reason)
end

local function load_with(devices, uri, pid)
  return function(seconds)
    local loop <const> = transport.loop{}
    local before <const>, sessions, working, failure = measure.process(pid), 0, #devices
    for _, one in ipairs(devices) do
      task.run(function()
        local ok <const>, message = pcall(function()
          local connection <const> = assert(transport.connect(loop, uri))
          repeat
            session(one, connection)
            sessions = sessions + 1
          until failure or measure.process(pid) - before >= seconds
          connection:close()
        end)
        working, failure = working - 1, failure or not ok and message
        if working == 0 then loop:stop() end
      end)
    end
    loop:run()
    loop:close()
    assert(not failure, failure)
    return sessions, measure.process(pid) - before
  end
end

return function(context)
  local folder <const> = context.folder
  local devices <const> = prepare(folder)
  local daemon <const> = start(folder)
  table.insert(context.closers, function() daemon:stop() end)
  local benches <const> = {}
  for scheme, name in pairs{ ws = "WebSocket", http = "HTTP" } do
    table.insert(benches, {
      name = ("session of %d devices, %s"):format(DEVICES, name), baseline = "session, crypto only",
      run = load_with(devices, ("%s://127.0.0.1:%s/teep"):format(scheme, daemon:port()), daemon.pid),
    })
  end
  table.sort(benches, function(a, b) return a.name > b.name end)
  return benches
end
