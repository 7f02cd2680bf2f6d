-- Manifests that bring other manifests along: what the ledger holds of them, and what goes with whom.
local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"
local key <const> = require "teep.key"
local faults <const> = require "agent.faults"
local raw <const> = require "fixtures.suit_raw"
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"
local tree <const> = require "fixtures.suit_tree"

local seq <const> = raw.sequence

describe("an agent and dependencies:", function()
  local device

  before_each(function()
    device = scene.new{ trust = { tams = { scene.key "tam" }, signers = raw.trusted } }
  end)
  after_each(scene.clean)

  local function update(envelopes, unneeded)
    return device:tell{
      type = "update", token = device:token(), manifest_list = envelopes, unneeded_manifest_list = unneeded,
    }
  end

  local function succeeds(...)
    local answer <const> = update(...)
    assert.equal("success", answer.type, answer.err_msg)
  end

  local function fails(code, ...)
    local answer <const> = update(...)
    assert.same({ "error", code }, { answer.type, answer.err_code })
    return answer
  end

  -- The manifests of the ledger, each with what it holds.
  local function installed()
    local list <const> = {}
    for _, row in ipairs(device.agent:status().manifests) do
      list[row.manifest_component_id] = table.concat(row.components, " ")
    end
    return list
  end

  local function content(id) return device:read(id) end

  local both <const> = { ["parent/suit"] = "parent/app", ["child/suit"] = "child/app" }

  -- Another manifest that depends on the same child.
  local other_id <const> = { "other", "suit" }
  local function other()
    return tree.parent{ id = other_id, components = { { "other", "app" } } }
  end

  it("holds both in the ledger, each with its components and its sequence number (P-13)", function()
    succeeds{ tree.parent() }
    assert.same(both, installed())
    assert.equal(tree.child_content, content(tree.child_component))
    assert.equal(1, device.agent.ledger:sequence_number(tree.child_id))
    device:restart()
    assert.same(both, installed())
  end)

  it("uninstalls the dependency with the last that depends on it (S-075, P-11)", function()
    succeeds{ tree.parent(), other() }
    succeeds(nil, { tree.parent_id })
    assert.same({ ["other/suit"] = "other/app", ["child/suit"] = "child/app" }, installed())
    assert.equal(tree.child_content, content(tree.child_component))
    device:restart()
    succeeds(nil, { other_id })
    assert.same({}, installed())
    assert.is_nil(content(tree.child_component))
  end)

  it("counts one edge for one manifest, however often it is updated (S-074)", function()
    for number = 1, 3 do succeeds{ tree.parent{ fields = { [2] = number } } } end
    succeeds(nil, { tree.parent_id })
    assert.same({}, installed())
  end)

  it("drops the dependency though the uninstall section forgets it", function()
    succeeds{ tree.parent{ fields = { [24] = seq(12, 0, 33, 2) } } }
    succeeds(nil, { tree.parent_id })
    assert.same({}, installed())
    assert.is_nil(content(tree.child_component))
  end)

  it("keeps a dependency that a TAM has sent by itself as well", function()
    succeeds{ tree.child(), tree.parent() }
    succeeds(nil, { tree.parent_id })
    assert.same({ ["child/suit"] = "child/app" }, installed())
    succeeds(nil, { tree.child_id })
    assert.same({}, installed())
  end)

  it("keeps for its dependents what a TAM does not need any more by itself (S-067)", function()
    succeeds{ tree.child(), tree.parent() }
    succeeds(nil, { tree.child_id })
    assert.same(both, installed())
    assert.equal(tree.child_content, content(tree.child_component))
    succeeds(nil, { tree.parent_id })
    assert.same({}, installed())
  end)

  it("drops the dependency of the version before, which the new one does not need (P-12)", function()
    succeeds{ tree.parent() }
    succeeds{
      raw.make{
        components = { tree.parent_component }, shared = false,
        fields = { [2] = 2, [5] = raw.array(tree.parent_id), [20] = seq(tree.write "new"), [24] = false },
      },
    }
    assert.same({ ["parent/suit"] = "parent/app" }, installed())
    assert.is_nil(content(tree.child_component))
  end)

  it("updates the dependency of several dependents in place (P-12)", function()
    succeeds{ tree.parent(), other() }
    local newer <const> = tree.child_manifest{ fields = { [2] = 2, [20] = seq(tree.write "newer") } }
    succeeds{ tree.parent{ manifest = newer, fields = { [2] = 2 } } }
    assert.equal("newer", content(tree.child_component))
    assert.equal(2, device.agent.ledger:sequence_number(tree.child_id))
    -- An older version is not let in again by the other one.
    fails("manifest_processing_failed", { other() })
    assert.equal("newer", content(tree.child_component))
  end)

  it("uses a dependency that is installed already", function()
    succeeds{ tree.child() }
    succeeds{
      tree.parent{ child = false, fields = { [15] = seq(12, 1, 20, tree.dependency(tree.child_manifest()), 3, 15) } },
    }
    assert.same(both, installed())
  end)

  it("changes nothing when the dependent fails after its dependency (S-019)", function()
    fails("manifest_processing_failed", { tree.parent{ fields = { [20] = seq(12, 1, 7, 15, 11, 2, 14, 15) } } })
    assert.same({}, installed())
    assert.is_nil(content(tree.child_component))
    assert.is_nil(device.agent.ledger:sequence_number(tree.child_id))
  end)

  it("does not let a stranger's manifest write what a dependency holds (S-075)", function()
    succeeds{ tree.parent() }
    fails("manifest_processing_failed", {
      raw.make{
        components = { tree.child_component }, shared = false,
        fields = { [5] = raw.array{ "thief" }, [20] = seq(tree.write "stolen"), [24] = false },
      },
    })
    assert.equal(tree.child_content, content(tree.child_component))
  end)

  it("takes rules and rights of signers for its processor (S-051)", function()
    local unchecked <const> = tree.parent{ fields = { [20] = seq(12, 1, 11, 2, 12, 0, tree.write "x") } }
    fails("manifest_processing_failed", { unchecked })
    device.options.rules = { lenient_integrity = true }
    device:restart()
    succeeds{ unchecked }
    device.options.rights = { [raw.signer:thumbprint()] = { modify = { { "else" } } } }
    device:restart()
    fails("manifest_processing_failed", { tree.parent{ fields = { [2] = 9 } } })
  end)

  it("takes limits for its processor (D19)", function()
    for name, least in pairs{ payload_bytes = #raw.payload, commands = 3 } do
      scene.clean()
      device = scene.new{
        trust = { tams = { scene.key "tam" }, signers = raw.trusted }, suit_limits = { [name] = least - 1 },
      }
      fails("manifest_processing_failed", { raw.make() })
      assert.same({}, installed())
      device.options.suit_limits = { [name] = least }
      device:restart()
      succeeds{ raw.make() }
    end
    assert.has_error(function() scene.new{ suit_limits = { payload = 1 } } end)
  end)

  it("limits manifests and components with those that dependencies bring (D19)", function()
    for name, least in pairs{ installed = 2, components = 2, known = 2 } do
      scene.clean()
      device = scene.new{
        trust = { tams = { scene.key "tam" }, signers = raw.trusted }, limits = { [name] = least - 1 },
      }
      fails("manifest_processing_failed", { tree.parent() })
      assert.same({}, installed())
      device.options.limits = { [name] = least }
      device:restart()
      succeeds{ tree.parent() }
      succeeds(nil, { tree.parent_id })
    end
  end)

  it("reports a signed manifest that is malformed, with the place (S-120)", function()
    local install <const> = seq(3, 15, 3, require("teep.cbor").text "x")
    local answer <const> = fails("manifest_processing_failed", { raw.make{ fields = { [20] = install } } })
    local report <const> = assert(suit.read_report(answer.suit_reports[1]))
    assert.same({ 1, 20, 3 }, { report.failure.reason, report.failure.record.section, report.failure.record.offset })
    answer.suit_reports = fails("manifest_processing_failed", {
      raw.envelope(raw.manifest(), { blocks = {} }),
    }).suit_reports
    assert.is_nil(answer.suit_reports)
  end)

  it("serves use-before with its own clock (S-101)", function()
    local function before(time)
      return raw.make{
        shared = false, fields = { [20] = seq(20, raw.map{ [4] = time, [18] = "x" }, 4, 15, 18, 2), [24] = false },
      }
    end
    fails("manifest_processing_failed", { before(device.now) })
    succeeds{ before(device.now + 1) }
    assert.equal("x", content(raw.component))
  end)

  describe("after a power cut at any step", function()
    local DEAD <const> = "power cut"

    -- `act` on a device that `prepare` has made, dying at every step of it; what is there afterwards is one of `wanted`,
    -- in the ledger and in bytes, and every one of them is met.
    local function at_every_step(prepare, act, wanted)
      local met, at = {}, 0
      repeat
        at = at + 1
        local count, last = 0, nil
        device = scene.new({ trust = { tams = { scene.key "tam" }, signers = raw.trusted } }, function(driver)
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
        local found <const> = ("%s %s"):format(content(tree.parent_component), content(tree.child_component))
        assert.is_truthy(wanted[found], found)
        assert.same(wanted[found], installed())
        assert.is_nil(device.agent.ledger.state.intent)
        met[found] = true
        scene.clean()
      until survived
      for found in pairs(wanted) do assert.is_true(met[found], found) end
      assert.is_true(at > 8)
    end

    local whole <const> = tree.parent_content .. " " .. tree.child_content
    local function install() succeeds{ tree.parent() } end

    it("both are there, or neither (S-020)", function()
      at_every_step(function() end, install, { ["nil nil"] = {}, [whole] = both })
    end)

    it("both are of the old version, or of the new one (S-020)", function()
      at_every_step(install, function()
        local newer <const> = tree.child_manifest{ fields = { [2] = 2, [20] = seq(tree.write "newer") } }
        succeeds{ tree.parent{ manifest = newer, fields = { [2] = 2 } } }
      end, { [whole] = both, [tree.parent_content .. " newer"] = both })
    end)

    it("both are uninstalled, or neither (S-020)", function()
      at_every_step(install, function() succeeds(nil, { tree.parent_id }) end, { ["nil nil"] = {}, [whole] = both })
    end)

    it("a dependency is dropped with the version that needed it, or stays with it (S-020)", function()
      at_every_step(install, function()
        succeeds{
          raw.make{
            components = { tree.parent_component }, shared = false,
            fields = { [2] = 2, [5] = raw.array(tree.parent_id), [20] = seq(tree.write "alone"), [24] = false },
          },
        }
      end, { [whole] = both, ["alone nil"] = { ["parent/suit"] = "parent/app" } })
    end)
  end)

  it("keeps the envelopes of all of them, each in a slot of its own", function()
    succeeds{ tree.parent() }
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
    device = scene.new{
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
    succeeds{ tree.child() }
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
    fails("manifest_processing_failed", { by_other(dependent, { ["#child"] = by_other(usurper, {}) }) })
    assert.same({ ["child/suit"] = "child/app" }, installed())
    assert.equal(tree.child_content, content(tree.child_component))
    assert.equal(1, device.agent.ledger:sequence_number(tree.child_id))
  end)
end)
