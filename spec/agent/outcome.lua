-- What an agent of agent.scene has answered to an Update, and what the Update changed.
local assert <const> = require "luassert"
local scene <const> = require "agent.scene"

local outcome = {}

function outcome.succeeded(given)
  assert.equal("success", given.type, given.err_msg)
  return given
end

function outcome.failed(given, err_code, text)
  assert.equal("error", given.type)
  assert.equal(err_code, given.err_code, given.err_msg)
  if text then assert.is_truthy(given.err_msg:find(text, 1, true), given.err_msg) end
  return given
end

-- Runs `act`, which must be refused, and checks that nothing durable changed but spent tokens.
function outcome.unchanged(device, act)
  local app <const>, lib <const> = { "app" }, { "lib" }
  local before <const>, status <const> = device:snapshot(app, lib), device.agent:status()
  act()
  local after <const>, now <const> = device:snapshot(app, lib), device.agent:status()
  before[1], after[1] = nil, nil
  assert.same(before, after)
  for _, list in ipairs { "components", "manifests", "requested", "unneeded" } do
    assert.same(status[list], now[list])
  end
end

-- A device with app.suit at sequence number 5.
function outcome.installed()
  local device <const> = scene.new()
  outcome.succeeded(device:update { scene.envelope { sequence = 5 } })
  return device
end

return outcome
