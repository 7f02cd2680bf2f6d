local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local tree <const> = require "fixtures.suit_tree"

local seq <const> = raw.sequence

describe("dependencies of a manifest", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("are complete:", function()
    it("a section that the dependent lacks is refused (S-063, P-04)", function()
      local options <const> = { manifest = tree.child_manifest{ fields = { [7] = seq(3, 15) } } }
      local outcome <const> = sim:refuses("dependency_incomplete", 5, tree.parent(options))
      -- When it is entered, before it has run anything.
      assert.matches("dependency child/suit has a section validate, its dependent has none", outcome.message, 1, true)
    end)

    it("a section that the dependent does not have run is refused (S-063, P-04)", function()
      local options <const> = { fields = { [20] = seq(12, 1, 7, 15, 12, 0, tree.write(tree.parent_content)) } }
      sim:refuses("dependency_incomplete", 5, tree.parent(options))
      local outcome <const> = sim:installs(tree.parent(options), { rules = { lenient_completeness = true } })
      assert.matches("its install was not run", outcome.warnings[1], 1, true)
      assert.is_nil(sim:content(tree.child_component))
    end)

    it("one that was given up is not processed, one that was processed is not given up", function()
      sim:refuses("command_forbidden", 5, tree.parent{ fields = { [20] = seq(12, 1, 7, 15, 33, 2, 11, 2) } })
      sim:refuses("command_forbidden", 5, tree.parent{ fields = { [20] = seq(12, 1, 7, 15, 11, 2, 33, 2) } })
    end)

    it("one that never came is refused (S-063)", function()
      local options <const> = { fields = { [15] = false, [20] = seq(12, 0, tree.write(tree.parent_content)) } }
      sim:refuses("parameter_unset", 8, tree.parent(options))
      local outcome <const> = sim:installs(tree.parent(options), { rules = { lenient_completeness = true } })
      assert.same({}, outcome.dependencies)
      assert.equal(1, #outcome.warnings)
    end)
  end)
end)
