-- Manifests that bring other manifests along: all are there, or none, whenever the power fails.
local family <const> = require "agent.family"
local faults <const> = require "agent.faults"
local raw <const> = require "fixtures.suit_raw"
local scene <const> = require "agent.scene"
local tree <const> = require "fixtures.suit_tree"

local seq <const> = raw.sequence

describe("an agent and dependencies:", function()
  local device

  after_each(scene.clean)

  describe("after a power cut at any step", function()
    local DEAD <const> = "power cut"

    -- `act` on a device that `prepare` has made, dying at every step of it; what is there afterwards is one of `wanted`,
    -- in the ledger and in bytes, and every one of them is met.
    local function at_every_step(prepare, act, wanted)
      local met, at = {}, 0
      repeat
        at = at + 1
        local count, last = 0, nil
        device = family.device({}, function(driver)
          return faults.wrap(driver, function()
            count = count + 1
            if last and count >= last then error(DEAD, 0) end
          end)
        end)
        prepare()
        count, last = 0, at
        local survived <const>, reason <const> = pcall(act)
        last = nil
        if not survived then assert.equal(DEAD, reason) end
        device:restart()
        local found <const> = ("%s %s"):format(device:read(tree.parent_component), device:read(tree.child_component))
        assert.is_truthy(wanted[found], found)
        assert.same(wanted[found], family.installed(device))
        assert.is_nil(device.agent.ledger.state.intent)
        met[found] = true
        scene.clean()
      until survived
      for found in pairs(wanted) do assert.is_true(met[found], found) end
      assert.is_true(at > 8)
    end

    local whole <const> = tree.parent_content .. " " .. tree.child_content
    local function install() family.succeeds(device, { tree.parent() }) end

    it("both are there, or neither (S-020)", function()
      at_every_step(function() end, install, { ["nil nil"] = {}, [whole] = family.both })
    end)

    it("both are of the old version, or of the new one (S-020)", function()
      at_every_step(install, function()
        local newer <const> = tree.child_manifest{ fields = { [2] = 2, [20] = seq(tree.write "newer") } }
        family.succeeds(device, { tree.parent{ manifest = newer, fields = { [2] = 2 } } })
      end, { [whole] = family.both, [tree.parent_content .. " newer"] = family.both })
    end)

    it("both are uninstalled, or neither (S-020)", function()
      local function uninstall() family.succeeds(device, nil, { tree.parent_id }) end
      at_every_step(install, uninstall, { ["nil nil"] = {}, [whole] = family.both })
    end)

    it("a dependency is dropped with the version that needed it, or stays with it (S-020)", function()
      at_every_step(install, function()
        family.succeeds(device, {
          raw.make{
            components = { tree.parent_component }, shared = false,
            fields = { [2] = 2, [5] = raw.array(tree.parent_id), [20] = seq(tree.write "alone"), [24] = false },
          },
        })
      end, { [whole] = family.both, ["alone nil"] = { ["parent/suit"] = "parent/app" } })
    end)
  end)
end)
