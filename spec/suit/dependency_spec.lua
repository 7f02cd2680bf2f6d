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

  local function refused(code, reason, envelope, options)
    local outcome <const> = sim:process(envelope, options)
    assert.is_false(outcome.ok)
    assert.equal(code, outcome.code, outcome.message)
    assert.equal(reason, outcome.reason)
    assert.same({}, outcome.dependencies)
    for _, id in ipairs{ tree.child_component, tree.parent_component } do assert.is_nil(sim:content(id)) end
    return outcome
  end

  local function installed(envelope, options)
    local outcome <const> = sim:process(envelope, options)
    assert.is_true(outcome.ok, outcome.message)
    return outcome
  end

  describe("in an Update", function()
    it("are installed with it, in one transaction", function()
      local outcome <const> = installed(tree.parent())
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
      installed(tree.parent{
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
      installed(tree.parent{
        child = false, fields = { [15] = seq(12, 1, 20, raw.map{ [3] = tree.digest(manifest), [18] = tree.child() }, 18, 2) },
      })
      assert.equal(tree.child_content, sim:content(tree.child_component))
    end)

    it("have an index of their own, or that of a component (P-01)", function()
      installed(tree.parent{
        components = { tree.parent_component, tree.child_id }, common = { [1] = tree.dependencies{ [1] = false } },
      })
      assert.equal(tree.child_content, sim:content(tree.child_component))
      assert.is_nil(sim:content(tree.child_id))
    end)

    it("have the prefix for a name, which is prepended to nothing (P-02)", function()
      local outcome <const> = installed(tree.parent{ common = { [1] = tree.dependencies{ [1] = { "elsewhere" } } } })
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
      installed(tree.parent(options))
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
      installed(tree.parent{
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
      refused("limit_reached", 1, parent(2), { limits = { work_bytes = least + 2 * #envelope - 1 } })
      installed(parent(2), { limits = { work_bytes = least + 2 * #envelope } })
    end)

    it("are all there before the first payload (S-068)", function()
      refused("dependency_incomplete", 5, tree.parent{
        fields = { [15] = seq(12, 0, 20, raw.uri "x:y", 21, 2, 12, 1, 20, tree.dependency(manifest, "#child"), 21, 2) },
      }, { fetch = function() error "asked" end })
    end)

    it("are refused when they come back unchecked (S-069, P-03)", function()
      local fields <const> = { [20] = seq(12, 1, 11, 2, 12, 0, tree.write "x") }
      refused("dependency_unchecked", 4, tree.parent{ fields = fields })
      installed(tree.parent{ fields = fields }, { rules = { lenient_integrity = true } })
    end)

    it("are refused by process-dependency and dependency-integrity where there is none (S-069)", function()
      for _, code in ipairs{ 7, 11 } do
        refused("command_forbidden", 5, tree.parent{ fields = { [20] = seq(12, 0, code, 2) } })
      end
    end)

    it("are never processed in a shared sequence (S-069, S-016)", function()
      refused("command_forbidden", 5, tree.parent{ shared = seq(12, 1, 11, 2) })
    end)

    it("are passed over by true for what is not a dependency (S-023)", function()
      installed(tree.parent{ fields = { [20] = seq(12, true, 7, 15, 11, 2, 12, 0, tree.write(tree.parent_content)) } })
      assert.equal(tree.child_content, sim:content(tree.child_component))
    end)

    it("are told apart by is-dependency", function()
      refused("condition_failed", 10, tree.parent{ fields = { [20] = seq(12, 0, 8, 15) } })
      installed(tree.parent{
        fields = { [20] = seq(12, 1, 8, 15, 7, 15, 11, 2, 12, 0, tree.write "x") },
      })
    end)
  end)

  describe("are authenticated:", function()
    local function with_child(envelope) return tree.parent{ child = raw.envelope(manifest, envelope) } end

    it("a stranger's signature does not do (S-060, S-072)", function()
      refused("unauthorised", 4, with_child{
        blocks = { raw.block(tree.digest(manifest), { key = raw.stranger }) }, members = { ["#0"] = false },
      })
    end)

    it("nor does none, though the digest matches (S-060, S-072)", function()
      refused("unauthorised", 4, with_child{ blocks = {}, members = { ["#0"] = false } })
      refused("missing_field", 1, with_child{ members = { [2] = false, ["#0"] = false } })
    end)

    it("nor another digest than the dependent states (S-072)", function()
      local other <const> = tree.child{ fields = { [2] = 7 } }
      refused("condition_failed", 10, tree.parent{ child = other })
      refused("digest_mismatch", 4, tree.parent{
        child = other, fields = { [15] = seq(12, 1, 20, tree.dependency(manifest, "#child"), 21, 2) },
      })
    end)

    it("nor bytes that have not the digest of their wrapper (S-072)", function()
      refused("digest_mismatch", 4, tree.parent{
        child = raw.envelope(tree.child_manifest{ fields = { [2] = 7 } }, {
          payload = tree.digest(manifest), members = { ["#0"] = false },
        }),
        fields = { [15] = seq(12, 1, 20, tree.dependency(manifest, "#child"), 21, 2) },
      })
    end)

    it("the digest has to be set, and the dependency there (S-072)", function()
      refused("parameter_unset", 8, tree.parent{
        fields = { [15] = seq(12, 1, 20, raw.uri "#child", 21, 2) },
      })
      refused("payload_not_found", 11, tree.parent{
        child = false, fields = { [15] = seq(12, 1, 20, tree.dependency(manifest), 7, 15) },
      })
    end)

    it("a failure is final, whatever soft-failure says (S-072, S-022)", function()
      local soft <const> = seq(12, 1, 20, raw.map{ [13] = true, [3] = tree.digest "other" }, 7, 15)
      refused("digest_mismatch", 4, tree.parent{ fields = { [20] = seq(12, 1, 15, cbor.array{ soft, cbor.null }) } })
    end)

    it("a checked one that is fetched again has to be checked again (S-073)", function()
      local evil <const> = tree.child{ fields = { [20] = seq(tree.write "evil") } }
      local function twice(...)
        return tree.parent{
          members = { ["#evil"] = evil },
          fields = { [20] = seq(12, 1, 7, 15, 20, raw.uri "#evil", 21, 2, ...) },
        }
      end
      refused("dependency_unchecked", 4, twice(11, 2))
      refused("digest_mismatch", 4, twice(7, 15, 11, 2))
    end)

    it("one that has run is not replaced any more", function()
      refused("command_forbidden", 5, tree.parent{ fields = { [20] = seq(12, 1, 7, 15, 11, 2, 21, 2) } })
    end)

    it("what was checked for one manifest counts for no other (S-073)", function()
      -- The child depends on the grandchild that its own dependent has checked.
      local grandchild <const> = tree.child_manifest{ fields = { [5] = raw.array{ "grand" } } }
      local child <const> = tree.child_manifest{
        common = { [1] = tree.dependencies{ [1] = { "grand" } } }, fields = { [20] = seq(12, 1, 11, 2), [24] = false },
      }
      refused("dependency_unchecked", 4, tree.parent{
        manifest = child, members = { ["#grand"] = raw.envelope(grandchild) },
        common = { [1] = tree.dependencies{ [1] = tree.child_id, [2] = { "grand" } } },
        fields = { [20] = seq(12, 2, 20, tree.dependency(grandchild, "#grand"), 21, 2, 7, 15, 12, 1, 7, 15, 11, 2) },
      })
    end)

    it("image-match compares the manifest alone, whatever image-size counts (S-065, P-05)", function()
      for _, size in ipairs{ #tree.child(), #tree.child() + 2 } do
        installed(tree.parent{
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
      refused("rollback", 4, tree.parent(), {
        current = function(identity) return component_id.equal(identity, tree.child_id) and 2 or nil end,
      })
    end)
  end)

  describe("are complete:", function()
    it("a section that the dependent lacks is refused (S-063, P-04)", function()
      local options <const> = { manifest = tree.child_manifest{ fields = { [7] = seq(3, 15) } } }
      local outcome <const> = refused("dependency_incomplete", 5, tree.parent(options))
      -- When it is entered, before it has run anything.
      assert.matches("dependency child/suit has a section validate, its dependent has none", outcome.message, 1, true)
    end)

    it("a section that the dependent does not have run is refused (S-063, P-04)", function()
      local options <const> = { fields = { [20] = seq(12, 1, 7, 15, 12, 0, tree.write(tree.parent_content)) } }
      refused("dependency_incomplete", 5, tree.parent(options))
      local outcome <const> = installed(tree.parent(options), { rules = { lenient_completeness = true } })
      assert.matches("its install was not run", outcome.warnings[1], 1, true)
      assert.is_nil(sim:content(tree.child_component))
    end)

    it("one that was given up is not processed, one that was processed is not given up", function()
      refused("command_forbidden", 5, tree.parent{ fields = { [20] = seq(12, 1, 7, 15, 33, 2, 11, 2) } })
      refused("command_forbidden", 5, tree.parent{ fields = { [20] = seq(12, 1, 7, 15, 11, 2, 33, 2) } })
    end)

    it("one that never came is refused (S-063)", function()
      local options <const> = { fields = { [15] = false, [20] = seq(12, 0, tree.write(tree.parent_content)) } }
      refused("parameter_unset", 8, tree.parent(options))
      local outcome <const> = installed(tree.parent(options), { rules = { lenient_completeness = true } })
      assert.same({}, outcome.dependencies)
      assert.equal(1, #outcome.warnings)
    end)
  end)

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
      refused("dependency_cycle", 5, parent)
    end)

    it("at two manifests with one identity: the older would be run, the newer remembered (D12)", function()
      local older <const>, newer <const> = tree.child_manifest(), tree.child_manifest{ fields = { [2] = 2 } }
      refused("command_forbidden", 5, tree.parent{
        common = { [1] = tree.dependencies{ [1] = { "newer" }, [2] = { "older" } } }, manifest = newer,
        members = { ["#older"] = raw.envelope(older, { members = { ["#0"] = false } }) },
        fields = {
          [15] = seq(12, 1, 20, tree.dependency(newer, "#child"), 21, 2, 12, 2, 20, tree.dependency(older, "#older"), 21, 2),
          [20] = seq(12, 1, 7, 15, 11, 2, 12, 2, 7, 15, 11, 2),
        },
      })
      refused("command_forbidden", 5, tree.parent{ id = tree.child_id })
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
      refused("component_unsupported", 6, of_dependencies(false))
      installed(of_dependencies(tree.parent_id))
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
      installed(chain(5))
      refused("limit_reached", 1, chain(6))
      installed(chain(6), { limits = { dependency_depth = 5 } })
    end)

    it("at a number in the whole tree", function()
      installed(chain(4), { limits = { dependencies = 3 } })
      refused("limit_reached", 1, chain(4), { limits = { dependencies = 2 } })
    end)

    it("at the bytes kept in memory", function()
      installed(tree.parent(), { limits = { buffered_bytes = #tree.child() } })
      local outcome <const> = sim:process(tree.parent(), { limits = { buffered_bytes = #tree.child() - 1 } })
      assert.equal("limit_reached", outcome.code)
    end)
  end)

  describe("fail as a whole", function()
    it("with the place of the failing command, by the path of indices", function()
      local outcome <const> = refused("condition_failed", 10, tree.parent{
        manifest = tree.child_manifest{ fields = { [20] = seq(14, 15) } },
      })
      assert.same({ 1 }, outcome.failure.manifest_id)
      assert.same({ 20, 0 }, { outcome.failure.section, outcome.failure.component_index })
      assert.matches("child/app: abort", outcome.message, 1, true)
      local report <const> = assert(suit.read_report(assert(suit.report(outcome))))
      assert.same({ 1 }, report.failure.record.manifest_id)
    end)

    it("whatever try-each and soft-failure around them say (S-022, S-061)", function()
      local soft <const> = seq(12, 1, 20, raw.map{ [13] = true }, 7, 15, 11, 2)
      refused("condition_failed", 10, tree.parent{
        manifest = tree.child_manifest{ fields = { [20] = seq(14, 15) } },
        fields = { [20] = seq(12, 1, 15, cbor.array{ soft, cbor.null }) },
      })
    end)

    it("and may not set soft-failure for their dependent (S-040)", function()
      local nested <const> = seq(12, 1, 7, 15, 11, 2)
      refused("command_forbidden", 5, tree.parent{
        manifest = tree.child_manifest{ fields = { [20] = seq(20, raw.map{ [13] = true }) } },
        fields = { [20] = seq(12, 1, 32, nested) },
      })
    end)
  end)

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
        installed(parent)
        local outcome <const> = sim:process(suit.strip(parent), kept())
        assert.is_true(outcome.ok, outcome.message)
        assert.is_true(outcome.dependencies[1].removed)
        assert.is_nil(sim:content(tree.child_component))
        assert.is_nil(sim:content(tree.parent_component))
      end)

      it("stay for others that need them, with " .. name .. " (S-067, S-074)", function()
        installed(parent)
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
      installed(tree.parent())
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
      installed(tree.parent())
      local outcome <const> = sim:process(tree.parent{
        child = false, fields = { [24] = seq(12, 1, 33, 2, 11, 2, 12, 0, 33, 2) },
      }, kept())
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(1, #outcome.dependencies)
    end)
  end)

  describe("with the identifier of a component", function()
    -- The child has a component whose identifier is that which the parent knows the child by.
    local child <const> = tree.child_manifest{ components = { tree.child_id } }

    it("are kept apart from it", function()
      local outcome <const> = installed(tree.parent{ manifest = child })
      assert.equal(tree.child_content, sim:content(tree.child_id))
      assert.same(tree.child_id, outcome.dependencies[1].installed[1].component_id)
      assert.equal(1, #outcome.installed)
    end)

    it("are no source of its bytes, unless they were fetched", function()
      local envelope <const> = raw.envelope(child, { members = { ["#0"] = false } })
      installed(tree.parent{ manifest = child, child = envelope })
      installed(tree.parent{ manifest = child, child = envelope, fields = {
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
      installed(tree.parent{
        child = false, fields = { [15] = seq(12, 1, 20, tree.dependency(manifest), 3, 15) },
      }, { dependency = function() return tree.child() end })
      assert.equal(tree.child_content, sim:content(tree.child_component))
    end)

    it("may change what they hold themselves, though the ledger has it (P-12)", function()
      local seen <const> = {}
      installed(tree.parent(), {
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
