local cbor <const> = require "teep.cbor"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local two <const> = { { "a" }, { "b" } }

describe("teep.suit.process", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  -- Nothing changed on the device, and the failure is what it should be.
  local function refused(code, reason, envelope, options)
    local outcome <const> = sim:process(envelope, options)
    assert.is_false(outcome.ok)
    assert.equal(code, outcome.code, outcome.message)
    assert.equal(reason, outcome.reason)
    assert.same({}, outcome.installed)
    assert.same({}, outcome.unlinked)
    assert.is_nil(sim:content(raw.component))
    return outcome
  end

  local function installed(envelope, options)
    local outcome <const> = sim:process(envelope, options)
    assert.is_true(outcome.ok, outcome.message)
    return outcome
  end

  describe("before any command", function()
    it("refuses a lower sequence number, in 64 bits without sign (S-008)", function()
      local function at(number) return function() return number end end
      refused("rollback", 4, raw.make(), { current = at(2) })
      local outcome <const> = refused("rollback", 4, raw.make(), { current = at(-1) })
      assert.matches("installed 18446744073709551615", outcome.message, 1, true)
      assert.is_nil(outcome.failure)
    end)

    it("accepts an equal and a higher sequence number (S-008)", function()
      local asked
      local function current(identity)
        asked = identity
        return 1
      end
      installed(raw.make(), { current = current })
      assert.same(raw.manifest_id, asked)
      installed(raw.make{ fields = { [2] = 2 } }, { current = current })
      installed(raw.make(), { current = function() return nil end })
    end)

    it("refuses a dependency that has neither a prefix nor a component", function()
      local envelope <const> = raw.make{ common = { [1] = raw.map{ [1] = cbor.map{} } } }
      local verified <const>, _, code = suit.verify(envelope, { keys = raw.trusted })
      assert.same({ nil, "component_unsupported" }, { verified, code })
    end)

    it("refuses a manifest with nothing for an Update to run", function()
      refused("nothing_to_do", 5, raw.make{ fields = { [20] = false, [9] = raw.sequence(3, 15) } })
    end)

    it("refuses a manifest without components", function()
      refused("component_unsupported", 6, raw.make{ shared = false, common = { [2] = false } })
    end)

    it("refuses a severed section that the envelope lacks (S-032)", function()
      local sequence <const> = raw.sequence(3, 15)
      for _, label in ipairs{ 15, 16, 18, 20 } do
        refused("severed_member", 11, raw.make{ fields = { [label] = raw.digest(cbor.encode(sequence)) } })
      end
    end)

    it("refuses what it could not finish, before it starts (S-100)", function()
      local outcome <const> = refused("command_unsupported", 5, raw.make{
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
      local outcome <const> = refused("condition_failed", 10, raw.make(imaged{ [1] = other }))
      assert.equal(raw.device.vendor_identifier, outcome.failure.parameters.vendor_identifier)
      refused("condition_failed", 10, raw.make(imaged{ [2] = other }))
    end)

    it("fail when their parameter is not set (S-042, S-045)", function()
      refused("condition_failed", 10, raw.make{ shared = raw.sequence(1, 15) })
      refused("condition_failed", 10, raw.make{ shared = raw.sequence(2, 15) })
      refused("condition_failed", 10, raw.make{ shared = false })
    end)

    it("fail for another payload than the one signed for (S-045)", function()
      local altered <const> = raw.payload:gsub("hello", "jello")
      local envelope <const> = raw.make{ envelope = { members = { ["#0"] = altered } } }
      local outcome <const> = refused("condition_failed", 10, envelope)
      assert.same({ algorithm = "SHA-256", bytes = crypto.digest("SHA-256", altered) }, outcome.failure.parameters.image_digest)
      assert.equal(#altered, outcome.failure.parameters.image_size)
    end)

    it("fail for a component of another size (P-05)", function()
      refused("condition_failed", 10, raw.make(imaged{ [14] = #raw.payload + 1 }))
      refused("operation_failed", 11, raw.make(imaged{ [14] = #raw.payload - 1 }))
    end)

    it("fail for a component that is absent", function()
      refused("condition_failed", 10, raw.make{ fields = { [20] = raw.sequence(3, 15) } })
    end)

    it("look at what is installed when nothing is staged", function()
      installed(raw.make())
      local outcome <const> = installed(raw.make{ fields = { [20] = false, [7] = raw.sequence(3, 15) } })
      assert.same({}, outcome.installed)
    end)
  end)

  describe("fetch", function()
    it("fails when no uri is set (S-022)", function()
      local outcome <const> = refused("parameter_unset", 8, raw.make{ fields = { [20] = raw.sequence(21, 2) } })
      assert.equal(1, outcome.failure.offset)
    end)

    it("fails for a payload that is not there", function()
      local function from(uri) return raw.make{ fields = { [20] = raw.sequence(20, raw.uri(uri), 21, 2) } } end
      refused("payload_not_found", 11, from "#1")
      refused("payload_not_found", 11, from "https://example.org/hello")
      local outcome <const> = refused("not_connected", 11, from "https://example.org/hello", {
        fetch = function() return nil, "https://example.org: no route", "not_connected" end,
      })
      assert.equal("install: hello/app: fetch: https://example.org: no route", outcome.message)
    end)

    it("does not ask the network for a fragment (P-21)", function()
      refused("payload_not_found", 11, raw.make{ envelope = { members = { ["#0"] = false } } }, {
        fetch = function() error "asked" end,
      })
    end)

    it("stops at the size that is stated, or at the limit (P-28, D19)", function()
      local limits <const> = { payload_bytes = #raw.payload }
      local function unsized(payload, stated)
        return raw.make{
          shared = raw.sequence(20, raw.map{ [3] = cbor.encode(raw.digest(payload)), [14] = stated }),
          envelope = { members = { ["#0"] = payload } },
        }
      end
      refused("limit_reached", 1, unsized(raw.payload .. "!"), { limits = limits })
      refused("operation_failed", 11, unsized(raw.payload .. "!", #raw.payload), { limits = { payload_bytes = 100 } })
      installed(unsized(raw.payload), { limits = limits })
    end)

    it("stops at the limit of the device whatever size is stated; one above it is not even fetched (P-28, D19)", function()
      local function stated(size)
        return raw.make{
          shared = raw.sequence(20, raw.image(raw.payload, { [14] = size })),
          fields = { [20] = raw.sequence(20, raw.uri "x:y", 21, 2, 3, 15) },
        }
      end
      local limits <const> = { payload_bytes = #raw.payload }
      local function never() error "asked" end
      for _, size in ipairs{ #raw.payload + 1, 1 << 32, math.maxinteger } do
        local outcome <const> = refused("limit_reached", 1, stated(size), { limits = limits, fetch = never })
        assert.matches(("image-size is %d bytes, the limit 13"):format(size), outcome.message, 1, true)
      end
      local function fetch(_, _, sink) return sink(raw.payload) end
      installed(stated(#raw.payload), { limits = limits, fetch = fetch })
    end)

    it("stops a fetch function that delivers too much (D19)", function()
      local delivered = 0
      local function fetch(_, _, sink)
        for _ = 1, 1000 do
          local ok, message, code = sink "0123456789"
          if not ok then return ok, message, code end
          delivered = delivered + 10
        end
        return true
      end
      refused("operation_failed", 11, raw.make{ fields = { [20] = raw.sequence(20, raw.uri "x:y", 21, 2) } }, { fetch = fetch })
      assert.is_true(delivered <= #raw.payload)
    end)

    it("does not overwrite what another manifest holds (S-067, S-075)", function()
      local options <const> = { keep = function() return true end }
      refused("component_in_use", 11, raw.make(), options)
      installed(raw.make())
      local outcome <const> = sim:process(raw.make{ shared = raw.sequence(20, raw.image "new") }, options)
      assert.equal("component_in_use", outcome.code)
      assert.equal("component_in_use", sim:process(raw.make{ shared = false }, options).code)
    end)

    it("shares with another manifest a component that has the very bytes already", function()
      installed(raw.make())
      local outcome <const> = installed(raw.make(), { keep = function() return true end })
      assert.same({}, outcome.installed)
    end)

    it("takes the payload from a URI", function()
      local asked
      local function fetch(uri, offset, sink)
        asked = { uri, offset }
        assert(sink(raw.payload:sub(1, 5)))
        return sink(raw.payload:sub(6))
      end
      installed(raw.make{
        fields = { [20] = raw.sequence(20, raw.uri "https://example.org/hello", 21, 2, 3, 15) },
      }, { fetch = fetch })
      assert.same({ "https://example.org/hello", 0 }, asked)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("prefers the envelope, whatever the URI looks like (S-031, P-21)", function()
      installed(raw.make{
        fields = { [20] = raw.sequence(20, raw.uri "https://example.org/hello", 21, 2, 3, 15) },
        envelope = { members = { ["https://example.org/hello"] = raw.payload } },
      }, { fetch = function() error "asked" end })
    end)

    it("stages payloads of every size", function()
      for _, size in ipairs{ 0, 1, 65535, 65536, 65537, 200000 } do
        local payload <const> = ("p"):rep(size)
        installed(raw.make{
          shared = raw.sequence(20, raw.image(payload)), envelope = { members = { ["#0"] = payload } },
        })
        assert.equal(payload, sim:content(raw.component))
      end
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
        local outcome <const> = refused("io_failed", 11, raw.make(), options)
        assert.matches("the disk is gone", outcome.message, 1, true)
        assert.equal(7, outcome.failure.offset, what)
      end
      local options <const> = with()
      options.procedure = "uninstall"
      assert.equal(1, refused("io_failed", 11, raw.make(), options).failure.offset)
    end)

    it("fails a condition that cannot look, with its own code", function()
      local envelope <const> = raw.make{ fields = { [20] = raw.sequence(3, 15) } }
      local outcome <const> = refused("io_failed", 11, envelope, { driver = { probe = fail } })
      assert.same({}, outcome.failure.parameters)
    end)
  end)

  describe("update", function()
    it("installs the component and says what it installed (S-019, P-27)", function()
      local outcome <const> = installed(raw.make())
      assert.equal(raw.payload, sim:content(raw.component))
      assert.same({
        {
          component_id = raw.component, size = #raw.payload, digest_algorithm = "SHA-256",
          digest = crypto.digest("SHA-256", raw.payload),
        },
      }, outcome.installed)
      assert.same({ "", "SHA-256" }, { outcome.reference.uri, outcome.reference.digest.algorithm })
    end)

    it("replaces what was installed", function()
      installed(raw.make())
      installed(raw.make{ shared = raw.sequence(20, raw.image "new"), envelope = { members = { ["#0"] = "new" } } })
      assert.equal("new", sim:content(raw.component))
    end)

    it("leaves what was installed alone when it fails (S-019)", function()
      installed(raw.make())
      local outcome <const> = sim:process(raw.make{ shared = raw.sequence(20, raw.image "new") })
      assert.is_false(outcome.ok)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("changes nothing before the transaction commits", function()
      local txn <const> = assert(sim.driver:txn())
      local outcome <const> = suit.process(assert(suit.verify(raw.make(), { keys = raw.trusted })), {
        procedure = "update", driver = sim.driver, txn = txn, device = raw.device,
      })
      assert.is_true(outcome.ok, outcome.message)
      assert.is_nil(sim:content(raw.component))
      txn:abort()
      assert.is_nil(sim:content(raw.component))
    end)

    it("runs its sections in the order of the draft", function()
      local asked <const> = {}
      local function fetch(uri, _, sink)
        asked[#asked + 1] = uri
        return sink "x"
      end
      local fields <const> = {}
      for _, label in ipairs{ 7, 8, 9, 15, 16, 18, 20, 24 } do
        fields[label] = label ~= 9 and raw.sequence(20, raw.uri("x:" .. label), 21, 2, raw.compared "x") or nil
      end
      installed(raw.make{ shared = false, fields = fields }, { fetch = fetch })
      assert.same({ "x:15", "x:16", "x:18", "x:20", "x:7" }, asked)
    end)

    it("runs the shared sequence before each section and starts each at component 0", function()
      local outcome <const> = sim:process(raw.make{
        components = two,
        shared = raw.sequence(12, true, 20, raw.image(raw.payload), 20, raw.uri "#0", 12, 1),
        fields = {
          [16] = raw.sequence(12, true, 21, 2, 12, 0, 20, raw.image "other"),
          [20] = raw.sequence(12, true, 3, 15), [24] = false,
        },
      })
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(raw.payload, sim:content{ "b" })
    end)

    it("keeps parameters from section to section (P-14)", function()
      installed(raw.make{ shared = false, fields = {
        [16] = raw.sequence(20, raw.image(raw.payload)), [20] = raw.sequence(20, raw.uri "#0", 21, 2, 3, 15),
      } })
    end)

    it("starts without the parameters of the procedure before (S-010)", function()
      installed(raw.make())
      local outcome <const> = sim:process(raw.make{ shared = false, fields = { [20] = raw.sequence(3, 15) } })
      assert.equal("condition_failed", outcome.code)
      assert.matches("image-digest is not set", outcome.message, 1, true)
    end)

    it("takes candidate-verification whole and severed (P-08)", function()
      local failing <const> = raw.sequence(20, raw.image "other", 3, 15)
      for _, options in ipairs{
        { fields = { [18] = failing } },
        { fields = { [18] = raw.digest(cbor.encode(failing)) }, envelope = { members = { [18] = failing } } },
      } do
        local outcome <const> = refused("condition_failed", 10, raw.make(options))
        assert.equal(18, outcome.failure.section)
      end
    end)

    it("runs a command once for each chosen component, in the order of the list (S-023)", function()
      local asked <const> = {}
      local function fetch(uri, _, sink)
        asked[#asked + 1] = uri
        return sink(uri)
      end
      local function image(text) return raw.map{ [3] = cbor.encode(raw.digest(text)) } end
      local outcome <const> = installed(raw.make{
        components = { { "a" }, { "b" }, { "c" } }, shared = false,
        fields = {
          [20] = raw.sequence(12, 0, 20, raw.uri "x:a", 12, cbor.array{ 1, 2 }, 20, raw.uri "x:b", 12, 2, 20, raw.uri "x:c",
            12, cbor.array{ 2, 0 }, 21, 2, 12, true, 21, 2, 12, 0, 20, image "x:a", 12, 1, 20, image "x:b", 12, 2, 20,
            image "x:c", 12, true, 3, 15),
          [24] = false,
        },
      }, { fetch = fetch })
      assert.same({ "x:c", "x:a", "x:a", "x:b", "x:c" }, asked)
      assert.equal("x:b", sim:content{ "b" })
      assert.equal(3, #outcome.installed)
    end)

    -- Other than the unprotected header before it, all of this is signed.
    it("never installs a manifest or payload of which one byte was changed (S-019)", function()
      local envelope <const> = raw.make()
      for at = envelope:find(raw.manifest(), 1, true), #envelope do
        local changed <const> = envelope:sub(1, at - 1) .. string.char(envelope:byte(at) ~ 1) .. envelope:sub(at + 1)
        local verified <const> = suit.verify(changed, { keys = raw.trusted })
        local outcome <const> = verified and sim:run(verified) or { ok = false }
        assert.is_false(outcome.ok, "byte " .. at)
      end
      assert.is_nil(sim:content(raw.component))
    end)
  end)

  describe("uninstall", function()
    local function uninstall(options, envelope)
      options = options or {}
      options.procedure = "uninstall"
      return sim:process(envelope or raw.make(), options)
    end

    it("removes what was installed", function()
      installed(raw.make())
      local outcome <const> = uninstall()
      assert.is_true(outcome.ok, outcome.message)
      assert.same({ raw.component }, outcome.unlinked)
      assert.same({}, outcome.installed)
      assert.is_nil(sim:content(raw.component))
    end)

    it("does not mind sequence numbers, nor whether there is anything to update", function()
      installed(raw.make())
      local outcome <const> = uninstall({ current = function() return 9 end }, raw.make{ fields = { [20] = false } })
      assert.is_true(outcome.ok, outcome.message)
      assert.is_nil(sim:content(raw.component))
    end)

    it("still finds after unlink what another manifest holds", function()
      installed(raw.make())
      local outcome <const> = sim:process(raw.make{ fields = { [20] = raw.sequence(33, 2, 3, 15) } }, {
        keep = function() return true end,
      })
      assert.is_true(outcome.ok, outcome.message)
      assert.same({ raw.component }, outcome.unlinked)
    end)

    it("leaves the data of a component that another manifest holds (S-074)", function()
      installed(raw.make())
      local asked
      local outcome <const> = uninstall{ keep = function(id) asked = id return true end }
      assert.same({ raw.component }, outcome.unlinked)
      assert.same(raw.component, asked)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("works from an envelope without payloads", function()
      installed(raw.make())
      assert.is_true(uninstall(nil, suit.strip(raw.make())).ok)
      assert.is_nil(sim:content(raw.component))
    end)

    it("checks the device and everything else first", function()
      installed(raw.make())
      local outcome <const> = uninstall{ device = { vendor_identifier = ("o"):rep(16), class_identifier = ("c"):rep(16) } }
      assert.equal("condition_failed", outcome.code)
      assert.equal(24, outcome.failure.section)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("does nothing for a manifest that has no such section", function()
      installed(raw.make())
      local outcome <const> = uninstall(nil, raw.make{ fields = { [24] = false } })
      assert.is_true(outcome.ok)
      assert.same({}, outcome.unlinked)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("forgets in an Update what is staged again after unlink", function()
      installed(raw.make())
      local outcome <const> = installed(raw.make{ fields = { [20] = raw.sequence(33, 2, 20, raw.uri "#0", 21, 2, 3, 15) } })
      assert.same({}, outcome.unlinked)
      assert.equal(1, #outcome.installed)
      assert.equal(raw.payload, sim:content(raw.component))
    end)

    it("finds nothing in an Update where unlink has removed it", function()
      installed(raw.make())
      local outcome <const> = sim:process(raw.make{ fields = { [20] = raw.sequence(33, 2, 3, 15) } })
      assert.equal("condition_failed", outcome.code)
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
