local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local seq <const>, map <const>, try <const>, content <const> = raw.sequence, raw.map, raw.try, raw.content
local one <const>, two <const> = { { "a" } }, { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, RUN <const>, WRITE <const>, CHECK <const>, ABORT <const> = 12, 20, 32, 18, 6, 14
local soft <const>, hard <const> = cbor.map{ { 13, true } }, cbor.map{ { 13, false } }

describe("control flow of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("try-each", function()
    it("runs the first sequence that succeeds, and no further one (e2)", function()
      sim:stores({ "first" }, one, seq(try(
        seq(OVERRIDE, content "first", WRITE, 2), seq(OVERRIDE, content "second", WRITE, 2))))
    end)

    it("goes on after a failed condition", function()
      sim:stores({ "second" }, one, seq(try(
        seq(ABORT, 15, OVERRIDE, content "first", WRITE, 2), seq(OVERRIDE, content "second", WRITE, 2))))
    end)

    it("ends with the condition of its last sequence when none succeeds (S-042)", function()
      local install <const> = seq(try(seq(ABORT, 15), seq(OVERRIDE, content "x", CHECK, 15)))
      local outcome <const> = sim:rejects("condition_failed", 10, one, install)
      local start <const> = install:find(seq(OVERRIDE, content "x", CHECK, 15), 1, true)
      assert.equal(start - 1 + #seq(OVERRIDE, content "x", CHECK, 15) - 2, outcome.failure.offset)
      assert.matches("no sequence succeeds", outcome.message, 1, true)
    end)

    it("does nothing, successfully, where null is what is left (P-09)", function()
      sim:stores({ false }, one, seq(try(seq(ABORT, 15), cbor.null)))
      sim:stores({ "then" }, one, seq(try(seq(ABORT, 15), cbor.null), OVERRIDE, content "then", WRITE, 2))
    end)

    it("wants two entries at least, null as the last of them only (P-09)", function()
      local function malformed(...)
        local verified <const>, _, code = suit.verify(raw.make{ fields = { [20] = seq(try(...)) } }, { keys = raw.trusted })
        assert.is_nil(verified)
        return code
      end
      assert.equal("size_out_of_range", malformed())
      assert.equal("size_out_of_range", malformed(seq(ABORT, 15)))
      assert.equal("wrong_type", malformed(cbor.null, seq(ABORT, 15)))
      assert.equal("wrong_type", malformed(seq(ABORT, 15), 1))
      assert.equal("size_out_of_range", malformed(seq(ABORT, 15), "\x80"))
    end)

    it("is ended by a directive that fails, whatever soft-failure says (S-022)", function()
      sim:rejects("parameter_unset", 8, one, seq(try(seq(OVERRIDE, soft, WRITE, 2), cbor.null)))
    end)

    it("goes on to no other sequence when this one is not to fail softly (S-040)", function()
      sim:rejects("condition_failed", 10, one, seq(try(seq(OVERRIDE, hard, ABORT, 15), cbor.null)))
    end)

    it("keeps the parameters a failed sequence has set", function()
      sim:stores({ "left" }, one, seq(try(seq(OVERRIDE, content "left", ABORT, 15), cbor.null), WRITE, 2))
    end)

    it("lets each component choose for itself, with its own index (S-024, e6)", function()
      sim:stores({ "1", "2" }, two, seq(SET, true, try(
        seq(OVERRIDE, map{ [5] = 7 }, 5, 15, OVERRIDE, content "1", WRITE, 2),
        seq(OVERRIDE, content "2", WRITE, 2))), {
        device = raw.device_with{ slot = function(id) return id[1] == "a" and 7 or 8 end },
      })
    end)

    it("does not inherit soft-failure, nor passes it on (S-040)", function()
      -- The inner run-sequence starts hard although the sequence around it is soft.
      sim:stores({ "second" }, one, seq(try(
        seq(RUN, seq(ABORT, 15), OVERRIDE, content "first", WRITE, 2), seq(OVERRIDE, content "second", WRITE, 2))))
      -- What the inner one sets is gone when it ends.
      sim:rejects("condition_failed", 10, { { "n" } }, seq(RUN, seq(RUN, seq(OVERRIDE, soft), ABORT, 15)))
    end)

    it("may fail within another one, which goes on; a rule makes that final (P-26)", function()
      local install <const> = seq(try(
        seq(try(seq(ABORT, 15), seq(ABORT, 15))), seq(OVERRIDE, content "outer", WRITE, 2)))
      sim:stores({ "outer" }, one, install)
      local outcome <const> = sim:execute(one, install, { rules = { exhausted_aborts = true } })
      assert.same({ "condition_failed", 10 }, { outcome.code, outcome.reason })
    end)

    it("reports the failures of sequences that were made up for, and succeeds (S-036)", function()
      local outcome <const> = sim:stores({ false }, one, seq(try(seq(ABORT, 2), cbor.null)))
      assert.equal(1, #outcome.records)
      assert.is_nil(outcome.failure)
    end)

    it("restores the component index when it ends", function()
      sim:stores({ "x", "y" }, two, seq(SET, 0, try(seq(SET, 1, OVERRIDE, content "y", WRITE, 2), cbor.null),
        OVERRIDE, content "x", WRITE, 2))
    end)
  end)
end)
