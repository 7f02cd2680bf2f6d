local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local map <const> = raw.map

describe("update management and identities:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  it("use-before compares times of 64 bits (S-101)", function()
    local now = 1000
    local able <const> = { clock = function() return now end }
    sim:fails(map{ [4] = 1000 }, 4, able)
    sim:holds(map{ [4] = 1001 }, 4, able)
    sim:holds(map{ [4] = cbor.integer(-1) }, 4, able)
    now = math.mininteger -- 2^63
    sim:fails(map{ [4] = math.maxinteger }, 4, able)
    sim:fails(map{}, 4, able)
  end)

  it("minimum-battery wants as much as is stated", function()
    local able <const> = { battery = function() return 500 end }
    sim:holds(map{ [26] = 500 }, 26, able)
    assert.equal(500, sim:fails(map{ [26] = 501 }, 26, able).failure.parameters.minimum_battery)
    sim:fails(map{}, 26, able)
  end)

  it("update-authorized leaves it to the device what is urgent enough (S-101)", function()
    local able <const> = { authorized = function(priority) return priority <= 3 end }
    sim:holds(map{ [27] = 3 }, 27, able)
    sim:holds(map{ [27] = -9 }, 27, able)
    sim:fails(map{ [27] = 4 }, 27, able)
    sim:fails(map{}, 27, able)
  end)

  it("component-slot is that of the component", function()
    local able <const> = { slot = function(id) return id[1] == raw.component[1] and 0 or nil end }
    sim:holds(map{ [5] = 0 }, 5, able)
    sim:fails(map{ [5] = 1 }, 5, able)
    sim:fails(map{}, 5, able)
    sim:fails(map{ [5] = 1 }, 5, { slot = function() end })
  end)
end)
