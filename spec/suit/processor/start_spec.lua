local cbor <const> = require "teep.cbor"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

describe("teep.suit.process", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("before any command", function()
    it("refuses a lower sequence number, in 64 bits without sign (S-008)", function()
      local function at(number) return function() return number end end
      sim:refuses("rollback", 4, raw.make(), { current = at(2) })
      local outcome <const> = sim:refuses("rollback", 4, raw.make(), { current = at(-1) })
      assert.matches("installed 18446744073709551615", outcome.message, 1, true)
      assert.is_nil(outcome.failure)
    end)

    it("accepts an equal and a higher sequence number (S-008)", function()
      local asked
      local function current(identity)
        asked = identity
        return 1
      end
      sim:installs(raw.make(), { current = current })
      assert.same(raw.manifest_id, asked)
      sim:installs(raw.make{ fields = { [2] = 2 } }, { current = current })
      sim:installs(raw.make(), { current = function() return nil end })
    end)

    it("refuses a dependency that has neither a prefix nor a component", function()
      local envelope <const> = raw.make{ common = { [1] = raw.map{ [1] = cbor.map{} } } }
      local verified <const>, _, code = suit.verify(envelope, { keys = raw.trusted })
      assert.same({ nil, "component_unsupported" }, { verified, code })
    end)

    it("refuses a manifest with nothing for an Update to run", function()
      sim:refuses("nothing_to_do", 5, raw.make{ fields = { [20] = false, [9] = raw.sequence(3, 15) } })
    end)

    it("refuses a manifest without components", function()
      sim:refuses("component_unsupported", 6, raw.make{ shared = false, common = { [2] = false } })
    end)

    it("refuses a severed section that the envelope lacks (S-032)", function()
      local sequence <const> = raw.sequence(3, 15)
      for _, label in ipairs{ 15, 16, 18, 20 } do
        sim:refuses("severed_member", 11, raw.make{ fields = { [label] = raw.digest(cbor.encode(sequence)) } })
      end
    end)

    it("refuses what it could not finish, before it starts (S-100)", function()
      local outcome <const> = sim:refuses("command_unsupported", 5, raw.make{
        fields = { [20] = raw.sequence(20, raw.uri "#0", 21, 15, 99, cbor.null) },
      })
      assert.same({}, outcome.records)
      assert.equal(20, outcome.failure.section)
    end)
  end)

  describe("conditions", function()
    local function imaged(overrides) return { shared = raw.sequence(20, raw.image(raw.payload, overrides), 1, 15, 2, 15) } end

    it("fail for another vendor or class, with what the device is (S-044)", function()
      local other <const> = ("o"):rep(16)
      local outcome <const> = sim:refuses("condition_failed", 10, raw.make(imaged{ [1] = other }))
      assert.equal(raw.device.vendor_identifier, outcome.failure.parameters.vendor_identifier)
      sim:refuses("condition_failed", 10, raw.make(imaged{ [2] = other }))
    end)

    it("fail when their parameter is not set (S-042, S-045)", function()
      sim:refuses("condition_failed", 10, raw.make{ shared = raw.sequence(1, 15) })
      sim:refuses("condition_failed", 10, raw.make{ shared = raw.sequence(2, 15) })
      sim:refuses("condition_failed", 10, raw.make{ shared = false })
    end)

    it("fail for another payload than the one signed for (S-045)", function()
      local altered <const> = raw.payload:gsub("hello", "jello")
      local envelope <const> = raw.make{ envelope = { members = { ["#0"] = altered } } }
      local outcome <const> = sim:refuses("condition_failed", 10, envelope)
      assert.same({ algorithm = "SHA-256", bytes = crypto.digest("SHA-256", altered) }, outcome.failure.parameters.image_digest)
      assert.equal(#altered, outcome.failure.parameters.image_size)
    end)

    it("fail for a component of another size (P-05)", function()
      sim:refuses("condition_failed", 10, raw.make(imaged{ [14] = #raw.payload + 1 }))
      sim:refuses("operation_failed", 11, raw.make(imaged{ [14] = #raw.payload - 1 }))
    end)

    it("fail for a component that is absent", function()
      sim:refuses("condition_failed", 10, raw.make{ fields = { [20] = raw.sequence(3, 15) } })
    end)

    it("look at what is installed when nothing is staged", function()
      sim:installs(raw.make())
      local outcome <const> = sim:installs(raw.make{ fields = { [20] = false, [7] = raw.sequence(3, 15) } })
      assert.same({}, outcome.installed)
    end)
  end)

  describe("a failing back end", function()
    local function fail() return nil, "the disk is gone", "io_failed" end

    -- A transaction with some calls of it failing; what it stages goes nowhere.
    local function with(slot_calls, calls)
      local slot <const> = { write = function() return true end, finish = fail }
      for name, call in pairs(slot_calls or {}) do slot[name] = call end
      local txn <const> = { stage = function() return slot end, remove = fail }
      for name, call in pairs(calls or {}) do txn[name] = call end
      return { txn = txn }
    end

    it("fails the command with its code and reason 11, wherever it fails (S-022)", function()
      for what, options in pairs{
        stage = with({}, { stage = fail }), write = with{ write = fail }, finish = with(),
      } do
        local outcome <const> = sim:refuses("io_failed", 11, raw.make(), options)
        assert.matches("the disk is gone", outcome.message, 1, true)
        assert.equal(7, outcome.failure.offset, what)
      end
      local options <const> = with()
      options.procedure = "uninstall"
      assert.equal(1, sim:refuses("io_failed", 11, raw.make(), options).failure.offset)
    end)

    it("fails a condition that cannot look, with its own code", function()
      local envelope <const> = raw.make{ fields = { [20] = raw.sequence(3, 15) } }
      local outcome <const> = sim:refuses("io_failed", 11, envelope, { driver = { probe = fail } })
      assert.same({}, outcome.failure.parameters)
    end)
  end)

  describe("misuse", function()
    local verified <const> = assert(suit.verify(raw.make(), { keys = raw.trusted }))

    local function throws(what, changes)
      local given <const> = { procedure = "update", driver = sim.driver, txn = {}, device = raw.device }
      for name, value in pairs(changes) do given[name] = value end
      assert.error_matches(function() suit.process(verified, given) end, what)
    end

    it("throws", function()
      throws("unknown option: trust", { trust = {} })
      throws("procedure has to be update, invocation or uninstall", { procedure = "invoke" })
      throws("device.class_identifier has to be 16 bytes", { device = { vendor_identifier = ("v"):rep(16) } })
      throws("no such SUIT limit: bytes", { limits = { bytes = 1 } })
      assert.error_matches(function() suit.process(verified, {}) end, "missing option")
    end)
  end)
end)
