-- Manifests that other processors are known to take wrongly, and malformed ones of every kind. Each is signed by a
-- trusted signer; each ends in one reason, with the device as it was.
local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"
local tree <const> = require "fixtures.suit_tree"

local seq <const>, map <const> = raw.sequence, raw.map
local install <const> = seq(20, raw.uri "#0", 21, 2, 3, 15)

describe("a crafted manifest:", function()
  local sim

  before_each(function()
    sim = device.new()
    assert.is_true(sim:process(raw.make{
      shared = false, fields = { [20] = seq(20, map{ [18] = "old" }, 18, 2), [24] = false },
    }).ok)
  end)
  after_each(function() sim:close() end)

  -- What it ends with: the code and reason of verification or of the procedure.
  local function ends(code, reason, envelope, options)
    local verified, message, found = suit.verify(envelope, { keys = raw.trusted })
    local number = found and require("teep.suit.reasons").of(found)
    if verified then
      local outcome <const> = sim:run(verified, options)
      message, found, number = outcome.message, outcome.code, outcome.reason
    end
    assert.equal("old", sim:content(raw.component), message)
    assert.same({ code, reason }, { found, number }, message)
    return message
  end

  local function sectioned(bytes) return raw.make{ fields = { [20] = bytes } } end

  it("e1: a severed install with other bytes (S-032)", function()
    ends("digest_mismatch", 4, raw.make{
      fields = { [20] = raw.digest(cbor.encode(install)) },
      envelope = { members = { [20] = seq(20, map{ [18] = "evil" }, 18, 2) } },
    })
  end)

  it("e5: a section the manifest does not announce (S-032)", function()
    ends("severed_member", 11, raw.make{
      fields = { [20] = false, [7] = seq(3, 15) }, envelope = { members = { [20] = install } },
    })
  end)

  -- Two that end well, with what the first sequence of a try-each writes.
  local function writes(content) return seq(20, map{ [18] = content }, 18, 2, 20, map{ [3] =
    cbor.encode(raw.digest(content)), [14] = #content }, 3, 15) end
  local choice <const> = cbor.array{ writes "first", writes "second" }

  it("e2: a try-each whose sequences both succeed runs the first alone (S-024)", function()
    local outcome <const> = sim:process(sectioned(seq(15, choice)))
    assert.is_true(outcome.ok, outcome.message)
    assert.equal("first", sim:content(raw.component))
  end)

  it("e6: a try-each with all components chosen is run once for each, by its first sequence (S-023, S-024)", function()
    local ids <const> = { raw.component, { "b" } }
    local outcome <const> = sim:process(raw.make{ components = ids, shared = false, fields = { [24] = false,
      [20] = seq(12, true, 15, choice) } })
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(2, #outcome.installed)
    for _, id in ipairs(ids) do assert.equal("first", sim:content(id)) end
  end)

  it("e11: invoke-args of 600 bytes reach what is started", function()
    local arguments <const> = ("a"):rep(600)
    local outcome <const> = sim:process(raw.make{ shared = false,
      fields = { [20] = false, [9] = seq(20, map{ [23] = arguments }, 23, 2) } }, { procedure = "invocation" })
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(arguments, outcome.invocations[1].arguments)
  end)

  it("e3: a condition that fails before a write (S-042)", function()
    ends("condition_failed", 10, sectioned(seq(20, map{ [18] = "new" }, 6, 15, 18, 2)))
  end)

  it("e7: command 99 in the first of two sequences (S-100)", function()
    local inner <const> = seq(99, cbor.null)
    local other <const> = seq(20, map{ [18] = "new" }, 18, 2)
    local message <const> = ends("command_unsupported", 5, sectioned(seq(15, cbor.array{ inner, other })))
    assert.matches("at byte 5: command 99", message, 1, true)
  end)

  it("e8: soft-failure at the top (S-040)", function()
    ends("command_forbidden", 5, sectioned(seq(20, map{ [13] = true }, 14, 15)))
  end)

  it("e9: candidate-verification is run before install (P-08)", function()
    ends("condition_failed", 10, raw.make{ fields = { [18] = seq(14, 15) } })
  end)

  it("e10: component 200 (S-023)", function()
    ends("component_unsupported", 6, sectioned(seq(12, 200, 3, 15)))
  end)

  it("e12: a dependency without authentication wrapper, though its digest matches (S-060)", function()
    ends("missing_field", 1, tree.parent{ child = raw.envelope(tree.child_manifest(), { members = { [2] = false } }) })
  end)

  it("e13: a dependency without signature (S-060)", function()
    ends("unauthorised", 4, tree.parent{ child = raw.envelope(tree.child_manifest(), { blocks = {} }) })
  end)

  it("the wrapper after the manifest (S-004)", function()
    local manifest <const> = raw.manifest()
    local wrapper <const> = raw.wrapper(raw.payload_of(manifest))
    ends("unsorted_keys", 1, cbor.encode(cbor.map{ { 3, manifest }, { 2, wrapper } }, { keep_order = true }))
  end)

  it("keys twice, out of order, in the envelope and in the manifest (S-007)", function()
    local manifest <const> = raw.manifest()
    local wrapper <const> = raw.wrapper(raw.payload_of(manifest))
    ends("duplicate_key", 1, cbor.encode(cbor.map{ { 2, wrapper }, { 3, manifest }, { 3, manifest } }, { keep_order = true }))
    local common <const> = cbor.encode(map{ [2] = cbor.array{ raw.array(raw.component) } })
    local function with(...) return raw.envelope(cbor.encode(cbor.map{ ... }, { keep_order = true })) end
    ends("unsorted_keys", 1, with({ 2, 1 }, { 1, 1 }, { 3, common }, { 20, install }))
    ends("duplicate_key", 1, with({ 1, 1 }, { 2, 1 }, { 2, 1 }, { 3, common }, { 20, install }))
    local twice <const> = cbor.encode(cbor.map{ { 14, 1 }, { 14, 2 } }, { keep_order = true })
    ends("duplicate_key", 1, sectioned("\x84\x14" .. twice .. "\x15\x02"))
    local reversed <const> = cbor.encode(cbor.map{ { 21, cbor.text "#0" }, { 14, 2 } }, { keep_order = true })
    ends("unsorted_keys", 1, sectioned("\x84\x14" .. reversed .. "\x15\x02"))
  end)

  it("heads that are not the shortest, lengths that are not definite", function()
    ends("not_shortest", 1, sectioned "\x82\x18\x03\x0F")
    ends("not_shortest", 1, sectioned "\x82\x03\x18\x0F")
    ends("indefinite_length", 1, sectioned "\x9F\x03\x0F\xFF")
    ends("not_shortest", 1, raw.envelope((raw.manifest():gsub("^(.)\1\1", "%1\1\x18\1"))))
  end)

  it("a sequence of odd length, an empty one, none at all", function()
    ends("size_out_of_range", 1, sectioned "\x81\x03")
    ends("size_out_of_range", 1, sectioned "\x83\x03\x0F\x03")
    ends("size_out_of_range", 1, sectioned "\x80")
    ends("wrong_type", 1, sectioned "\xA1\x03\x0F")
    ends("truncated", 1, sectioned "")
    ends("size_out_of_range", 1, sectioned(seq(32, "\x81\x03")))
    local message <const> = ends("wrong_type", 1, sectioned(seq(3, 15, 3, cbor.text "x")))
    assert.matches("install at byte 3", message, 1, true)
  end)

  it("a reporting policy of more than four bits", function()
    ends("unknown_value", 1, sectioned(seq(3, 16)))
    ends("wrong_type", 1, sectioned(seq(3, -1)))
  end)

  it("a payload under a key without #, fetched with it (P-21)", function()
    ends("payload_not_found", 11, raw.make{ envelope = { members = { ["#0"] = false, ["0"] = raw.payload } } })
  end)

  it("digests of another size, or by an unknown algorithm (S-049)", function()
    local function stating(algorithm, size)
      return sectioned(seq(20, map{ [3] = cbor.encode(cbor.array{ algorithm, ("d"):rep(size) }) }, 3, 15))
    end
    ends("size_out_of_range", 1, stating(-16, 31))
    ends("size_out_of_range", 1, stating(-16, 33))
    ends("unsupported_algorithm", 3, stating(-15, 32))
    ends("unsupported_algorithm", 3, stating(2, 32))
  end)

  it("a signature with r or s of zero, or of another size", function()
    local manifest <const> = raw.manifest()
    local block <const> = raw.block(raw.payload_of(manifest))
    local zero <const> = ("\0"):rep(32)
    for _, altered in ipairs{ block:sub(1, -65) .. zero .. block:sub(-32), block:sub(1, -33) .. zero } do
      ends("unauthorised", 4, raw.envelope(manifest, { blocks = { altered } }))
    end
    ends("unauthorised", 4, raw.envelope(manifest, { blocks = { block:sub(1, -67) .. "\x58\x3F" .. block:sub(-64, -2) } }))
  end)

  it("a lower sequence number than the one installed (S-008)", function()
    ends("rollback", 4, raw.make{ fields = { [2] = 4 } }, { current = function() return 5 end })
  end)

  it("a custom command in the shared sequence (S-015)", function()
    ends("command_unsupported", 5, raw.make{ shared = seq(-300, cbor.null) })
  end)

  it("a dependency processed in the shared sequence (S-069)", function()
    ends("command_forbidden", 5, tree.parent{ shared = seq(12, 1, 11, 0) })
  end)

  it("an image larger than image-size (P-28)", function()
    ends("operation_failed", 11, raw.make{ shared = seq(20, raw.image(raw.payload, { [14] = #raw.payload - 1 })) })
  end)

  it("one that would take another signer's component away (S-074, S-075)", function()
    local options <const> = { keep = function() return true end }
    ends("component_in_use", 11, raw.make(), options)
    assert.is_true(sim:process(raw.make{ fields = { [20] = seq(33, 2) } }, options).ok)
    assert.equal("old", sim:content(raw.component))
  end)

  it("keys 10 to 13 and 17 of outdated drafts, by their names (P-23)", function()
    for label, name in pairs{ [10] = "validate", [11] = "load", [12] = "run", [13] = "text", [17] = "install" } do
      local message <const> = ends("obsolete_label", 5, raw.make{ fields = { [label] = seq(3, 15), [20] = false } })
      assert.matches(name, message, 1, true)
    end
    ends("nothing_to_do", 5, raw.make{ fields = { [9] = seq(3, 15), [20] = false } })
    ends("nothing_to_do", 5, raw.make{ fields = { [9] = install, [20] = false } })
  end)

  it("payloads in front of the manifest (P-25)", function()
    local manifest <const> = raw.manifest()
    local wrapper <const> = raw.wrapper(raw.payload_of(manifest))
    ends("unsorted_keys", 1, cbor.encode(cbor.map{
      { 2, wrapper }, { cbor.text "#0", raw.payload }, { 3, manifest },
    }, { keep_order = true }))
  end)

  it("signed though malformed can be reported, with the place (S-120)", function()
    local bytes <const> = seq(3, 15, 32, seq(3, cbor.text "x"))
    local verified <const>, _, code, outcome = suit.verify(sectioned(bytes), { keys = raw.trusted })
    assert.same({ nil, "wrong_type" }, { verified, code })
    local read <const> = assert(suit.read_report(assert(suit.report(outcome))))
    assert.same({ 20, #bytes - 3, 1 }, { read.failure.record.section, read.failure.record.offset, read.failure.reason })
    local stranger <const> = table.pack(suit.verify(raw.make(), { keys = {} }))
    assert.same({ "unauthorised", nil }, { stranger[3], stranger[4] })
  end)

  -- Failures that leave the device half-way would show here: whatever a command of many fails at, nothing stays.
  it("that fails at any of its commands leaves the device as it was (S-019)", function()
    local commands <const> = {
      20, map{ [18] = "new" }, 18, 2, 33, 2, 20, map{ [18] = "newer" }, 18, 2, 6, 15, 20, raw.uri "#0", 21, 2,
    }
    for at = 1, #commands + 1, 2 do
      local altered <const> = table.move(commands, 1, #commands, 1, {})
      table.insert(altered, at, 15)
      table.insert(altered, at, 14)
      ends("condition_failed", 10, sectioned(seq(table.unpack(altered))))
    end
  end)
end)
