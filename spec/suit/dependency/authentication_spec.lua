local cbor <const> = require "teep.cbor"
local component_id <const> = require "teep.component_id"
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

  describe("are authenticated:", function()
    local function with_child(envelope) return tree.parent{ child = raw.envelope(manifest, envelope) } end

    it("a stranger's signature does not do (S-060, S-072)", function()
      sim:refuses("unauthorised", 4, with_child{
        blocks = { raw.block(tree.digest(manifest), { key = raw.stranger }) }, members = { ["#0"] = false },
      })
    end)

    it("nor does none, though the digest matches (S-060, S-072)", function()
      sim:refuses("unauthorised", 4, with_child{ blocks = {}, members = { ["#0"] = false } })
      sim:refuses("missing_field", 1, with_child{ members = { [2] = false, ["#0"] = false } })
    end)

    it("nor another digest than the dependent states (S-072)", function()
      local other <const> = tree.child{ fields = { [2] = 7 } }
      sim:refuses("condition_failed", 10, tree.parent{ child = other })
      sim:refuses("digest_mismatch", 4, tree.parent{
        child = other, fields = { [15] = seq(12, 1, 20, tree.dependency(manifest, "#child"), 21, 2) },
      })
    end)

    it("nor bytes that have not the digest of their wrapper (S-072)", function()
      sim:refuses("digest_mismatch", 4, tree.parent{
        child = raw.envelope(tree.child_manifest{ fields = { [2] = 7 } }, {
          payload = tree.digest(manifest), members = { ["#0"] = false },
        }),
        fields = { [15] = seq(12, 1, 20, tree.dependency(manifest, "#child"), 21, 2) },
      })
    end)

    it("the digest has to be set, and the dependency there (S-072)", function()
      sim:refuses("parameter_unset", 8, tree.parent{
        fields = { [15] = seq(12, 1, 20, raw.uri "#child", 21, 2) },
      })
      sim:refuses("payload_not_found", 11, tree.parent{
        child = false, fields = { [15] = seq(12, 1, 20, tree.dependency(manifest), 7, 15) },
      })
    end)

    it("a failure is final, whatever soft-failure says (S-072, S-022)", function()
      local soft <const> = seq(12, 1, 20, raw.map{ [13] = true, [3] = tree.digest "other" }, 7, 15)
      sim:refuses("digest_mismatch", 4, tree.parent{ fields = { [20] = seq(12, 1, 15, cbor.array{ soft, cbor.null }) } })
    end)

    it("a checked one that is fetched again has to be checked again (S-073)", function()
      local evil <const> = tree.child{ fields = { [20] = seq(tree.write "evil") } }
      local function twice(...)
        return tree.parent{
          members = { ["#evil"] = evil },
          fields = { [20] = seq(12, 1, 7, 15, 20, raw.uri "#evil", 21, 2, ...) },
        }
      end
      sim:refuses("dependency_unchecked", 4, twice(11, 2))
      sim:refuses("digest_mismatch", 4, twice(7, 15, 11, 2))
    end)

    it("one that has run is not replaced any more", function()
      sim:refuses("command_forbidden", 5, tree.parent{ fields = { [20] = seq(12, 1, 7, 15, 11, 2, 21, 2) } })
    end)

    it("what was checked for one manifest counts for no other (S-073)", function()
      -- The child depends on the grandchild that its own dependent has checked.
      local grandchild <const> = tree.child_manifest{ fields = { [5] = raw.array{ "grand" } } }
      local child <const> = tree.child_manifest{
        common = { [1] = tree.dependencies{ [1] = { "grand" } } }, fields = { [20] = seq(12, 1, 11, 2), [24] = false },
      }
      sim:refuses("dependency_unchecked", 4, tree.parent{
        manifest = child, members = { ["#grand"] = raw.envelope(grandchild) },
        common = { [1] = tree.dependencies{ [1] = tree.child_id, [2] = { "grand" } } },
        fields = { [20] = seq(12, 2, 20, tree.dependency(grandchild, "#grand"), 21, 2, 7, 15, 12, 1, 7, 15, 11, 2) },
      })
    end)

    it("image-match compares the manifest alone, whatever image-size counts (S-065, P-05)", function()
      for _, size in ipairs{ #tree.child(), #tree.child() + 2 } do
        sim:installs(tree.parent{
          fields = { [15] = seq(12, 1, 20, tree.dependency(manifest, "#child", { [14] = size }), 21, 2, 3, 15) },
        })
      end
      local sized <const> = tree.dependency(manifest, "#child", { [14] = #tree.child() - 1 })
      local outcome <const> = sim:process(tree.parent{ fields = { [15] = seq(12, 1, 20, sized, 21, 2) } })
      assert.equal("operation_failed", outcome.code)
    end)

    it("the map of dependencies is in order (S-065)", function()
      local function common(first, second)
        local map <const> = cbor.map{
          { first, raw.map{ [1] = raw.array{ "a" } } }, { second, raw.map{ [1] = raw.array{ "b" } } },
        }
        return cbor.encode(cbor.map{ { 1, map }, { 2, cbor.array{ raw.array(tree.parent_component) } } }, { keep_order = true })
      end
      local function verify(bytes)
        return suit.verify(raw.make{ fields = { [3] = bytes } }, { keys = raw.trusted })
      end
      assert.is_truthy(verify(common(1, 2)))
      local verified <const>, _, code = verify(common(2, 1))
      assert.same({ nil, "unsorted_keys" }, { verified, code })
    end)

    it("an older one is a rollback (S-008, P-13)", function()
      sim:refuses("rollback", 4, tree.parent(), {
        current = function(identity) return component_id.equal(identity, tree.child_id) and 2 or nil end,
      })
    end)
  end)
end)
