local cbor <const> = require "teep.cbor"
local component_id <const> = require "teep.component_id"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local tree <const> = require "fixtures.suit_tree"

local seq <const> = raw.sequence
local manifest <const> = tree.child_manifest()

describe("dependencies of a manifest", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("in an Update", function()
    it("are installed with it, in one transaction", function()
      local outcome <const> = sim:installs(tree.parent())
      assert.equal(tree.child_content, sim:content(tree.child_component))
      assert.equal(tree.parent_content, sim:content(tree.parent_component))
      local child <const> = outcome.dependencies[1]
      assert.same({ tree.child_id, tree.parent_id }, { child.component_id, child.dependent })
      assert.same(tree.child_id, child.verified.identity)
      assert.same(tree.child_component, child.installed[1].component_id)
      assert.same(tree.parent_component, outcome.installed[1].component_id)
      assert.same({}, outcome.warnings)
    end)

    it("may come by URI", function()
      local fetched
      sim:installs(tree.parent{
        child = false,
        fields = { [15] = seq(12, 1, 20, tree.dependency(manifest, "coap://child"), 21, 2, 7, 15) },
      }, {
        fetch = function(uri, _, sink)
          fetched = uri
          return sink(tree.child())
        end,
      })
      assert.equal("coap://child", fetched)
      assert.equal(tree.child_content, sim:content(tree.child_component))
    end)

    it("may be written as content", function()
      sim:installs(tree.parent{
        child = false, fields = { [15] = seq(12, 1, 20, raw.map{ [3] = tree.digest(manifest), [18] = tree.child() }, 18, 2) },
      })
      assert.equal(tree.child_content, sim:content(tree.child_component))
    end)

    it("have an index of their own, or that of a component (P-01)", function()
      sim:installs(tree.parent{
        components = { tree.parent_component, tree.child_id }, common = { [1] = tree.dependencies{ [1] = false } },
      })
      assert.equal(tree.child_content, sim:content(tree.child_component))
      assert.is_nil(sim:content(tree.child_id))
    end)

    it("have the prefix for a name, which is prepended to nothing (P-02)", function()
      local outcome <const> = sim:installs(tree.parent{ common = { [1] = tree.dependencies{ [1] = { "elsewhere" } } } })
      assert.same({ "elsewhere" }, outcome.dependencies[1].component_id)
      assert.equal(tree.child_content, sim:content(tree.child_component))
    end)

    it("see the parameters of their dependent, and it sees theirs (P-14)", function()
      local options <const> = {
        components = { tree.child_component }, manifest = tree.child_manifest{
          fields = { [20] = seq(19, raw.map{ [18] = "default" }, 18, 2, 20, raw.map{ [18] = "left behind" }) },
        },
      }
      options.fields = {
        [20] = seq(12, 0, 20, raw.map{ [18] = "of the dependent" }, 12, 1, 7, 15, 11, 2, 12, 0, 6, 2),
        [24] = false,
      }
      local outcome <const> = sim:process(tree.parent(options))
      assert.equal("condition_failed", outcome.code)
      options.fields[20] = seq(12, 0, 20, raw.map{ [18] = "of the dependent" }, 12, 1, 7, 15, 11, 2)
      sim:installs(tree.parent(options))
      assert.equal("of the dependent", sim:content(tree.child_component))
    end)

    it("run their shared sequence and the section of the same name, in lockstep (S-068)", function()
      local order <const> = {}
      local function fetch(uri, _, sink)
        order[#order + 1] = uri
        return sink "bytes"
      end
      local compared <const> = raw.map{ [3] = cbor.encode(raw.digest "bytes") }
      local function at(uri) return 20, raw.uri(uri), 21, 2, 20, compared, 3, 15 end
      local child <const> = tree.child_manifest{ fields = { [16] = seq(at "c:16"), [20] = seq(at "c:20") } }
      sim:installs(tree.parent{
        manifest = child, fields = {
          [16] = seq(12, 1, 7, 15, 11, 2, 12, 0, at "p:16"), [20] = seq(12, 1, 11, 2, 12, 0, at "p:20"),
        },
      }, { fetch = fetch })
      assert.same({ "c:16", "p:16", "c:20", "p:20" }, order)
    end)

    it("are work as often as they are read: size and digest, signature (D19)", function()
      local envelope <const> = tree.child()
      local function parent(count)
        local commands <const> = { 12, 1 }
        for _ = 1, count do
          commands[#commands + 1], commands[#commands + 2] = 3, 15
        end
        return tree.parent{ child = envelope, manifest = manifest, fields = {
          [15] = seq(12, 1, 20, tree.dependency(manifest, "#child"), 21, 2), [18] = seq(table.unpack(commands)),
        } }
      end
      -- Fetched, then read by dependency-integrity; and what both write.
      local least <const> = 2 * #envelope + #tree.child_content + #tree.parent_content
      sim:refuses("limit_reached", 1, parent(2), { limits = { work_bytes = least + 2 * #envelope - 1 } })
      sim:installs(parent(2), { limits = { work_bytes = least + 2 * #envelope } })
    end)

    it("are all there before the first payload (S-068)", function()
      sim:refuses("dependency_incomplete", 5, tree.parent{
        fields = { [15] = seq(12, 0, 20, raw.uri "x:y", 21, 2, 12, 1, 20, tree.dependency(manifest, "#child"), 21, 2) },
      }, { fetch = function() error "asked" end })
    end)

    it("are refused when they come back unchecked (S-069, P-03)", function()
      local fields <const> = { [20] = seq(12, 1, 11, 2, 12, 0, tree.write "x") }
      sim:refuses("dependency_unchecked", 4, tree.parent{ fields = fields })
      sim:installs(tree.parent{ fields = fields }, { rules = { lenient_integrity = true } })
    end)

    it("are refused by process-dependency and dependency-integrity where there is none (S-069)", function()
      for _, code in ipairs{ 7, 11 } do
        sim:refuses("command_forbidden", 5, tree.parent{ fields = { [20] = seq(12, 0, code, 2) } })
      end
    end)

    it("are never processed in a shared sequence (S-069, S-016)", function()
      sim:refuses("command_forbidden", 5, tree.parent{ shared = seq(12, 1, 11, 2) })
    end)

    it("are passed over by true for what is not a dependency (S-023)", function()
      sim:installs(tree.parent{ fields = { [20] = seq(12, true, 7, 15, 11, 2, 12, 0, tree.write(tree.parent_content)) } })
      assert.equal(tree.child_content, sim:content(tree.child_component))
    end)

    it("are told apart by is-dependency", function()
      sim:refuses("condition_failed", 10, tree.parent{ fields = { [20] = seq(12, 0, 8, 15) } })
      sim:installs(tree.parent{
        fields = { [20] = seq(12, 1, 8, 15, 7, 15, 11, 2, 12, 0, tree.write "x") },
      })
    end)
  end)

  describe("with the identifier of a component", function()
    -- The child has a component whose identifier is that which the parent knows the child by.
    local child <const> = tree.child_manifest{ components = { tree.child_id } }

    it("are kept apart from it", function()
      local outcome <const> = sim:installs(tree.parent{ manifest = child })
      assert.equal(tree.child_content, sim:content(tree.child_id))
      assert.same(tree.child_id, outcome.dependencies[1].installed[1].component_id)
      assert.equal(1, #outcome.installed)
    end)

    it("are no source of its bytes, unless they were fetched", function()
      local envelope <const> = raw.envelope(child, { members = { ["#0"] = false } })
      sim:installs(tree.parent{ manifest = child, child = envelope })
      sim:installs(tree.parent{ manifest = child, child = envelope, fields = {
        [20] = seq(12, 1, 7, 15, 11, 2, 12, 0, 20, raw.map{ [22] = 1 }, 22, 2, raw.compared(envelope)),
      } })
      assert.equal(envelope, sim:content(tree.parent_component))
      local fields <const> = { [15] = false, [20] = seq(12, 0, 20, raw.map{ [22] = 1 }, 22, 2) }
      local outcome <const> = sim:process(tree.parent{ fields = fields })
      assert.same({ "operation_failed", 11 }, { outcome.code, outcome.reason })
    end)
  end)

  describe("that were installed before", function()
    it("are used when nothing is fetched", function()
      sim:installs(tree.parent{
        child = false, fields = { [15] = seq(12, 1, 20, tree.dependency(manifest), 3, 15) },
      }, { dependency = function() return tree.child() end })
      assert.equal(tree.child_content, sim:content(tree.child_component))
    end)

    it("may change what they hold themselves, though the ledger has it (P-12)", function()
      local seen <const> = {}
      sim:installs(tree.parent(), {
        keep = function(id, identities)
          seen[component_id.format(id)] = identities
          return false
        end,
      })
      assert.same({ tree.child_id, tree.parent_id }, seen[component_id.format(tree.child_component)])
      assert.same({ tree.parent_id }, seen[component_id.format(tree.parent_component)])
    end)
  end)
end)
