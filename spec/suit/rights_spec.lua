local device <const> = require "fixtures.suit_device"
local key <const> = require "teep.key"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"
local tree <const> = require "fixtures.suit_tree"

local seq <const>, map <const> = raw.sequence, raw.map
local kid <const> = raw.signer:thumbprint()
local second <const> = assert(key.generate{ algorithm = "ESP256" })

describe("rights of signers:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  local function process(envelope, rights, rules)
    local verified <const> = assert(suit.verify(envelope, { keys = { raw.trusted[1], raw.public(second) } }))
    return sim:run(verified, { rights = rights, rules = rules })
  end

  local function permits(...)
    local outcome <const> = process(...)
    assert.is_true(outcome.ok, outcome.message)
  end

  local function denies(...)
    local before <const> = sim:content(raw.component)
    local outcome <const> = process(...)
    assert.same({ "denied", 7 }, { outcome.code, outcome.reason }, outcome.message)
    assert.equal(before, sim:content(raw.component))
    return outcome
  end

  local function own(entry) return { [kid] = entry } end

  it("none but those of its entry, if there are entries (S-051)", function()
    denies(raw.make(), {})
    denies(raw.make(), own{})
    denies(raw.make(), { [second:thumbprint()] = { modify = { {} } } })
    permits(raw.make(), own{ modify = { {} } })
    permits(raw.make(), nil)
  end)

  it("reach as far as a prefix of whole segments (S-051, S-018)", function()
    permits(raw.make(), own{ modify = { { "other" }, { "hello" } } })
    denies(raw.make(), own{ modify = { { "hell" } } })
    denies(raw.make(), own{ modify = { { "hello", "app", "deeper" } } })
  end)

  it("cover the manifest's own identifier (S-080)", function()
    denies(raw.make(), own{ modify = { raw.component } })
    permits(raw.make(), own{ modify = { raw.component, raw.manifest_id } })
    denies(raw.make{ fields = { [5] = raw.array{ "of", "others" } } }, own{ modify = { { "hello" } } })
  end)

  it("cover all components of a manifest that has no identifier: they make its identity (S-080)", function()
    local nameless <const> = raw.make{ fields = { [5] = false, [20] = seq(14, 15) } }
    denies(nameless, own{ read = { raw.component } })
    assert.equal("condition_failed", process(nameless, own{ modify = { raw.component } }).code)
  end)

  it("tell reading from changing (S-051)", function()
    local reading <const> = own{ modify = { raw.manifest_id }, read = { raw.component } }
    local outcome <const> = denies(raw.make(), reading)
    assert.matches("fetch (21)", outcome.message, 1, true)
    assert.same({ 20 }, { outcome.failure.section })
    for _, code in ipairs{ 18, 33 } do
      denies(raw.make{ fields = { [20] = seq(20, map{ [18] = "x" }, code, 2) } }, reading)
    end
  end)

  it("are wanted for the source of a copy, and both sides of a swap", function()
    local two <const> = { raw.component, { "source" } }
    local function with(code)
      return raw.make{
        components = two, shared = false, fields = { [20] = seq(12, 0, 20, map{ [22] = 1 }, code, 2), [24] = false },
      }
    end
    local txn <const> = sim.driver:txn()
    local slot <const> = txn:stage{ "source" }
    slot:write "bytes"
    slot:finish()
    assert(txn:commit())
    denies(with(22), own{ modify = { { "hello" } } })
    denies(with(31), own{ modify = { { "hello" } }, read = { { "source" } } })
    permits(with(22), own{ modify = { { "hello" } }, read = { { "source" } } })
    permits(with(31), own{ modify = { { "hello" }, { "source" } } })
  end)

  it("may list commands and parameters (S-051)", function()
    local function listed(commands, parameters)
      return own{ modify = { {} }, commands = commands, parameters = parameters }
    end
    permits(raw.make(), listed({ 1, 2, 3, 20, 21, 33 }, { 1, 2, 3, 14, 21 }))
    local outcome <const> = denies(raw.make(), listed{ 1, 2, 3, 20, 33 })
    assert.matches("fetch (21)", outcome.message, 1, true)
    denies(raw.make(), listed(nil, { 1, 2, 3, 14 }))
  end)

  it("are those of all signers together, each act within one of them (S-051, S-005)", function()
    local manifest <const> = raw.manifest()
    local payload <const> = raw.payload_of(manifest)
    local envelope <const> = raw.envelope(manifest, {
      blocks = { raw.block(payload), raw.block(payload, { key = second }) },
    })
    local other <const> = second:thumbprint()
    permits(envelope, { [kid] = { modify = { raw.manifest_id } }, [other] = { modify = { raw.component } } })
    denies(envelope, { [kid] = { modify = { raw.manifest_id } } })
    denies(envelope, {
      [kid] = { modify = { {} }, commands = { 1, 2, 3, 20, 33 } }, [other] = { read = { {} }, commands = { 21 } },
    })
  end)

  describe("of two signers", function()
    local other <const> = second:thumbprint()
    local target <const>, source <const> = { "target" }, { "source" }

    -- Both sign it; the manifest's own identifier is in reach of the first.
    local function signed(options)
      options.fields = options.fields or {}
      options.fields[5] = raw.array{ "own" }
      options.fields[24] = false
      local manifest <const> = raw.manifest(options)
      local payload <const> = raw.payload_of(manifest)
      return raw.envelope(manifest, { blocks = { raw.block(payload), raw.block(payload, { key = second }) } })
    end

    local function entries(first, last)
      first.modify = first.modify or {}
      table.insert(first.modify, { "own" })
      return { [kid] = first, [other] = last }
    end

    local function denied(what, ...)
      assert.matches("no signer alone has the right to " .. what, denies(...).message, 1, true)
    end

    local function between(commands)
      return signed{ components = { target, source }, shared = false, fields = { [20] = commands } }
    end

    before_each(function()
      permits(raw.make{ components = { target, source }, shared = false, fields = {
        [20] = seq(12, true, 20, map{ [18] = "bytes" }, 18, 2), [24] = false,
      } }, nil)
    end)

    it("a component of one and a parameter of the other make no right (S-051)", function()
      local hello <const>, image <const> = { { "hello" } }, { 1, 2, 3, 14 }
      denied("override-parameters (20) with uri (21)", signed{},
        entries({ modify = { { "hello" } }, parameters = image }, { modify = { { "else" } }, parameters = { 21 } }))
      denied("override-parameters (20) with uri (21)", signed{},
        entries({ modify = { { "hello" } }, parameters = image }, { modify = hello, commands = { 21 } }))
      permits(signed{}, entries({ modify = { { "hello" } }, parameters = image }, { modify = hello }))
    end)

    it("a command of one with a parameter that the other has set makes no right (S-051)", function()
      local setter <const>, all <const> = { 1, 2, 3, 20 }, { { "hello" } }
      denied("fetch (21) with uri (21)", signed{}, entries({ modify = { { "hello" } }, commands = setter },
        { modify = all, parameters = { 1, 2, 3, 14 } }))
      permits(signed{}, entries({ modify = { { "hello" } }, commands = setter }, { modify = all, parameters = { 21 } }))
    end)

    it("a condition of one on a component of the other makes no right (S-051)", function()
      local commands <const> = { 1, 2, 20, 21 }
      denied("image-match (3) with image-digest (3), image-size (14)", signed{},
        entries({ modify = { { "hello" } }, commands = commands }, { read = { { "else" } }, commands = { 3 } }))
      permits(signed{}, entries({ modify = { { "hello" } }, commands = commands }, { read = { { "hello" } }, commands = { 3 } }))
    end)

    it("the target of one and the source of the other make no right (S-051)", function()
      for code, kind in pairs{ [22] = "read", [31] = "modify" } do
        local envelope <const> = between(seq(12, 0, 20, map{ [22] = 1 }, code, 2))
        denied(code == 22 and "copy" or "swap", envelope,
          entries({ modify = { target } }, { [kind] = { source } }))
        permits(envelope, entries({ modify = { target }, read = { source } }, { [kind] = { target, source } }))
      end
    end)

    it("who may only read a component sets no parameters for what the other does to it (S-051)", function()
      local function rights(parameters)
        return entries({ read = { { "hello" } } }, { modify = { { "hello" } }, parameters = parameters })
      end
      denied("override-parameters (20) with uri (21)", signed{}, rights{ 1, 2, 3, 14 })
      permits(signed{}, rights{ 1, 2, 3, 14, 21 })
    end)

    it("every way to set parameters is an act (S-051)", function()
      local values <const> = map{ [18] = "new" }
      for name, commands in pairs{
        ["set-parameters (19) with content (18)"] = seq(12, 0, 19, values),
        ["override-multiple (34) with content (18)"] = seq(34, map{ [0] = values }),
        ["copy-params (35) with content (18)"] = seq(12, 1, 20, values, 12, 0, 35, map{ [1] = raw.array{ 18 } }),
      } do
        local limited <const> = { modify = { target }, read = { source }, parameters = { 3 } }
        denied(name, between(commands), entries(limited, { modify = { source } }))
        limited.parameters = nil
        permits(between(commands), entries(limited, { modify = { source } }))
      end
    end)

    it("who takes parameters over from a component has to be allowed to read it (S-051)", function()
      local commands <const> = seq(12, 1, 20, map{ [18] = "new" }, 12, 0, 35, map{ [1] = raw.array{ 18 } })
      denied("copy-params (35)", between(commands), entries({ modify = { target } }, { modify = { source } }))
    end)
  end)

  describe("a dependency", function()
    local function entries(parent, child)
      return { [kid] = { modify = parent }, [second:thumbprint()] = { modify = child } }
    end

    local function tree_of(name)
      local manifest <const> = tree.child_manifest()
      local block <const> = raw.block(tree.digest(manifest), { key = second })
      return tree.parent{
        common = { [1] = tree.dependencies{ [1] = name or tree.child_id } },
        child = raw.envelope(manifest, { blocks = { block }, members = { ["#0"] = false } }),
      }
    end

    it("runs with those of its own signer (S-060, S-080)", function()
      permits(tree_of(), entries({ { "parent" }, tree.child_id }, { tree.child_component }))
      denies(tree_of(), entries({ {} }, {}))
      denies(tree_of(), entries({ {} }, { { "parent" } }))
    end)

    it("has its identity from its signer or its dependent's, so that it takes nobody else's place (S-080)", function()
      local named <const> = tree_of{ "parent", "child" }
      denies(named, entries({ { "parent" } }, { tree.child_component }))
      permits(named, entries({ { "parent" } }, { { "child" } }))
    end)

    -- The dependent sets what the dependency sets only where it is unset.
    local function setting()
      local manifest <const> = tree.child_manifest{ fields = { [20] = seq(19, raw.map{ [18] = "default" }, 18, 2) } }
      local block <const> = raw.block(tree.digest(manifest), { key = second })
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
      local manifest <const> = tree.child_manifest{ fields = { [20] = seq(18, 2) } }
      local block <const> = raw.block(tree.digest(manifest), { key = second })
      local envelope <const> = tree.parent{
        components = { tree.parent_component, tree.child_component },
        common = { [1] = tree.dependencies{ [2] = { "parent", "child" } } },
        child = raw.envelope(manifest, { blocks = { block }, members = { ["#0"] = false } }),
        fields = {
          [15] = seq(12, 2, 20, tree.dependency(manifest, "#child"), 21, 2),
          [20] = seq(12, 1, 20, map{ [18] = "of the dependent" }, 12, 2, 7, 15, 11, 2), [24] = false,
        },
      }
      local rights <const> = entries({ { "parent" }, tree.child_component }, { { "child" } })
      rights[second:thumbprint()].parameters = { 3 }
      permits(envelope, rights)
      assert.equal("of the dependent", sim:content(tree.child_component))
      rights[kid].parameters = { 3, 21 }
      denies(envelope, rights)
    end)

    it("gets no parameters from a signer that may only read its components (S-051)", function()
      local rights <const> = entries({ { "parent" } }, { { "child" } })
      rights[kid].read = { tree.child_component }
      permits(setting(), rights)
      assert.equal("default", sim:content(tree.child_component))
      permits(setting(), entries({ { "parent" }, tree.child_component }, { { "child" } }))
      assert.equal("of the dependent", sim:content(tree.child_component))
    end)

    it("runs with those of its dependent by request only", function()
      permits(tree_of(), entries({ {} }, { { "nothing" } }), { merge_rights = true })
      denies(tree_of(), entries({ { "parent" }, tree.child_id }, { { "nothing" } }), { merge_rights = true })
    end)
  end)
end)
