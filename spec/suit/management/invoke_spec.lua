local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, map <const> = raw.sequence, raw.map
local OVERRIDE <const> = 20

describe("update management and identities:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("invoke", function()
    local function invoking(invoke, options)
      options = options or {}
      return sim:process(raw.make{
        shared = false, fields = { [9] = invoke, [20] = options.install or false, [24] = false, [7] = options.validate },
      }, { procedure = options.procedure or "invocation" })
    end

    it("names what is to be started once the procedure is over (S-050)", function()
      assert.is_true(sim:process(raw.make()).ok)
      local outcome <const> = invoking(seq(OVERRIDE, map{ [23] = ("a"):rep(600) }, 23, 2))
      assert.is_true(outcome.ok, outcome.message)
      assert.same({ { component_id = raw.component, arguments = ("a"):rep(600) } }, outcome.invocations)
    end)

    it("fails for a component that is absent, and starts nothing (S-022)", function()
      local outcome <const> = invoking(seq(23, 2))
      assert.same({ "operation_failed", 11, 9 }, { outcome.code, outcome.reason, outcome.failure.section })
      assert.same({}, outcome.invocations)
    end)

    it("comes after validate and load, which have to hold (S-019)", function()
      assert.is_true(sim:process(raw.make()).ok)
      local outcome <const> = invoking(seq(23, 2), { validate = seq(14, 15) })
      assert.same({ "condition_failed", 7 }, { outcome.code, outcome.failure.section })
      assert.same({}, outcome.invocations)
    end)

    it("is refused in every other section, and nothing is written in invoke", function()
      assert.equal("command_forbidden", invoking(false, { procedure = "update", install = seq(23, 2) }).code)
      for code in pairs{ [18] = 1, [21] = 1, [22] = 1, [31] = 1, [33] = 1 } do
        assert.equal("command_forbidden", invoking(seq(code, 2)).code)
      end
    end)

    it("is no part of an Update, where there has to be something else", function()
      assert.equal("nothing_to_do", invoking(seq(23, 2), { procedure = "update" }).code)
      assert.equal("nothing_to_do", sim:process(raw.make(), { procedure = "invocation" }).code)
    end)
  end)
end)
