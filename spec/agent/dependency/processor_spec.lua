-- What an agent hands on to its processor of manifests, dependencies included: rules, rights, limits, the clock.
local cbor <const> = require "teep.cbor"
local family <const> = require "agent.family"
local raw <const> = require "fixtures.suit_raw"
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"
local tree <const> = require "fixtures.suit_tree"

local seq <const> = raw.sequence

describe("an agent and dependencies:", function()
  local device

  before_each(function() device = family.device() end)
  after_each(scene.clean)

  it("takes rules and rights of signers for its processor (S-051)", function()
    local unchecked <const> = tree.parent{ fields = { [20] = seq(12, 1, 11, 2, 12, 0, tree.write "x") } }
    family.fails(device, { unchecked })
    device.options.rules = { lenient_integrity = true }
    device:restart()
    family.succeeds(device, { unchecked })
    device.options.rights = { [raw.signer:thumbprint()] = { modify = { { "else" } } } }
    device:restart()
    family.fails(device, { tree.parent{ fields = { [2] = 9 } } })
  end)

  it("takes limits for its processor (D19)", function()
    for name, least in pairs{ payload_bytes = #raw.payload, commands = 3 } do
      scene.clean()
      device = family.device{ suit_limits = { [name] = least - 1 } }
      family.fails(device, { raw.make() })
      assert.same({}, family.installed(device))
      device.options.suit_limits = { [name] = least }
      device:restart()
      family.succeeds(device, { raw.make() })
    end
    assert.has_error(function() family.device{ suit_limits = { payload = 1 } } end)
  end)

  it("limits manifests and components with those that dependencies bring (D19)", function()
    for name, least in pairs{ installed = 2, components = 2, known = 2 } do
      scene.clean()
      device = family.device{ limits = { [name] = least - 1 } }
      family.fails(device, { tree.parent() })
      assert.same({}, family.installed(device))
      device.options.limits = { [name] = least }
      device:restart()
      family.succeeds(device, { tree.parent() })
      family.succeeds(device, nil, { tree.parent_id })
    end
  end)

  it("reports a signed manifest that is malformed, with the place (S-120)", function()
    local install <const> = seq(3, 15, 3, cbor.text "x")
    local answer <const> = family.fails(device, { raw.make{ fields = { [20] = install } } })
    local report <const> = assert(suit.read_report(answer.suit_reports[1]))
    assert.same({ 1, 20, 3 }, { report.failure.reason, report.failure.record.section, report.failure.record.offset })
    answer.suit_reports = family.fails(device, {
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
    family.fails(device, { before(device.now) })
    family.succeeds(device, { before(device.now + 1) })
    assert.equal("x", device:read(raw.component))
  end)
end)
