local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, map <const>, content <const>, from <const> = raw.sequence, raw.map, raw.content, raw.from
local one <const>, two <const> = { { "a" } }, { { "a" }, { "b" } }
local SET <const>, OVERRIDE <const>, WRITE <const>, CHECK <const>, COPY <const>, FETCH <const> = 12, 20, 18, 6, 22, 21

describe("storage of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("work", function()
    local limit <const> = { limits = { work_bytes = 10 } }
    local over <const>, within <const> = ("x"):rep(11), ("x"):rep(10)

    it("ends where more bytes are stored than the limit of all of them (D19)", function()
      sim:stores({ within }, one, seq(OVERRIDE, content(within), WRITE, 2), limit)
      local outcome <const> = sim:rejects("limit_reached", 1, one, seq(OVERRIDE, content(over), WRITE, 2), limit)
      assert.matches("more than 10 bytes handled", outcome.message, 1, true)
      sim:stores({ "12345", "12345" }, two, seq(SET, true, OVERRIDE, content "12345", WRITE, 2), limit)
      sim:rejects("limit_reached", 1, two, seq(SET, true, OVERRIDE, content "123456", WRITE, 2), limit)
    end)

    it("counts what is fetched, whatever becomes of it (D19)", function()
      local function fetch(_, _, sink) return sink "12345" end
      local function times(count)
        local branches <const> = cbor.array{}
        for i = 1, count do branches[i] = seq(OVERRIDE, raw.uri "x:y", FETCH, 2, 14, 15) end
        branches[count + 1] = cbor.null
        return seq(15, branches)
      end
      local before <const> = sim:contents(one)
      sim:stores(before, one, times(2), { fetch = fetch, limits = limit.limits })
      sim:rejects("limit_reached", 1, one, times(3), { fetch = fetch, limits = limit.limits })
    end)

    it("counts what conditions measure and compare (D19)", function()
      sim:stores({ "12345" }, one, seq(OVERRIDE, content "12345", WRITE, 2))
      local function matches(...) return seq(OVERRIDE, raw.stated "12345", ...) end
      sim:stores({ "12345" }, one, matches(3, 15, 3, 15), limit)
      sim:rejects("limit_reached", 1, one, matches(3, 15, 3, 15, 3, 15), limit)
      sim:stores({ "12345" }, one, seq(OVERRIDE, content "12345", CHECK, 15), limit)
      sim:rejects("limit_reached", 1, one, seq(OVERRIDE, content "12345", CHECK, 15), { limits = { work_bytes = 9 } })
    end)

    it("counts what is copied: measured, then stored (D19)", function()
      sim:stores({ "12345", false }, two, seq(SET, 0, OVERRIDE, content "12345", WRITE, 2))
      local install <const> = seq(SET, 1, OVERRIDE, from(0), COPY, 2)
      sim:rejects("limit_reached", 1, two, install, { limits = { work_bytes = 9 } })
      sim:stores({ "12345", "12345" }, two, install, limit)
    end)

    it("counts what is decrypted, before and after (D19)", function()
      local function decrypt(_, sink)
        return { update = function(_, bytes) return sink(bytes) end, finish = function() return true end }
      end
      local install <const> = seq(OVERRIDE, map{ [18] = "12345", [19] = "info" }, WRITE, 2)
      sim:rejects("limit_reached", 1, one, install, { decrypt = decrypt, limits = { work_bytes = 9 } })
      sim:stores({ "12345" }, one, install, { decrypt = decrypt, limits = limit.limits })
    end)
  end)
end)
