--- Manifests in a store.
local assert = require "luassert"
local has_failed = require "has_failed"
local records = require "store.records"

local every_byte, manifest = records.every_byte, records.manifest

local function without_envelope(given)
  local copy = {}
  for name, value in pairs(given) do copy[name] = value end
  copy.envelope = nil
  return copy
end

return function(rig, _ENV) -- luacheck: ignore 212/_ENV
  describe("manifests", function()
    it("are refused below the highest sequence number (D12)", function()
      assert(rig.db:manifest_put(manifest { sequence_number = 8 }))
      local message = has_failed("rollback", rig.db:manifest_put(manifest { sequence_number = 7 }))
      assert.is_truthy(message:find("7, have 8", 1, true))
      assert.are.equal(8, rig.db:manifest("hello").sequence_number)
    end)

    it("are refused under a known sequence number with another digest", function()
      assert(rig.db:manifest_put(manifest()))
      has_failed("conflict", rig.db:manifest_put(manifest { digest = "other" }))
      assert.are.same(manifest(), rig.db:manifest("hello"))
    end)

    it("are unknown unless put", function()
      has_failed("not_found", rig.db:manifest("hello"))
      has_failed("not_found", rig.db:manifest_remove("hello"))
      assert(rig.db:manifest_put(manifest()))
      has_failed("not_found", rig.db:manifest("hello", 8))
      has_failed("not_found", rig.db:manifest("hell"))
    end)

    it("come back with every byte", function()
      assert(rig.db:manifest_put(manifest { digest = every_byte, signer = every_byte }))
      rig.reopen()
      assert.are.same(manifest { digest = every_byte, signer = every_byte }, rig.db:manifest("hello"))
    end)

    it("compare sequence numbers as 64-bit unsigned (D6)", function()
      local ascending = { 0, 1, (1 << 32), math.maxinteger, math.mininteger, -2, -1 }
      for _, number in ipairs(ascending) do
        assert(rig.db:manifest_put(manifest { sequence_number = number, digest = ("%x"):format(number) }))
        assert.are.equal(number, rig.db:manifest("hello").sequence_number)
        assert.are.equal(number, rig.db:manifests()[1].sequence_number)
      end
      for i = 1, #ascending - 1 do
        local number = ascending[i]
        has_failed("rollback", rig.db:manifest_put(manifest { sequence_number = number, digest = ("%x"):format(number) }))
        assert.are.equal(("%x"):format(number), rig.db:manifest("hello", number).digest)
      end
      local message = has_failed("rollback", rig.db:manifest_put(manifest { sequence_number = math.mininteger }))
      assert.is_truthy(message:find("9223372036854775808, have 18446744073709551615", 1, true))
    end)

    it("may be put again, which replaces the envelope", function()
      assert(rig.db:manifest_put(manifest()))
      assert(rig.db:manifest_put(manifest { envelope = "severed", added = 10 }))
      assert.are.same(manifest { envelope = "severed", added = 10 }, rig.db:manifest("hello"))
    end)

    it("are listed without envelopes, ordered by id, the highest of each", function()
      assert(rig.db:manifest_put(manifest { id = "b" }))
      assert(rig.db:manifest_put(manifest { id = "b", sequence_number = 8, components = {} }))
      assert(rig.db:manifest_put(manifest { id = "a" }))
      assert.are.same({
        without_envelope(manifest { id = "a" }),
        without_envelope(manifest { id = "b", sequence_number = 8, components = {} }),
      }, rig.db:manifests())
    end)

    it("are removed with all their sequence numbers", function()
      assert(rig.db:manifest_put(manifest()))
      assert(rig.db:manifest_put(manifest { sequence_number = 8 }))
      assert(rig.db:manifest_put(manifest { id = "other" }))
      assert.is_true(rig.db:manifest_remove("hello"))
      has_failed("not_found", rig.db:manifest("hello"))
      has_failed("not_found", rig.db:manifest("hello", 7))
      assert.are.equal(1, #rig.db:manifests())
      assert(rig.db:manifest_put(manifest { sequence_number = 1 }))
      assert.are.same(manifest { sequence_number = 1 }, rig.db:manifest("hello"))
    end)
  end)
end
