local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, content <const> = raw.sequence, raw.content
local one <const> = { { "a" } }
local OVERRIDE <const>, WRITE <const>, CHECK <const>, NOT_MATCH <const> = 20, 18, 6, 25

describe("storage of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("conditions on what is stored:", function()
    it("check-content wants the very bytes (S-045)", function()
      sim:stores({ "abc" }, one, seq(OVERRIDE, content "abc", WRITE, 2, CHECK, 15))
      sim:stores({ "abc" }, one, seq(OVERRIDE, content "abc", CHECK, 15))
      for _, other in ipairs{ "abd", "ab", "abcd", "" } do
        sim:rejects("condition_failed", 10, one, seq(OVERRIDE, content(other), CHECK, 15))
      end
    end)

    it("check-content fails without content, set or there (S-042, S-045)", function()
      sim:rejects("condition_failed", 10, one, seq(CHECK, 15))
      sim:rejects("condition_failed", 10, one, seq(OVERRIDE, content "abc", CHECK, 15))
    end)

    it("check-content that fails stops what comes after it (S-042, e3)", function()
      local install <const> = seq(OVERRIDE, content "x", CHECK, 15, WRITE, 2)
      local outcome <const> = sim:rejects("condition_failed", 10, one, install)
      assert.same({ 20, #install - 4 }, { outcome.failure.section, outcome.failure.offset })
    end)

    it("image-not-match is the opposite of image-match, and wants a component, too (S-042)", function()
      sim:rejects("condition_failed", 10, one, seq(OVERRIDE, raw.stated "abc", NOT_MATCH, 15))
      sim:rejects("condition_failed", 10, one, seq(NOT_MATCH, 15))
      sim:stores({ "abc" }, one, seq(OVERRIDE, content "abc", WRITE, 2, OVERRIDE, raw.stated "abd", NOT_MATCH, 15))
      local outcome <const> = sim:rejects("condition_failed", 10, one, seq(OVERRIDE, raw.stated "abc", NOT_MATCH, 15))
      assert.equal(crypto.digest("SHA-256", "abc"), outcome.failure.parameters.image_digest.bytes)
    end)
  end)
end)
