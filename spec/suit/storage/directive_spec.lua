local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, map <const>, content <const>, from <const> = raw.sequence, raw.map, raw.content, raw.from
local one <const>, two <const> = { { "a" } }, { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, WRITE <const>, COPY <const> = 12, 20, 18, 22
local SWAP <const>, FETCH <const>, UNLINK <const> = 31, 21, 33
local function from_uri(uri, payload) return map{ [21] = cbor.text(uri), [14] = #payload } end

describe("storage of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("write", function()
    it("stores what the parameter content holds, the empty string, too", function()
      sim:stores({ "x" }, one, seq(OVERRIDE, content "x", WRITE, 2))
      sim:stores({ "" }, one, seq(OVERRIDE, content "", WRITE, 2))
    end)

    it("fails without content (S-022)", function()
      sim:rejects("parameter_unset", 8, one, seq(WRITE, 2))
    end)

    it("stores no more than image-size (P-28, D19)", function()
      sim:stores({ "xx" }, one, seq(OVERRIDE, map{ [18] = "xx", [14] = 2 }, WRITE, 2))
      sim:rejects("operation_failed", 11, one, seq(OVERRIDE, map{ [18] = "xxx", [14] = 2 }, WRITE, 2))
    end)
  end)

  describe("copy", function()
    it("copies what this manifest has stored", function()
      sim:stores({ "x", "x" }, two, seq(SET, 0, OVERRIDE, content "x", WRITE, 2, SET, 1, OVERRIDE, from(0), COPY, 2))
      sim:stores({ raw.payload, raw.payload }, two, seq(SET, 0, OVERRIDE, raw.uri "#p", FETCH, 2, OVERRIDE,
        raw.stated(raw.payload), 3, 15, SET, 1, OVERRIDE, from(0), COPY, 2))
    end)

    it("copies what was there before, of every size", function()
      for _, size in ipairs{ 0, 1, 65535, 65536, 65537 } do
        local payload <const> = ("p"):rep(size)
        sim:stores({ payload, sim:content{ "b" } or false }, two, seq(SET, 0, OVERRIDE, raw.uri "x:y", FETCH, 2,
          raw.compared(payload)), {
          fetch = function(_, _, sink) return sink(payload) end,
        })
        sim:stores({ payload, payload }, two, seq(SET, 1, OVERRIDE, from(0), COPY, 2))
      end
    end)

    it("fails without a source, set or there (S-048)", function()
      sim:rejects("parameter_unset", 8, two, seq(SET, 1, COPY, 2))
      local outcome <const> = sim:rejects("operation_failed", 11, two, seq(SET, 1, OVERRIDE, from(0), COPY, 2))
      assert.matches("the source a is absent", outcome.message, 1, true)
      sim:stores({ "x", false }, two, seq(SET, 0, OVERRIDE, content "x", WRITE, 2))
      sim:rejects("operation_failed", 11, two, seq(SET, 0, UNLINK, 2, SET, 1, OVERRIDE, from(0), COPY, 2))
    end)

    it("stops at the size that is stated (P-28, D19)", function()
      sim:stores({ "abc", false }, two, seq(SET, 0, OVERRIDE, content "abc", WRITE, 2))
      sim:rejects("operation_failed", 11, two, seq(SET, 1, OVERRIDE, map{ [22] = 0, [14] = 2 }, COPY, 2))
      sim:stores({ "abc", "abc" }, two, seq(SET, 1, OVERRIDE, map{ [22] = 0, [14] = 3 }, COPY, 2))
    end)

    it("keeps no more in memory than it may (D19)", function()
      local install <const> = seq(SET, 0, OVERRIDE, content "abc", WRITE, 2, SET, 1, OVERRIDE, from(0), COPY, 2)
      sim:rejects("limit_reached", 1, two, install, { limits = { buffered_bytes = 2 } })
      sim:stores({ "abc", "abc" }, two, install, { limits = { buffered_bytes = 3 } })
    end)
  end)

  describe("swap", function()
    local install <const> = seq(SET, 0, OVERRIDE, from(1), SWAP, 2)

    it("exchanges what is installed", function()
      sim:stores({ "1", "2" }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2, SET, 1, OVERRIDE, content "2", WRITE, 2))
      local outcome <const> = sim:stores({ "2", "1" }, two, install)
      assert.equal(2, #outcome.installed)
    end)

    it("exchanges what this manifest has stored, and again", function()
      sim:stores({ "2", "1" }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2, SET, 1, OVERRIDE, content "2", WRITE, 2,
        SET, 0, OVERRIDE, from(1), SWAP, 2, SWAP, 2, SWAP, 2))
    end)

    it("fails without a source, set or there (S-048)", function()
      sim:rejects("parameter_unset", 8, two, seq(SET, 0, SWAP, 2))
      sim:rejects("operation_failed", 11, two, install)
      sim:stores({ "1", false }, two, seq(SET, 0, OVERRIDE, content "1", WRITE, 2))
      sim:rejects("operation_failed", 11, two, install)
      sim:rejects("operation_failed", 11, two, seq(SET, 1, OVERRIDE, from(0), SWAP, 2))
    end)
  end)

  describe("fetch", function()
    it("takes integrated payloads by whatever name they have (S-031, P-21)", function()
      sim:stores({ raw.payload }, one, seq(OVERRIDE, raw.uri "#p", FETCH, 2, raw.compared(raw.payload)))
      sim:rejects("payload_not_found", 11, one, seq(OVERRIDE, raw.uri "p", FETCH, 2))
    end)

    it("may be bounded by the size stated (P-28, D19)", function()
      sim:stores({ raw.payload }, one, seq(OVERRIDE, from_uri("#p", raw.payload), FETCH, 2, raw.compared(raw.payload)))
      sim:rejects("operation_failed", 11, one, seq(OVERRIDE, from_uri("#p", raw.payload:sub(2)), FETCH, 2))
    end)
  end)
end)
