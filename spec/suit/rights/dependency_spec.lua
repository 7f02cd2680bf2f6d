local raw <const> = require "fixtures.suit_raw"
local signers <const> = require "fixtures.suit_signers"
local tree <const> = require "fixtures.suit_tree"

local seq <const>, map <const> = raw.sequence, raw.map

describe("rights of signers:", function()
  local sim

  before_each(function() sim = signers.new() end)
  after_each(function() sim:close() end)

  describe("a dependency", function()
    local function entries(parent, child)
      return signers.rights({ modify = parent }, { modify = child })
    end

    local function tree_of(name)
      local manifest <const> = tree.child_manifest()
      local block <const> = signers.second_block(tree.digest(manifest))
      return tree.parent{
        common = { [1] = tree.dependencies{ [1] = name or tree.child_id } },
        child = raw.envelope(manifest, { blocks = { block }, members = { ["#0"] = false } }),
      }
    end

    it("runs with those of its own signer (S-060, S-080)", function()
      sim:permits(tree_of(), entries({ { "parent" }, tree.child_id }, { tree.child_component }))
      sim:denies(tree_of(), entries({ {} }, {}))
      sim:denies(tree_of(), entries({ {} }, { { "parent" } }))
    end)

    it("has its identity from its signer or its dependent's, so that it takes nobody else's place (S-080)", function()
      local named <const> = tree_of{ "parent", "child" }
      sim:denies(named, entries({ { "parent" } }, { tree.child_component }))
      sim:permits(named, entries({ { "parent" } }, { { "child" } }))
    end)

    -- A dependent that sets a parameter for its dependency, which installs by these commands.
    local function setting(...)
      local manifest <const> = tree.child_manifest{ fields = { [20] = seq(...) } }
      local block <const> = signers.second_block(tree.digest(manifest))
      return tree.parent{
        components = { tree.parent_component, tree.child_component },
        common = { [1] = tree.dependencies{ [2] = { "parent", "child" } } },
        child = raw.envelope(manifest, { blocks = { block }, members = { ["#0"] = false } }),
        fields = {
          [15] = seq(12, 2, 20, tree.dependency(manifest, "#child"), 21, 2),
          [20] = seq(12, 1, 20, map{ [18] = "of the dependent" }, 12, 2, 7, 15, 11, 2), [24] = false,
        },
      }
    end

    it("may use parameters its dependent has set, which its own signer could not (S-051)", function()
      local envelope <const> = setting(18, 2)
      local rights <const> = entries({ { "parent" }, tree.child_component }, { { "child" } })
      rights[signers.second:thumbprint()].parameters = { 3 }
      sim:permits(envelope, rights)
      assert.equal("of the dependent", sim:content(tree.child_component))
      rights[raw.signer:thumbprint()].parameters = { 3, 21 }
      sim:denies(envelope, rights)
    end)

    it("gets no parameters from a signer that may only read its components (S-051)", function()
      local rights <const> = entries({ { "parent" } }, { { "child" } })
      rights[raw.signer:thumbprint()].read = { tree.child_component }
      local envelope <const> = setting(19, map{ [18] = "default" }, 18, 2)
      sim:permits(envelope, rights)
      assert.equal("default", sim:content(tree.child_component))
      sim:permits(envelope, entries({ { "parent" }, tree.child_component }, { { "child" } }))
      assert.equal("of the dependent", sim:content(tree.child_component))
    end)

    it("runs with those of its dependent by request only", function()
      sim:permits(tree_of(), entries({ {} }, { { "nothing" } }), { merge_rights = true })
      sim:denies(tree_of(), entries({ { "parent" }, tree.child_id }, { { "nothing" } }), { merge_rights = true })
    end)
  end)
end)
