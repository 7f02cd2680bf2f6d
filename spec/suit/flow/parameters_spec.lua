local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, map <const>, try <const>, content <const>, from <const> = raw.sequence, raw.map, raw.try, raw.content, raw.from
local one <const>, two <const>, three <const> = { { "a" } }, { { "a" }, { "b" } }, { { "a" }, { "b" }, { "c" } }
local SET <const>, IF_UNSET <const>, OVERRIDE <const>, RUN <const>, WRITE <const> = 12, 19, 20, 32, 18
local ABORT <const>, COPY <const>, MULTIPLE <const>, COPY_PARAMS <const> = 14, 22, 34, 35

describe("control flow of a manifest:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("parameters", function()
    it("are set by set-parameters only when they are not set yet", function()
      sim:stores({ "1" }, one, seq(OVERRIDE, content "1", IF_UNSET, content "2", WRITE, 2))
      sim:stores({ "2" }, one, seq(IF_UNSET, content "2", WRITE, 2))
      sim:stores({ "4" }, one, seq(IF_UNSET, content "3", OVERRIDE, content "4", WRITE, 2))
    end)

    it("are set by set-parameters in a shared sequence as well (P-07)", function()
      sim:stores({ "s" }, one, seq(WRITE, 2), nil, seq(IF_UNSET, content "s"))
    end)

    it("go to several components by override-multiple, the last of which is chosen then", function()
      local each <const> = map{ [0] = content "x", [1] = content "y" }
      sim:stores({ false, "y" }, two, seq(MULTIPLE, each, WRITE, 2))
      sim:stores({ "x", "y" }, two, seq(MULTIPLE, each, SET, true, WRITE, 2))
    end)

    it("are taken over from other components by copy-params", function()
      sim:stores({ false, "x" }, two, seq(SET, 0, OVERRIDE, content "x", SET, 1, COPY_PARAMS,
        map{ [0] = cbor.array{ 18 } }, WRITE, 2))
    end)

    it("cannot be taken over where they are not set, or belong to no component", function()
      sim:rejects("parameter_unset", 8, two, seq(SET, 1, COPY_PARAMS, map{ [0] = cbor.array{ 18 } }))
      for _, label in ipairs{ 12, 13, 99, -300 } do
        sim:rejects("parameter_unsupported", 8, two, seq(SET, 1, COPY_PARAMS, map{ [0] = cbor.array{ label } }))
      end
    end)

    it("name components that are there (e10)", function()
      for _, install in ipairs{
        seq(SET, 200, ABORT, 0), seq(SET, 0, MULTIPLE, map{ [2] = content "x" }),
        seq(SET, 0, COPY_PARAMS, map{ [2] = cbor.array{ 18 } }), seq(SET, 0, OVERRIDE, from(2)),
        seq(SET, 0, RUN, seq(SET, 2, ABORT, 0)), seq(SET, 0, try(seq(ABORT, 0), seq(SET, 7, ABORT, 0))),
      } do
        sim:rejects("component_unsupported", 6, two, install)
      end
    end)

    it("with a source are about the component it was set for (P-15)", function()
      sim:stores({ "x", "x", "x" }, three, seq(SET, 0, OVERRIDE, content "x", WRITE, 2, SET, 1, OVERRIDE, from(0),
        COPY, 2, SET, 2, COPY_PARAMS, map{ [1] = cbor.array{ 22 } }, COPY, 2))
    end)
  end)
end)
