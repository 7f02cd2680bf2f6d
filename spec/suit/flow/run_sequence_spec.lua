local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, content <const> = raw.sequence, raw.content
local one <const>, three <const> = { { "a" } }, { { "a" }, { "b" }, { "c" } }
local SET <const>, IF_UNSET <const>, OVERRIDE <const>, RUN <const> = 12, 19, 20, 32
local WRITE <const>, CHECK <const>, ABORT <const> = 18, 6, 14
local soft <const>, hard <const> = cbor.map{ { 13, true } }, cbor.map{ { 13, false } }

describe("control flow of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("run-sequence", function()
    it("fails as its sequence does (S-024)", function()
      sim:rejects("condition_failed", 10, one, seq(RUN, seq(ABORT, 15), OVERRIDE, content "x", WRITE, 2))
    end)

    it("is left by a soft failure, and what follows is run (P-26, S-040)", function()
      sim:stores({ "x" }, one, seq(
        RUN, seq(OVERRIDE, soft, ABORT, 15, OVERRIDE, content "never", WRITE, 2), OVERRIDE, content "x", WRITE, 2))
    end)

    it("is ended by a directive, whatever soft-failure says (S-022)", function()
      sim:rejects("parameter_unset", 8, one, seq(RUN, seq(OVERRIDE, soft, WRITE, 2)))
    end)

    it("runs once for each component with its own index (S-024, S-023)", function()
      sim:stores({ "a", "x", "x" }, three, seq(SET, 0, OVERRIDE, content "a", WRITE, 2,
        SET, cbor.array{ 2, 1 }, RUN, seq(OVERRIDE, content "x", WRITE, 2, CHECK, 2)))
    end)

    it("reports where it failed, counted in the section as a whole", function()
      local inner <const> = seq(3, 15)
      local install <const> = seq(RUN, seq(RUN, inner))
      local outcome <const> = sim:rejects("condition_failed", 10, one, install)
      assert.same({ 20, (install:find(inner, 1, true)) }, { outcome.failure.section, outcome.failure.offset })
    end)
  end)

  describe("soft-failure", function()
    it("is refused outside of nested sequences, in every section (S-040, e8)", function()
      sim:rejects("command_forbidden", 5, one, seq(OVERRIDE, soft, OVERRIDE, content "x", WRITE, 2))
      sim:rejects("command_forbidden", 5, one, seq(OVERRIDE, hard))
      sim:rejects("command_forbidden", 5, one, seq(IF_UNSET, soft))
      sim:rejects("command_forbidden", 5, one, seq(OVERRIDE, content "x", WRITE, 2), nil, seq(OVERRIDE, soft))
    end)
  end)
end)
