local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local metadata <const> = require "teep.suit.metadata"
local raw <const> = require "fixtures.suit_raw"

local seq <const>, map <const> = raw.sequence, raw.map
local OVERRIDE <const>, WRITE <const> = 20, 18

describe("update management and identities:", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  local function on(abilities)
    local whole <const> = {}
    for name, value in pairs(raw.device) do whole[name] = value end
    for name, value in pairs(abilities or {}) do whole[name] = value end
    return whole
  end

  -- The outcome of a command whose parameters are set, on a device with some abilities.
  local function run(parameters, command, abilities)
    return sim:process(raw.make{
      shared = false, fields = { [20] = seq(OVERRIDE, parameters, command, 15), [24] = false },
    }, { device = on(abilities) })
  end

  local function holds(...)
    local outcome <const> = run(...)
    assert.is_true(outcome.ok, outcome.message)
    return outcome
  end

  local function fails(...)
    local outcome <const> = run(...)
    assert.same({ "condition_failed", 10 }, { outcome.code, outcome.reason }, outcome.message)
    return outcome
  end

  it("use-before compares times of 64 bits (S-101)", function()
    local now = 1000
    local able <const> = { clock = function() return now end }
    fails(map{ [4] = 1000 }, 4, able)
    holds(map{ [4] = 1001 }, 4, able)
    holds(map{ [4] = cbor.integer(-1) }, 4, able)
    now = math.mininteger -- 2^63
    fails(map{ [4] = math.maxinteger }, 4, able)
    fails(map{}, 4, able)
  end)

  it("minimum-battery wants as much as is stated", function()
    local able <const> = { battery = function() return 500 end }
    holds(map{ [26] = 500 }, 26, able)
    assert.equal(500, fails(map{ [26] = 501 }, 26, able).failure.parameters.minimum_battery)
    fails(map{}, 26, able)
  end)

  it("update-authorized leaves it to the device what is urgent enough (S-101)", function()
    local able <const> = { authorized = function(priority) return priority <= 3 end }
    holds(map{ [27] = 3 }, 27, able)
    holds(map{ [27] = -9 }, 27, able)
    fails(map{ [27] = 4 }, 27, able)
    fails(map{}, 27, able)
  end)

  it("device-identifier is compared byte by byte (S-044, S-037)", function()
    local able <const> = { device_identifier = ("d"):rep(16) }
    holds(map{ [24] = ("d"):rep(16) }, 24, able)
    fails(map{ [24] = ("e"):rep(16) }, 24, able)
    fails(map{}, 24, able)
  end)

  it("vendor-identifier may be a private enterprise number (S-037)", function()
    local pen <const> = cbor.tag(112, "\x04\xD2")
    holds(map{ [1] = pen }, 1, { vendor_identifier = "\x04\xD2" })
    fails(map{ [1] = pen }, 1)
  end)

  it("component-slot is that of the component", function()
    local able <const> = { slot = function(id) return id[1] == raw.component[1] and 0 or nil end }
    holds(map{ [5] = 0 }, 5, able)
    fails(map{ [5] = 1 }, 5, able)
    fails(map{}, 5, able)
    fails(map{ [5] = 1 }, 5, { slot = function() end })
  end)

  describe("version", function()
    local function version(comparison, ...) return map{ [28] = cbor.encode(cbor.array{ comparison, cbor.array{ ... } }) } end

    it("is compared number by number", function()
      local able <const> = { version = function() return { 1, 4, 2 } end }
      holds(version(3, 1), 28, able)
      holds(version(3, 1, 4, 2), 28, able)
      fails(version(3, 1, 4, 3), 28, able)
      holds(version(1, 1, 3), 28, able)
      fails(version(1, 1, 4), 28, able)
      holds(version(2, 1, 4), 28, able)
      holds(version(4, 1, 5), 28, able)
      holds(version(5, 2), 28, able)
      fails(version(5, 1), 28, able)
      assert.same({ 1, 4, 2 }, fails(version(5, 1), 28, able).failure.parameters.version.version)
    end)

    it("fails without one, wanted or there (S-042)", function()
      fails(map{}, 28, { version = function() return { 1 } end })
      fails(version(3, 1), 28, { version = function() end })
    end)

    it("puts pre-releases before the release, and finished ones in order (S-104)", function()
      local order <const> = { { 1, 0, -3 }, { 1, 0, -2 }, { 1, 0, -1 }, { 1, 0, 0 }, { 1, 0, 1 }, { 1, 1 } }
      for i, older in ipairs(order) do
        for k, newer in ipairs(order) do
          assert.equal(i < k, metadata.matches({ comparison = "greater", version = older }, newer))
        end
      end
      assert.is_true(metadata.matches({ comparison = "equal", version = { 1, 0, 0 } }, { 1 }))
    end)

    it("refuses comparisons that do not exist", function()
      local suit <const> = require "teep.suit"
      local bytes <const> = raw.make{ fields = { [20] = seq(OVERRIDE, version(6, 1), 28, 15) } }
      local verified <const>, _, code = suit.verify(bytes, { keys = raw.trusted })
      assert.same({ nil, "unknown_value" }, { verified, code })
    end)
  end)

  describe("wait", function()
    local function events(list) return map{ [29] = cbor.encode(raw.map(list)) } end

    it("lasts until all events hold, each with its argument and the limit (S-101)", function()
      local asked <const> = {}
      local function holding(name)
        return function(argument, limit)
          asked[#asked + 1] = { name, argument, limit }
          return true
        end
      end
      holds(events{ [1] = -2, [2] = 3, [5] = cbor.integer(-1) }, 29, {
        wait = { authorization = holding "authorization", power = holding "power", time = holding "time" },
      })
      assert.same({ { "authorization", -2, 3600 }, { "power", 3, 3600 }, { "time", -1, 3600 } }, asked)
    end)

    it("fails when one event does not come", function()
      local outcome <const> = run(events{ [2] = 3, [3] = 1 }, 29, {
        wait = {
          power = function() return nil, "no power for an hour", "timed_out" end, network = function() return true end,
        },
      })
      assert.same({ "timed_out", 11 }, { outcome.code, outcome.reason })
      assert.matches("wait: power: no power", outcome.message, 1, true)
    end)

    it("refuses events that the device or nobody knows, before anything runs (S-101)", function()
      local able <const> = { wait = { power = function() error "asked" end } }
      for _, list in ipairs{ { [2] = 1, [3] = 1 }, { [2] = 1, [10] = 1 }, { [4] = cbor.array{ "other" } } } do
        local outcome <const> = run(events(list), 29, able)
        assert.same({ "parameter_unsupported", 8 }, { outcome.code, outcome.reason })
      end
    end)

    it("fails without events", function()
      assert.equal("parameter_unset", run(map{}, 29, { wait = {} }).code)
    end)
  end)

  describe("component-metadata", function()
    local function described(map_of) return map{ [18] = "x", [30] = cbor.encode(map_of) } end
    local full <const> = raw.map{
      [1] = 5, [2] = cbor.map{ { cbor.tag(37, ("u"):rep(16)), 3 } }, [5] = 2, [6] = cbor.tag(1, 7), [8] = cbor.text "me",
    }

    it("is handed to the device after the bytes (S-104)", function()
      local seen
      holds(described(full), WRITE, { metadata = function(txn, id, value)
        assert.is_truthy(txn.stage)
        assert.same(raw.component, id)
        seen = value
        return true
      end })
      assert.same({ 5, "directory", 7, "me" }, {
        seen.default_permissions, seen.file_type, seen.modification_time, seen.creator,
      })
      assert.same({ { key = ("u"):rep(16), value = 3 } }, seen.user_permissions)
    end)

    it("fails where the device does, and is refused where it cannot (S-100)", function()
      local outcome = run(described(full), WRITE, { metadata = function() return nil, "no links here", "unsupported" end })
      assert.same({ "unsupported", 11 }, { outcome.code, outcome.reason })
      outcome = run(described(full), WRITE)
      assert.same({ "parameter_unsupported", 8 }, { outcome.code, outcome.reason })
      outcome = run(described(raw.map{ [9] = 1 }), WRITE, { metadata = function() error "asked" end })
      assert.same({ "parameter_unsupported", 8 }, { outcome.code, outcome.reason })
      assert.is_nil(sim:content(raw.component))
    end)

    it("wants its times tagged (S-104)", function()
      local suit <const> = require "teep.suit"
      local bytes <const> = raw.make{ fields = { [20] = seq(OVERRIDE, described(raw.map{ [6] = 7 }), WRITE, 2) } }
      local verified <const>, _, code = suit.verify(bytes, { keys = raw.trusted })
      assert.same({ nil, "wrong_type" }, { verified, code })
    end)
  end)

  describe("invoke", function()
    local function invoking(invoke, options)
      options = options or {}
      return sim:process(raw.make{
        shared = false, fields = { [9] = invoke, [20] = options.install or false, [24] = false, [7] = options.validate },
      }, { procedure = options.procedure or "invocation" })
    end

    it("names what is to be started once the procedure is over (S-050)", function()
      assert.is_true(sim:process(raw.make()).ok)
      local outcome <const> = invoking(seq(OVERRIDE, map{ [23] = ("a"):rep(600) }, 23, 2))
      assert.is_true(outcome.ok, outcome.message)
      assert.same({ { component_id = raw.component, arguments = ("a"):rep(600) } }, outcome.invocations)
    end)

    it("fails for a component that is absent, and starts nothing (S-022)", function()
      local outcome <const> = invoking(seq(23, 2))
      assert.same({ "operation_failed", 11, 9 }, { outcome.code, outcome.reason, outcome.failure.section })
      assert.same({}, outcome.invocations)
    end)

    it("comes after validate and load, which have to hold (S-019)", function()
      assert.is_true(sim:process(raw.make()).ok)
      local outcome <const> = invoking(seq(23, 2), { validate = seq(14, 15) })
      assert.same({ "condition_failed", 7 }, { outcome.code, outcome.failure.section })
      assert.same({}, outcome.invocations)
    end)

    it("is refused in every other section, and nothing is written in invoke", function()
      assert.equal("command_forbidden", invoking(false, { procedure = "update", install = seq(23, 2) }).code)
      for code in pairs{ [18] = 1, [21] = 1, [22] = 1, [31] = 1, [33] = 1 } do
        assert.equal("command_forbidden", invoking(seq(code, 2)).code)
      end
    end)

    it("is no part of an Update, where there has to be something else", function()
      assert.equal("nothing_to_do", invoking(seq(23, 2), { procedure = "update" }).code)
      assert.equal("nothing_to_do", sim:process(raw.make(), { procedure = "invocation" }).code)
    end)
  end)

  it("vendor and class may be demanded of every shared sequence (S-014)", function()
    local given <const> = { rules = { identity_checks = true } }
    local function shared(...) return raw.make{ shared = seq(OVERRIDE, raw.image(raw.payload), ...) } end
    assert.is_true(sim:process(raw.make(), given).ok)
    for _, envelope in ipairs{ shared(1, 15), shared(2, 15), shared(3, 15), raw.make{ shared = false } } do
      local outcome <const> = sim:process(envelope, given)
      assert.same({ "condition_failed", 10 }, { outcome.code, outcome.reason })
    end
  end)

  it("unknown rules throw", function()
    assert.error_matches(function() sim:process(raw.make(), { rules = { lenient = true } }) end, "no such SUIT rule: lenient")
  end)
end)
