local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, content <const>, from <const> = raw.sequence, raw.content, raw.from
local one <const>, two <const> = { { "a" } }, { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, WRITE <const>, CHECK <const>, COPY <const> = 12, 20, 18, 6, 22
local SWAP <const>, FETCH <const>, UNLINK <const>, NOT_MATCH <const> = 31, 21, 33, 25

describe("storage of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("what was fetched", function()
    local fetch <const> = { OVERRIDE, raw.uri "#p", FETCH, 2 }
    local function fetched(...) return seq(fetch, ...) end

    it("is refused where nothing in the manifest was compared with it, integrated or not (S-019)", function()
      local outcome <const> = sim:rejects("payload_unconfirmed", 4, one, fetched())
      assert.matches("a: neither image-match nor check-content", outcome.message, 1, true)
      assert.same({ 20, #fetched() - 2, 0 }, { outcome.failure.section, outcome.failure.offset, outcome.failure.component_index })
      sim:rejects("payload_unconfirmed", 4, one, fetched(OVERRIDE, raw.stated(raw.payload)))
      sim:rejects("payload_unconfirmed", 4, one, fetched(OVERRIDE, raw.stated "other", NOT_MATCH, 15))
      sim:rejects("payload_unconfirmed", 4, one, seq(OVERRIDE, raw.uri "x:y", FETCH, 2), {
        fetch = function(_, _, sink) return sink(raw.payload) end,
      })
    end)

    it("is refused where it was compared before it was fetched, or before it was fetched again (S-019)", function()
      sim:stores({ raw.payload }, one, fetched(raw.compared(raw.payload)))
      sim:rejects("payload_unconfirmed", 4, one, seq(OVERRIDE, raw.stated(raw.payload), 3, 15, OVERRIDE, raw.uri "#p", FETCH, 2))
      sim:rejects("payload_unconfirmed", 4, one, fetched(OVERRIDE, raw.stated(raw.payload), 3, 15, FETCH, 2))
    end)

    it("counts once image-match or check-content has held for it, in whatever section (S-019)", function()
      sim:stores({ raw.payload }, one, fetched(raw.compared(raw.payload)))
      sim:stores({ raw.payload }, one, fetched(OVERRIDE, content(raw.payload), CHECK, 15))
      local outcome <const> = sim:process(raw.make{ shared = false, fields = {
        [16] = fetched(), [20] = false, [7] = seq(raw.compared(raw.payload)),
      }, envelope = { members = { ["#p"] = raw.payload } } })
      assert.is_true(outcome.ok, outcome.message)
    end)

    it("needs not be compared where nothing of it is left", function()
      sim:stores({ false }, one, fetched(UNLINK, 2))
      sim:stores({ "x" }, one, fetched(OVERRIDE, content "x", WRITE, 2))
    end)

    it("is no better for being copied or swapped (S-019)", function()
      local first <const>, second <const> = { SET, 0, OVERRIDE, raw.uri "#p", FETCH, 2 }, { SET, 1, OVERRIDE, from(0) }
      local function copied(...) return seq(first, ...) end
      local compared <const>, at <const> = { raw.compared(raw.payload) }, { SET, 0 }
      sim:rejects("payload_unconfirmed", 4, two, copied(second, { COPY, 2 }))
      sim:rejects("payload_unconfirmed", 4, two, copied(second, { COPY, 2 }, at, compared))
      sim:rejects("payload_unconfirmed", 4, two, copied(second, { COPY, 2 }, compared))
      sim:stores({ raw.payload, raw.payload }, two, copied(compared, second, { COPY, 2 }))
      sim:rejects("payload_unconfirmed", 4, two, copied(second, { SWAP, 2 }))
      -- Back again, by a command that runs on the other component.
      local outcome <const> = sim:rejects("payload_unconfirmed", 4, two, copied(second, { SWAP, 2, SWAP, 2 }))
      assert.equal(1, outcome.failure.component_index)
      sim:stores({ raw.payload, raw.payload }, two, copied(compared, second, { SWAP, 2 }))
    end)
  end)
end)
