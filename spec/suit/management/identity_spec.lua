local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, map <const> = raw.sequence, raw.map
local OVERRIDE <const> = 20

describe("update management and identities:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  it("device-identifier is compared byte by byte (S-044, S-037)", function()
    local able <const> = { device_identifier = ("d"):rep(16) }
    sim:holds(map{ [24] = ("d"):rep(16) }, 24, able)
    sim:fails(map{ [24] = ("e"):rep(16) }, 24, able)
    sim:fails(map{}, 24, able)
  end)

  it("vendor-identifier may be a private enterprise number (S-037)", function()
    local pen <const> = cbor.tag(112, "\x04\xD2")
    sim:holds(map{ [1] = pen }, 1, { vendor_identifier = "\x04\xD2" })
    sim:fails(map{ [1] = pen }, 1)
  end)

  it("vendor and class may be demanded of every shared sequence (S-014)", function()
    local given <const> = { rules = { identity_checks = true } }
    local function shared(...) return raw.make{ shared = seq(OVERRIDE, raw.image(raw.payload), ...) } end
    assert.is_true(sim:process(raw.make(), given).ok)
    for _, envelope in ipairs{ shared(1, 15), shared(2, 15), shared(3, 15), raw.make{ shared = false } } do
      local outcome <const> = sim:process(envelope, given)
      assert.same({ "condition_failed", 10 }, { outcome.code, outcome.reason })
    end
  end)

  it("unknown rules throw", function()
    assert.error_matches(function() sim:process(raw.make(), { rules = { lenient = true } }) end, "no such SUIT rule: lenient")
  end)
end)
