local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local tree <const> = require "fixtures.suit_tree"

local seq <const> = raw.sequence
local manifest <const> = tree.child_manifest()

describe("dependencies of a manifest", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("end", function()
    it("at a dependency that depends on itself", function()
      -- The digests are set from outside, so that two manifests can name each other.
      local function naming(own, other)
        return tree.child_manifest{
          components = { { own } }, common = { [1] = tree.dependencies{ [1] = { other } } },
          fields = { [5] = raw.array{ own .. "-id" }, [20] = seq(12, 1, 7, 15, 11, 2), [24] = false },
        }
      end
      local a <const>, b <const> = naming("1", "b"), naming("2", "a")
      local parent <const> = tree.parent{
        manifest = a, common = { [1] = tree.dependencies{ [1] = { "a" }, [2] = { "b" } } },
        members = { ["#b"] = raw.envelope(b) },
        fields = {
          [15] = seq(12, 1, 20, tree.dependency(a, "#child"), 21, 2, 12, 2, 20, tree.dependency(b, "#b"), 21, 2),
          [20] = seq(12, 1, 7, 15, 11, 2), [24] = false,
        },
      }
      sim:refuses("dependency_cycle", 5, parent)
    end)

    it("at two manifests with one identity: the older would be run, the newer remembered (D12)", function()
      local older <const>, newer <const> = tree.child_manifest(), tree.child_manifest{ fields = { [2] = 2 } }
      sim:refuses("command_forbidden", 5, tree.parent{
        common = { [1] = tree.dependencies{ [1] = { "newer" }, [2] = { "older" } } }, manifest = newer,
        members = { ["#older"] = raw.envelope(older, { members = { ["#0"] = false } }) },
        fields = {
          [15] = seq(12, 1, 20, tree.dependency(newer, "#child"), 21, 2, 12, 2, 20, tree.dependency(older, "#older"), 21, 2),
          [20] = seq(12, 1, 7, 15, 11, 2, 12, 2, 7, 15, 11, 2),
        },
      })
      sim:refuses("command_forbidden", 5, tree.parent{ id = tree.child_id })
    end)

    it("at a manifest that nothing gives an identity: neither an identifier nor components", function()
      local function of_dependencies(id)
        return tree.parent{
          common = { [2] = false },
          fields = {
            [5] = id and raw.array(id), [24] = false,
            [15] = seq(12, 1, 20, tree.dependency(manifest, "#child"), 21, 2), [20] = seq(12, 1, 7, 15, 11, 2),
          },
        }
      end
      sim:refuses("component_unsupported", 6, of_dependencies(false))
      sim:installs(of_dependencies(tree.parent_id))
    end)

    -- A chain of manifests, each with the next one in its envelope.
    local function chain(length)
      local envelope, last
      for i = length, 1, -1 do
        local id <const> = { ("chain-%d"):format(i) }
        local options <const> = { components = { { "c" .. i } }, fields = { [5] = raw.array(id), [24] = false } }
        if last then
          options.common = { [1] = tree.dependencies{ [1] = { ("chain-%d"):format(i + 1) } } }
          options.fields[20] = seq(12, 1, 20, tree.dependency(last, "#next"), 21, 2, 7, 15, 11, 2)
        end
        local next_manifest <const> = tree.child_manifest(options)
        envelope = raw.envelope(next_manifest, { members = { ["#0"] = false, ["#next"] = envelope or false } })
        last = next_manifest
      end
      return envelope
    end

    it("at a depth of four below the manifest that was sent", function()
      sim:installs(chain(5))
      sim:refuses("limit_reached", 1, chain(6))
      sim:installs(chain(6), { limits = { dependency_depth = 5 } })
    end)

    it("at a number in the whole tree", function()
      sim:installs(chain(4), { limits = { dependencies = 3 } })
      sim:refuses("limit_reached", 1, chain(4), { limits = { dependencies = 2 } })
    end)

    it("at the bytes kept in memory", function()
      sim:installs(tree.parent(), { limits = { buffered_bytes = #tree.child() } })
      local outcome <const> = sim:process(tree.parent(), { limits = { buffered_bytes = #tree.child() - 1 } })
      assert.equal("limit_reached", outcome.code)
    end)
  end)
end)
