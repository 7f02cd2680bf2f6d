local raw <const> = require "fixtures.suit_raw"
local world <const> = require "tam.world"

describe("teep.tam add_manifest", function()
  local w
  before_each(function() w = world.new() end)
  after_each(world.clean)

  local function refused(expected, envelope)
    local before <const> = w:dump()
    local added <const>, message, code = w.tam:add_manifest(envelope)
    assert.is_nil(added)
    assert.equal(expected, code, message)
    assert.same(before, w:dump())
  end

  it("refuses what no trusted signer signed (T-120)", function()
    refused("unauthorised", world.envelope { signer = world.key "stranger" })
  end)

  it("refuses a manifest that was altered after it was signed", function()
    local good <const> = world.envelope { payload = "hello" }
    local at <const> = assert(good:find("app.suit", 1, true))
    refused("digest_mismatch", good:sub(1, at - 1) .. "b" .. good:sub(at + 1))
  end)

  it("refuses what is no envelope", function()
    local added <const>, _, code = w.tam:add_manifest "\xa0"
    assert.is_nil(added)
    assert.is_string(code)
  end)

  it("refuses manifests without identifier: no device could be told to remove them (T-037)", function()
    w.tam.signers = raw.trusted
    refused("missing_field", raw.make { fields = { [5] = false } })
    assert.truthy(w.tam:add_manifest(raw.make()))
  end)

  it("refuses an envelope of one byte over the size of an Update, not one at it", function()
    local envelope <const> = world.envelope {}
    w.tam.limits.update = #envelope - 1
    refused("too_large", envelope)
    w.tam.limits.update = #envelope
    assert.truthy(w.tam:add_manifest(envelope))
  end)

  it("refuses older sequence numbers and another manifest of the same", function()
    assert(w.tam:add_manifest(world.envelope { sequence = 2 }))
    refused("rollback", world.envelope { sequence = 1 })
    refused("conflict", world.envelope { sequence = 2, payload = "other" })
    assert.truthy(w.tam:add_manifest(world.envelope { sequence = 3 }))
  end)

  it("stores who signed it and what it installs", function()
    local envelope <const> = world.envelope { id = { "m", "\0" }, component = { "tc" }, payload = "hello" }
    local added <const> = assert(w.tam:add_manifest(envelope))
    assert.equal("m/%00", added.id)
    assert.equal(world.key("signer"):thumbprint(), added.signer)
    assert.equal(w.now, added.added)
    assert.same({ "tc", "SHA-256", 5 },
      { added.components[1].component_id, added.components[1].digest_algorithm, added.components[1].size })
    assert.same(added, w.store:manifest "m/%00")
  end)

  it("checks a stored envelope anew once the same bytes no longer lie there (D31)", function()
    local catalogue <const> = require "teep.tam.catalogue"
    local manifest <const> = assert(w.tam:add_manifest(world.envelope { payload = "hello" }))
    assert.is_true(catalogue.check(w.tam, manifest))
    assert.is_true(catalogue.check(w.tam, manifest))
    local _, _, other <const> = catalogue.check(w.tam, { id = "other", digest = manifest.digest,
      sequence_number = manifest.sequence_number, envelope = manifest.envelope })
    assert.equal("corrupt", other)
    manifest.envelope = world.envelope { payload = "hello", signer = world.key "stranger" }
    local _, _, code <const> = catalogue.check(w.tam, manifest)
    assert.equal("unauthorised", code)
  end)

  it("remembers a bounded number of envelopes that verify", function()
    local catalogue <const> = require "teep.tam.catalogue"
    local manifest <const> = assert(w.tam:add_manifest(world.envelope {}))
    w.tam.verified = { of = {}, count = 1023 }
    assert.is_true(catalogue.check(w.tam, manifest))
    assert.equal(1024, w.tam.verified.count)
    manifest.envelope = world.envelope { sequence = 1, payload = "other" }
    catalogue.check(w.tam, manifest)
    assert.equal(1, w.tam.verified.count)
  end)
end)
