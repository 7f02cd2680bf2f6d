local cbor <const> = require "teep.cbor"
local envelope <const> = require "teep.suit.envelope"
local limits <const> = require "teep.suit.limits"
local raw <const> = require "fixtures.suit_raw"

local function refused(code, bytes, bounds)
  local opened, message, found = envelope.open(bytes, limits.with(bounds))
  assert.is_nil(opened)
  assert.equal(code, found, message)
  return message
end

-- Members in the given order, whatever the draft says about it.
local function encode(...) return cbor.encode(cbor.map{ ... }, { keep_order = true }) end

describe("teep.suit.envelope", function()
  local bytes <const> = raw.make()

  it("refuses what is no map", function()
    refused("not_suit", cbor.encode(cbor.array{}))
    refused("not_suit", cbor.encode(cbor.tag(1070, raw.map{ [2] = "a", [3] = "b" })))
    refused("truncated", "")
  end)

  it("refuses trailing bytes (D5)", function() refused("trailing_bytes", bytes .. "\0") end)

  it("refuses every truncation (D5)", function()
    for size = 0, #bytes - 1 do refused("truncated", bytes:sub(1, size)) end
  end)

  it("refuses unsorted keys, and a manifest before its wrapper or behind its payloads (S-004, S-007, P-25)", function()
    refused("unsorted_keys", encode({ 3, "b" }, { 2, "a" }))
    refused("unsorted_keys", encode({ 2, "a" }, { cbor.text "#tc", "x" }, { 3, "b" }))
  end)

  it("refuses duplicate keys (S-007)", function() refused("duplicate_key", encode({ 2, "a" }, { 2, "a" }, { 3, "b" })) end)

  it("refuses keys it does not know, delegation among them", function()
    assert.matches("delegation", refused("unknown_field", encode({ 1, "chain" }, { 2, "a" }, { 3, "b" })), 1, true)
    refused("unknown_field", encode({ 2, "a" }, { 3, "b" }, { 7, "validate is not severable" }))
    refused("unknown_field", encode({ 2, "a" }, { 3, "b" }, { 99, "x" }))
    refused("unknown_field", encode({ 2, "a" }, { 3, "b" }, { -1, "x" }))
    refused("unknown_field", encode({ 2, "a" }, { 3, "b" }, { "a byte string", "x" }))
  end)

  it("refuses members that are no byte strings (S-031)", function()
    refused("wrong_type", encode({ 2, "a" }, { 3, 1 }))
    refused("wrong_type", encode({ 2, "a" }, { 3, "b" }, { cbor.text "#tc", cbor.text "text" }))
    local hostile <const> = "#\27[2J\n" .. ("x"):rep(99)
    assert.equal("envelope.#?[2J?" .. ("x"):rep(34) .. ": want a byte string",
      refused("wrong_type", encode({ 2, "a" }, { 3, "b" }, { cbor.text(hostile), 1 })))
  end)

  it("refuses an envelope without wrapper or manifest (S-003)", function()
    refused("missing_field", encode{ 3, "b" })
    refused("missing_field", encode{ 2, "a" })
  end)

  it("limits the size of the envelope", function()
    refused("too_large", bytes, { envelope_bytes = #bytes - 1 })
    assert.truthy(envelope.open(bytes, limits.with{ envelope_bytes = #bytes }))
  end)

  it("limits the number of integrated payloads", function()
    local members <const> = { [2] = "a", [3] = "b", ["#0"] = "", ["#1"] = "" }
    assert.truthy(envelope.open(cbor.encode(raw.map(members)), limits.with{ integrated_payloads = 2 }))
    members["#2"] = ""
    refused("limit_reached", cbor.encode(raw.map(members)), { integrated_payloads = 2 })
  end)

  it("accepts the tagged and the untagged form (A-22)", function()
    assert.is_false(envelope.open(bytes, limits.with()).tagged)
    local tagged <const> = envelope.open(raw.make{ envelope = { tagged = true } }, limits.with())
    assert.is_true(tagged.tagged)
    assert.equal(raw.manifest(), tagged:content(3))
  end)

  it("gives members with and without the head of their byte string", function()
    local opened <const> = envelope.open(bytes, limits.with())
    assert.equal(raw.manifest(), opened:content(3))
    assert.equal(cbor.encode(raw.manifest()), opened:encoded(3))
    assert.is_nil(opened:content(20))
  end)

  it("gives payloads piece by piece", function()
    for _, size in ipairs{ 0, 23, 24, 255, 256, 65535, 65536 } do
      local payload <const> = ("p"):rep(size)
      local opened <const> = envelope.open(encode({ 2, "a" }, { 3, "b" }, { cbor.text "#tc", payload }), limits.with())
      assert.equal(size, opened:payload_size "#tc")
      assert.equal(payload, opened:payload("#tc", 0, size))
      assert.equal("", opened:payload("#tc", size, 1))
    end
    assert.is_nil(envelope.open(bytes, limits.with()):payload_size "#tc")
  end)

  it("encodes what it opened to the same bytes", function()
    for _, tagged in ipairs{ true, false } do
      local original <const> = raw.make{ envelope = { tagged = tagged, members = { ["#10"] = "x", ["#2"] = "y" } } }
      assert.equal(original, envelope.open(original, limits.with()):with{})
    end
  end)
end)
