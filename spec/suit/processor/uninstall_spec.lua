local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

describe("teep.suit.process", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("uninstall", function()
    local function uninstall(options, envelope)
      options = options or {}
      options.procedure = "uninstall"
      return sim:process(envelope or raw.make(), options)
    end

    it("removes what was installed", function()
      sim:installs(raw.make())
      local outcome <const> = uninstall()
      assert.is_true(outcome.ok, outcome.message)
      assert.same({ raw.component }, outcome.unlinked)
      assert.same({}, outcome.installed)
      assert.is_nil(sim:content(raw.component))
    end)

    it("does not mind sequence numbers, nor whether there is anything to update", function()
      sim:installs(raw.make())
      local outcome <const> = uninstall({ current = function() return 9 end }, raw.make{ fields = { [20] = false } })
      assert.is_true(outcome.ok, outcome.message)
      assert.is_nil(sim:content(raw.component))
    end)

    it("still finds after unlink what another manifest holds", function()
      sim:installs(raw.make())
      local outcome <const> = sim:process(raw.make{ fields = { [20] = raw.sequence(33, 2, 3, 15) } }, {
        keep = function() return true end,
      })
      assert.is_true(outcome.ok, outcome.message)
      assert.same({ raw.component }, outcome.unlinked)
    end)

    it("leaves the data of a component that another manifest holds (S-074)", function()
      sim:installs(raw.make())
      local asked
      local outcome <const> = uninstall{ keep = function(id) asked = id return true end }
      assert.same({ raw.component }, outcome.unlinked)
      assert.same(raw.component, asked)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("works from an envelope without payloads", function()
      sim:installs(raw.make())
      assert.is_true(uninstall(nil, suit.strip(raw.make())).ok)
      assert.is_nil(sim:content(raw.component))
    end)

    it("checks the device and everything else first", function()
      sim:installs(raw.make())
      local outcome <const> = uninstall{ device = { vendor_identifier = ("o"):rep(16), class_identifier = ("c"):rep(16) } }
      assert.equal("condition_failed", outcome.code)
      assert.equal(24, outcome.failure.section)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("does nothing for a manifest that has no such section", function()
      sim:installs(raw.make())
      local outcome <const> = uninstall(nil, raw.make{ fields = { [24] = false } })
      assert.is_true(outcome.ok)
      assert.same({}, outcome.unlinked)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("forgets in an Update what is staged again after unlink", function()
      sim:installs(raw.make())
      local outcome <const> = sim:installs(raw.make{ fields = { [20] = raw.sequence(33, 2, 20, raw.uri "#0", 21, 2, 3, 15) } })
      assert.same({}, outcome.unlinked)
      assert.equal(1, #outcome.installed)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("finds nothing in an Update where unlink has removed it", function()
      sim:installs(raw.make())
      local outcome <const> = sim:process(raw.make{ fields = { [20] = raw.sequence(33, 2, 3, 15) } })
      assert.equal("condition_failed", outcome.code)
    end)
  end)
end)
