local component_id <const> = require "teep.component_id"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, content <const>, from <const> = raw.sequence, raw.content, raw.from
local two <const> = { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, WRITE <const>, COPY <const>, SWAP <const>, FETCH <const> = 12, 20, 18, 22, 31, 21

describe("storage of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("a component that another manifest holds", function()
    local function holding(id)
      return { keep = function(other) return component_id.equal(id, other) end }
    end

    before_each(function()
      sim:stores({ "1", "2" }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2, SET, 1, OVERRIDE, content "2", WRITE, 2))
    end)

    it("is written, copied to and swapped by none (S-067, S-075)", function()
      for _, install in ipairs{
        seq(SET, 0, OVERRIDE, content "new", WRITE, 2), seq(SET, 0, OVERRIDE, from(1), COPY, 2),
        seq(SET, 0, OVERRIDE, from(1), SWAP, 2), seq(SET, 1, OVERRIDE, from(0), SWAP, 2),
        seq(SET, 0, OVERRIDE, raw.uri "#p", FETCH, 2),
      } do
        sim:rejects("component_in_use", 11, two, install, holding{ "a" })
      end
    end)

    it("is shared where it would be the same (S-067)", function()
      local outcome <const> = sim:stores({ "1", "2" }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2), holding{ "a" })
      assert.same({}, outcome.installed)
      sim:stores({ "1", "1" }, two, seq(SET, 1, OVERRIDE, from(0), COPY, 2))
      sim:stores({ "1", "1" }, two, seq(SET, 0, OVERRIDE, from(1), COPY, 2), holding{ "a" })
    end)

    it("may be copied from", function()
      sim:stores({ "1", "1" }, two, seq(SET, 1, OVERRIDE, from(0), COPY, 2), holding{ "a" })
    end)
  end)
end)
