-- An agent in a process of its own that processes one Update and is killed at step N of it.
-- Run by crash_spec: lua5.4 victim.lua FOLDER N
require "fixtures.order"
local faults = require "agent.faults"
local agent = require "teep.agent"
local driver = require "teep.driver"
local key = require "teep.key"

local folder <const>, at <const> = arg[1], tonumber(arg[2])

local function read(name)
  local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
  return file:read "a"
end

local count = 0
local real = assert(driver.open { name = "sim", path = read "path" })
local one = assert(agent.new {
  driver = faults.wrap(real, function()
    count = count + 1
    if count == at then os.execute "kill -9 $PPID" end
  end),
  device = { vendor_identifier = ("v"):rep(16), class_identifier = ("c"):rep(16) },
  trust = { tams = { assert(key.load(read "tam")) }, signers = { assert(key.load(read "signer")) } },
  clock = os.time,
})
assert(one:receive("wss://tam.example/teep", read "update"))
