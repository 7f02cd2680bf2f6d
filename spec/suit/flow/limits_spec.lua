local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local seq <const>, try <const>, content <const> = raw.sequence, raw.try, raw.content
local one <const>, two <const> = { { "a" } }, { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, RUN <const>, WRITE <const>, CHECK <const>, ABORT <const> = 12, 20, 32, 18, 6, 14

describe("control flow of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("limits", function()
    local function nested(depth)
      local inner = seq(OVERRIDE, content "x", WRITE, 2)
      for _ = 1, depth do inner = seq(RUN, inner) end
      return inner
    end

    local function verify(install, limits)
      local verified <const>, message, code = suit.verify(raw.make{ fields = { [20] = install } }, {
        keys = raw.trusted, limits = limits,
      })
      return verified and "ok" or code, message
    end

    it("on sequences within sequences (D19)", function()
      assert.equal("ok", verify(nested(8)))
      assert.equal("limit_reached", verify(nested(9)))
      sim:stores({ "x" }, one, nested(8))
      assert.equal("limit_reached", verify(nested(3), { nesting = 2 }))
    end)

    it("on the sequences of a try-each (D19)", function()
      local list <const> = {}
      for i = 1, 16 do list[i] = seq(ABORT, 0) end
      assert.equal("ok", verify(seq(try(table.unpack(list)))))
      list[17] = cbor.null
      assert.equal("limit_reached", verify(seq(try(table.unpack(list)))))
    end)

    it("on the commands that run, for each component, which loops multiply (D19)", function()
      local function given(steps) return { limits = { steps = steps } } end
      -- true, run-sequence; then in it for each of two: three commands, of which write is for two.
      local install <const> = seq(SET, true, RUN, seq(SET, true, OVERRIDE, content "x", WRITE, 2))
      local outcome = sim:execute(two, install, given(9))
      assert.same({ "limit_reached" }, { outcome.code })
      sim:stores({ "x", "x" }, two, install, given(10))
      local bomb = seq(SET, true, CHECK, 0)
      for _ = 1, 7 do bomb = seq(SET, true, OVERRIDE, content "x", RUN, bomb) end
      outcome = sim:execute({ { "a" }, { "b" }, { "c" }, { "d" } }, seq(SET, true, OVERRIDE, content "x", WRITE, 2, RUN, bomb))
      assert.equal("limit_reached", outcome.code)
    end)

    it("on the length of a URI (D19)", function()
      local function uri(length) return seq(try(seq(OVERRIDE, raw.uri(("u"):rep(length))), cbor.null)) end
      sim:stores({ false }, one, uri(2048))
      sim:rejects("limit_reached", 1, one, uri(2049))
    end)

    it("on the records of a report (D19)", function()
      local install <const> = seq(try(seq(ABORT, 2), cbor.null), try(seq(ABORT, 2), cbor.null))
      assert.equal(2, #sim:execute(one, install, { limits = { records = 2 } }).records)
      assert.equal(1, #sim:execute(one, install, { limits = { records = 1 } }).records)
    end)
  end)
end)
