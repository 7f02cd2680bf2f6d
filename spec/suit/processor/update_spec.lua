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

  describe("update", function()
    it("installs the component and says what it installed (S-019, P-27)", function()
      local outcome <const> = sim:installs(raw.make())
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
      sim:installs(raw.make())
      sim:installs(raw.make{ shared = raw.sequence(20, raw.image "new"), envelope = { members = { ["#0"] = "new" } } })
      assert.equal("new", sim:content(raw.component))
    end)

    it("leaves what was installed alone when it fails (S-019)", function()
      sim:installs(raw.make())
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
      sim:installs(raw.make{ shared = false, fields = fields }, { fetch = fetch })
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
      sim:installs(raw.make{ shared = false, fields = {
        [16] = raw.sequence(20, raw.image(raw.payload)), [20] = raw.sequence(20, raw.uri "#0", 21, 2, 3, 15),
      } })
    end)

    it("starts without the parameters of the procedure before (S-010)", function()
      sim:installs(raw.make())
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
        local outcome <const> = sim:refuses("condition_failed", 10, raw.make(options))
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
      local outcome <const> = sim:installs(raw.make{
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
end)
