local cbor <const> = require "teep.cbor"
local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"
local tree <const> = require "fixtures.suit_tree"

local seq <const> = raw.sequence
local manifest <const> = tree.child_manifest()

describe("dependencies of a manifest", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("when their dependent is uninstalled", function()
    -- The host of the processor has kept the envelope and its digest.
    local function kept(more)
      local options <const> = {
        procedure = "uninstall",
        dependency = function(id)
          assert.same(tree.child_id, id)
          return suit.strip(tree.child()), crypto.digest("SHA-256", cbor.encode(manifest))
        end,
      }
      for name, value in pairs(more or {}) do options[name] = value end
      return options
    end

    for name, section in pairs{
      ["unlink"] = seq(12, 1, 33, 2, 12, 0, 33, 2),
      ["process-dependency, as the examples have it"] = seq(12, 1, 11, 2, 12, 0, 33, 2),
    } do
      local parent <const> = tree.parent{ fields = { [24] = section } }

      it("are uninstalled by " .. name .. ", by the digest they were installed with (P-10, P-11, S-075)", function()
        sim:installs(parent)
        local outcome <const> = sim:process(suit.strip(parent), kept())
        assert.is_true(outcome.ok, outcome.message)
        assert.is_true(outcome.dependencies[1].removed)
        assert.is_nil(sim:content(tree.child_component))
        assert.is_nil(sim:content(tree.parent_component))
      end)

      it("stay for others that need them, with " .. name .. " (S-067, S-074)", function()
        sim:installs(parent)
        local outcome <const> = sim:process(suit.strip(parent), kept{
          keep = function(id, identities)
            assert.same({ tree.parent_id }, identities)
            return component_id.equal(id, tree.child_id)
          end,
        })
        assert.is_true(outcome.ok, outcome.message)
        assert.same({}, outcome.dependencies)
        assert.equal(tree.child_content, sim:content(tree.child_component))
      end)
    end

    it("are left to the host when they are not what was installed, or gone", function()
      sim:installs(tree.parent())
      for _, dependency in ipairs{
        function() return tree.child(), ("d"):rep(32) end, function() return "rubbish", ("d"):rep(32) end, function() end,
      } do
        local outcome <const> = sim:process(tree.parent{ child = false }, kept{ dependency = dependency })
        assert.is_true(outcome.ok, outcome.message)
        assert.same({}, outcome.dependencies)
        assert.equal(tree.child_content, sim:content(tree.child_component))
      end
    end)

    it("are given up once", function()
      sim:installs(tree.parent())
      local outcome <const> = sim:process(tree.parent{
        child = false, fields = { [24] = seq(12, 1, 33, 2, 11, 2, 12, 0, 33, 2) },
      }, kept())
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(1, #outcome.dependencies)
    end)
  end)
end)
