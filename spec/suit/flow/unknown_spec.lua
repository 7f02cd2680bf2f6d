local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, map <const>, try <const>, content <const> = raw.sequence, raw.map, raw.try, raw.content
local one <const> = { { "a" } }
local OVERRIDE <const>, RUN <const>, WRITE <const>, ABORT <const> = 20, 32, 18, 14

describe("control flow of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("unknown commands and parameters", function()
    for what, commands in pairs{ ["command 99"] = { 99, 15 }, ["parameter 99"] = { OVERRIDE, map{ [99] = "x" } } } do
      local inner <const> = seq(table.unpack(commands))

      it(what .. " is refused in a branch, too, before anything runs (S-100, e7)", function()
        for _, install in ipairs{
          seq(try(inner, cbor.null)), seq(try(seq(ABORT, 0), inner)), seq(RUN, inner), seq(RUN, seq(try(inner, cbor.null))),
        } do
          local outcome <const> = sim:execute(one, install)
          assert.matches("unsupported", outcome.code)
          assert.matches("not supported", outcome.message, 1, true)
        end
      end)

      it(what .. " is by request refused only when it is run, in try-each alone", function()
        local given <const> = { rules = { lenient_unknown = true } }
        sim:stores({ false }, one, seq(try(seq(3, 0), cbor.null)), given)
        sim:stores({ "x" }, one, seq(try(seq(OVERRIDE, content "x", WRITE, 2), inner)), given)
        for _, install in ipairs{ seq(try(inner, cbor.null)), seq(RUN, inner) } do
          assert.matches("unsupported", sim:execute(one, install, given).code)
        end
      end)
    end
  end)
end)
