-- Manifests that bring other manifests along: what the ledger holds of them, and what goes with whom.
local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"
local family <const> = require "agent.family"
local key <const> = require "teep.key"
local raw <const> = require "fixtures.suit_raw"
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"
local tree <const> = require "fixtures.suit_tree"

local seq <const> = raw.sequence

describe("an agent and dependencies:", function()
  local device

  before_each(function() device = family.device() end)
  after_each(scene.clean)

  -- Another manifest that depends on the same child.
  local other_id <const> = { "other", "suit" }
  local function other()
    return tree.parent{ id = other_id, components = { { "other", "app" } } }
  end

  it("holds both in the ledger, each with its components and its sequence number (P-13)", function()
    family.succeeds(device, { tree.parent() })
    assert.same(family.both, family.installed(device))
    assert.equal(tree.child_content, device:read(tree.child_component))
    assert.equal(1, device.agent.ledger:sequence_number(tree.child_id))
    device:restart()
    assert.same(family.both, family.installed(device))
  end)

  it("uninstalls the dependency with the last that depends on it (S-075, P-11)", function()
    family.succeeds(device, { tree.parent(), other() })
    family.succeeds(device, nil, { tree.parent_id })
    assert.same({ ["other/suit"] = "other/app", ["child/suit"] = "child/app" }, family.installed(device))
    assert.equal(tree.child_content, device:read(tree.child_component))
    device:restart()
    family.succeeds(device, nil, { other_id })
    assert.same({}, family.installed(device))
    assert.is_nil(device:read(tree.child_component))
  end)

  it("counts one edge for one manifest, however often it is updated (S-074)", function()
    for number = 1, 3 do family.succeeds(device, { tree.parent{ fields = { [2] = number } } }) end
    family.succeeds(device, nil, { tree.parent_id })
    assert.same({}, family.installed(device))
  end)

  it("drops the dependency though the uninstall section forgets it", function()
    family.succeeds(device, { tree.parent{ fields = { [24] = seq(12, 0, 33, 2) } } })
    family.succeeds(device, nil, { tree.parent_id })
    assert.same({}, family.installed(device))
    assert.is_nil(device:read(tree.child_component))
  end)

  it("keeps a dependency that a TAM has sent by itself as well", function()
    family.succeeds(device, { tree.child(), tree.parent() })
    family.succeeds(device, nil, { tree.parent_id })
    assert.same({ ["child/suit"] = "child/app" }, family.installed(device))
    family.succeeds(device, nil, { tree.child_id })
    assert.same({}, family.installed(device))
  end)

  it("keeps for its dependents what a TAM does not need any more by itself (S-067)", function()
    family.succeeds(device, { tree.child(), tree.parent() })
    family.succeeds(device, nil, { tree.child_id })
    assert.same(family.both, family.installed(device))
    assert.equal(tree.child_content, device:read(tree.child_component))
    family.succeeds(device, nil, { tree.parent_id })
    assert.same({}, family.installed(device))
  end)

  it("drops the dependency of the version before, which the new one does not need (P-12)", function()
    family.succeeds(device, { tree.parent() })
    family.succeeds(device, {
      raw.make{
        components = { tree.parent_component }, shared = false,
        fields = { [2] = 2, [5] = raw.array(tree.parent_id), [20] = seq(tree.write "new"), [24] = false },
      },
    })
    assert.same({ ["parent/suit"] = "parent/app" }, family.installed(device))
    assert.is_nil(device:read(tree.child_component))
  end)

  it("updates the dependency of several dependents in place (P-12)", function()
    family.succeeds(device, { tree.parent(), other() })
    local newer <const> = tree.child_manifest{ fields = { [2] = 2, [20] = seq(tree.write "newer") } }
    family.succeeds(device, { tree.parent{ manifest = newer, fields = { [2] = 2 } } })
    assert.equal("newer", device:read(tree.child_component))
    assert.equal(2, device.agent.ledger:sequence_number(tree.child_id))
    -- An older version is not let in again by the other one.
    family.fails(device, { other() })
    assert.equal("newer", device:read(tree.child_component))
  end)

  it("uses a dependency that is installed already", function()
    family.succeeds(device, { tree.child() })
    family.succeeds(device, {
      tree.parent{ child = false, fields = { [15] = seq(12, 1, 20, tree.dependency(tree.child_manifest()), 3, 15) } },
    })
    assert.same(family.both, family.installed(device))
  end)

  it("changes nothing when the dependent fails after its dependency (S-019)", function()
    family.fails(device, { tree.parent{ fields = { [20] = seq(12, 1, 7, 15, 11, 2, 14, 15) } } })
    assert.same({}, family.installed(device))
    assert.is_nil(device:read(tree.child_component))
    assert.is_nil(device.agent.ledger:sequence_number(tree.child_id))
  end)

  it("does not let a stranger's manifest write what a dependency holds (S-075)", function()
    family.succeeds(device, { tree.parent() })
    family.fails(device, {
      raw.make{
        components = { tree.child_component }, shared = false,
        fields = { [5] = raw.array{ "thief" }, [20] = seq(tree.write "stolen"), [24] = false },
      },
    })
    assert.equal(tree.child_content, device:read(tree.child_component))
  end)

  it("keeps the envelopes of all of them, each in a slot of its own", function()
    family.succeeds(device, { tree.parent() })
    local slots <const> = {}
    for _, row in ipairs(device.agent.ledger.state.manifests) do
      assert.is_nil(slots[row.slot])
      slots[row.slot] = true
      local envelope <const> = assert(device.agent.ledger:envelope(row.slot))
      local verified <const> = assert(suit.verify(envelope, { keys = raw.trusted }))
      assert.is_true(component_id.equal(row.manifest_component_id, verified.identity))
      assert.is_true(crypto.equal(row.digest, verified.digest.bytes))
    end
  end)

  it("does not let one take the place of a manifest that its signer has no right to (S-080)", function()
    local other_key <const> = assert(key.generate{ algorithm = "ESP256" })
    device = family.device{
      trust = { tams = { scene.key "tam" }, signers = { raw.trusted[1], raw.public(other_key) } },
      rights = { [raw.signer:thumbprint()] = { modify = { { "child" } } },
        [other_key:thumbprint()] = { modify = { { "parent" } } } },
    }
    local function by_other(manifest, members)
      members["#0"] = false
      return raw.envelope(manifest, { members = members, blocks = {
        raw.block(raw.payload_of(manifest), { key = other_key }),
      } })
    end
    family.succeeds(device, { tree.child() })
    local usurper <const> = raw.manifest{
      components = { { "parent", "app" } }, shared = false,
      fields = { [2] = 1 << 40, [5] = raw.array(tree.child_id), [20] = seq(tree.write "usurped"), [24] = false },
    }
    local dependent <const> = raw.manifest{
      components = { { "parent", "other" } }, shared = false,
      common = { [1] = tree.dependencies{ [1] = { "parent", "child" } } },
      fields = { [5] = raw.array(tree.parent_id), [24] = false,
        [15] = seq(12, 1, 20, tree.dependency(usurper, "#child"), 21, 2), [20] = seq(12, 1, 7, 15, 11, 2) },
    }
    family.fails(device, { by_other(dependent, { ["#child"] = by_other(usurper, {}) }) })
    assert.same({ ["child/suit"] = "child/app" }, family.installed(device))
    assert.equal(tree.child_content, device:read(tree.child_component))
    assert.equal(1, device.agent.ledger:sequence_number(tree.child_id))
  end)
end)
