local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, content <const>, from <const> = raw.sequence, raw.content, raw.from
local two <const> = { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, RUN <const>, WRITE <const> = 12, 20, 32, 18
local ABORT <const>, COPY <const>, SWAP <const> = 14, 22, 31
local unordered <const>, ordered <const> = cbor.map{ { 12, false } }, cbor.map{ { 12, true } }

describe("control flow of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("strict order", function()
    it("may be left for what can be done in any order (S-025)", function()
      sim:stores({ "x", "y" }, two, seq(SET, 0, OVERRIDE, unordered, OVERRIDE, content "x", WRITE, 2, SET, 1,
        OVERRIDE, content "y", WRITE, 2))
    end)

    it("refuses without it what is both written and read (S-025)", function()
      local function copy(order)
        return seq(SET, 0, OVERRIDE, order, OVERRIDE, content "x", WRITE, 2, SET, 1, OVERRIDE, from(0), COPY, 2)
      end
      sim:rejects("command_forbidden", 5, two, copy(unordered))
      sim:stores({ "x", "x" }, two, copy(ordered))
    end)

    it("is a barrier when it is set again (S-025, S-027)", function()
      sim:stores({ "x", "x" }, two, seq(SET, 0, OVERRIDE, unordered, OVERRIDE, content "x", WRITE, 2,
        OVERRIDE, ordered, SET, 1, OVERRIDE, from(0), COPY, 2))
    end)

    it("wants run-sequence to name its component first, and once (S-027)", function()
      local write <const> = seq(SET, 0, OVERRIDE, content "x", WRITE, 2)
      sim:stores({ "x", false }, two, seq(SET, 1, OVERRIDE, unordered, RUN, write))
      sim:rejects("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, 0, OVERRIDE, unordered,
        RUN, seq(OVERRIDE, content "x", WRITE, 2)))
      sim:rejects("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, 0, OVERRIDE, unordered,
        RUN, seq(SET, 0, OVERRIDE, content "x", WRITE, 2, SET, 1)))
      sim:rejects("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, 0, OVERRIDE, unordered,
        RUN, seq(SET, 0, RUN, seq(SET, 1, ABORT, 0))))
    end)

    it("lets run-sequence name none where several are preset (S-027)", function()
      sim:stores({ "x", "x" }, two, seq(SET, true, OVERRIDE, unordered, RUN, seq(OVERRIDE, content "x", WRITE, 2)))
      sim:rejects("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, true, OVERRIDE, unordered,
        RUN, seq(SET, 0, OVERRIDE, content "x", WRITE, 2)))
    end)

    it("holds inside of such a run-sequence, and is left again behind it (S-027)", function()
      local inner <const> = seq(SET, 0, OVERRIDE, content "x", WRITE, 2, OVERRIDE, from(0), COPY, 2)
      sim:stores({ "x", false }, two, seq(SET, 1, OVERRIDE, unordered, RUN, inner))
      sim:rejects("command_forbidden", 5, { { "n" }, { "m" } }, seq(SET, 1, OVERRIDE, unordered,
        RUN, seq(SET, 1, OVERRIDE, content "x"), SET, 0, OVERRIDE, content "y", WRITE, 2, SET, 1,
        OVERRIDE, from(0), COPY, 2))
    end)
  end)

  it("swap is refused without strict order, as it reads what it writes (S-025)", function()
    sim:rejects("command_forbidden", 5, two, seq(SET, true, OVERRIDE, content "x", WRITE, 2, SET, 0,
      OVERRIDE, from(1), OVERRIDE, unordered, SWAP, 2))
  end)
end)
