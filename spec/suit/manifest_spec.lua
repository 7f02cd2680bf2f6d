local cbor <const> = require "teep.cbor"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local function verify(options, limits)
  return suit.verify(raw.make(options), { keys = raw.trusted, limits = limits })
end

local function refused(code, options, limits)
  local verified, message, found = verify(options, limits)
  assert.is_nil(verified)
  assert.equal(code, found, message)
  return message
end

-- A manifest whose install section is severed: `stated` is hashed, `member` goes into the envelope.
local function severed(stated, member)
  return { fields = { [20] = raw.digest(cbor.encode(stated)) }, envelope = { members = { [20] = member } } }
end

local install <const> = raw.sequence(20, raw.uri "#0", 21, 2, 3, 15)

describe("teep.suit.manifest", function()
  it("refuses another version than 1 (S-008)", function() refused("manifest_version", { fields = { [1] = 2 } }) end)

  it("refuses a manifest without version, sequence number or common", function()
    for label = 1, 3 do refused("missing_field", { fields = { [label] = false } }) end
  end)

  it("names labels of outdated drafts (P-23)", function()
    for _, label in ipairs{ 10, 11, 12, 13, 17 } do
      assert.matches(tostring(label), refused("obsolete_label", { fields = { [label] = install, [99] = 1 } }), 1, true)
    end
  end)

  it("refuses labels it does not know", function()
    refused("unknown_field", { fields = { [25] = "x" } })
    refused("unknown_field", { fields = { [-1] = "x" } })
    refused("unknown_field", { common = { [3] = "x" } })
  end)

  it("refuses unsorted keys in the manifest (S-007)", function()
    local manifest <const> = cbor.encode(cbor.map{ { 2, 1 }, { 1, 1 }, { 3, "\xA0" } }, { keep_order = true })
    local _, message, code = suit.verify(raw.envelope(manifest), { keys = raw.trusted })
    assert.equal("unsorted_keys", code, message)
  end)

  it("refuses trailing bytes after manifest, common and sequence (D5)", function()
    local _, _, code = suit.verify(raw.envelope(raw.manifest() .. "\0"), { keys = raw.trusted })
    assert.equal("trailing_bytes", code)
    refused("trailing_bytes", { fields = { [3] = "\xA0\0" } })
    refused("trailing_bytes", { fields = { [20] = install .. "\0" } })
  end)

  it("refuses sequences that are empty or odd", function()
    refused("size_out_of_range", { fields = { [20] = raw.sequence() } })
    refused("size_out_of_range", { fields = { [20] = raw.sequence(3, 15, 3) } })
    refused("size_out_of_range", { shared = raw.sequence(1) })
  end)

  it("refuses commands that are no integers and arguments of another type", function()
    refused("wrong_type", { fields = { [20] = raw.sequence(cbor.text "fetch", 2) } })
    refused("wrong_type", { fields = { [20] = raw.sequence(21, cbor.text "all") } })
    refused("wrong_type", { fields = { [20] = raw.sequence(12, cbor.null) } })
    refused("wrong_type", { fields = { [20] = raw.sequence(20, cbor.array{}) } })
    refused("wrong_type", { fields = { [20] = raw.sequence(20, raw.map{ [21] = "bytes" }) } })
    refused("size_out_of_range", { fields = { [20] = raw.sequence(20, raw.map{ [1] = "too short" }) } })
    refused("size_out_of_range", { fields = { [20] = raw.sequence(12, cbor.array{}) } })
  end)

  it("refuses a reporting policy with more than four bits", function()
    refused("unknown_value", { fields = { [20] = raw.sequence(3, 16) } })
    assert.truthy(verify{ fields = { [20] = raw.sequence(3, 15) } })
  end)

  it("refuses unsorted parameters (S-007)", function()
    local parameters <const> = cbor.map{ { 21, cbor.text "#0" }, { 14, 1 } }
    local sequence <const> = cbor.encode(cbor.array{ 20, parameters }, { keep_order = true })
    refused("unsorted_keys", { fields = { [20] = sequence } })
  end)

  it("names the first command of a sequence that is wrong, be it wrong inside or itself", function()
    local inner <const> = raw.sequence(14, 15, 12, false, 3, 16)
    local function message_for(...)
      local ok <const>, message <const> = verify{ fields = { [20] = raw.sequence(14, 15, ...) } }
      assert.is_nil(ok)
      return message
    end
    local wrong <const> = raw.map{ [1] = "too short" }
    assert.matches("^install at byte 11: image%-match %(3%): policy: ", message_for(32, inner, 20, wrong))
    assert.matches("^install at byte 3: override%-parameters %(20%): ", message_for(20, wrong, 32, inner))
    assert.matches("^install at byte 3: command: want an integer", message_for(cbor.text "fetch", 2, 32, inner))
  end)

  it("limits the number of commands in a sequence (D19)", function()
    assert.truthy(verify({}, { commands = 3 }))
    refused("limit_reached", {}, { commands = 2 })
  end)

  it("limits the number of components (S-012)", function()
    assert.truthy(verify({ components = { { "a" }, { "b" } } }, { components = 2 }))
    refused("component_unsupported", { components = { { "a" }, { "b" }, { "c" } } }, { components = 2 })
    refused("size_out_of_range", { common = { [2] = cbor.array{} } })
  end)

  it("limits the segments of identifiers", function()
    local limits <const> = { segments = 2, segment_bytes = 5 }
    assert.truthy(verify({ components = { { "a", "12345" } } }, limits))
    refused("component_unsupported", { components = { { "a", "b", "c" } } }, limits)
    refused("component_unsupported", { components = { { "123456" } } }, limits)
    refused("component_unsupported", { fields = { [5] = cbor.array{ "a", "b", "c" } } }, limits)
    refused("component_unsupported", { fields = { [5] = cbor.array{ "123456" } } }, limits)
  end)

  it("refuses a component that is listed twice", function()
    refused("component_unsupported", { components = { { "a", "b" }, { "a", "b" } } })
    assert.truthy(verify{ components = { { "a", "b" }, { "a/b" } } })
  end)

  it("refuses a severed member with other bytes (S-032)", function()
    refused("digest_mismatch", severed(install, raw.sequence(33, 2)))
    refused("digest_mismatch", { fields = { [20] = raw.digest(install) }, envelope = { members = { [20] = install } } })
  end)

  it("refuses a severed member that the manifest does not announce (S-032)", function()
    refused("severed_member", { fields = { [20] = false }, envelope = { members = { [20] = install } } })
    refused("severed_member", { envelope = { members = { [20] = install } } })
    refused("severed_member", { envelope = { members = { [23] = "\xA0" } } })
  end)

  it("refuses a severed digest of an algorithm it does not have (S-049)", function()
    local digest <const> = raw.digest(cbor.encode(install), -18)
    refused("unsupported_algorithm", { fields = { [20] = digest }, envelope = { members = { [20] = install } } })
  end)

  it("refuses a digest in place of a section that is not severable (S-033)", function()
    refused("wrong_type", { fields = { [24] = raw.digest(install) } })
  end)

  it("takes a severed member from the envelope (S-032)", function()
    local verified <const> = assert(verify(severed(install, install)))
    assert.equal(3, #verified.manifest.sections.install)
    assert.same({}, verified.manifest.missing)
  end)

  it("remembers a severed member that is missing", function()
    local verified <const> = assert(verify(severed(install, false)))
    assert.same({ install = true }, verified.manifest.missing)
    assert.is_nil(verified.manifest.sections.install)
  end)

  it("keeps text and concise software identification without reading them (S-105)", function()
    local verified <const> = assert(verify{ fields = { [14] = "coswid", [23] = "text", [6] = "\x81\1" } })
    assert.equal("text", verified.manifest.text)
    assert.equal("coswid", verified.manifest.coswid)
  end)

  it("counts the offset of a command from the head of its sequence", function()
    local offsets <const> = {}
    for _, command in ipairs(assert(verify{}).manifest.sections.install) do offsets[#offsets + 1] = command.offset end
    assert.same({ 1, 7, 9 }, offsets)
    local long <const> = {}
    for i = 1, 24, 2 do long[i], long[i + 1] = 3, 15 end
    local verified <const> = assert(verify{ fields = { [20] = raw.sequence(table.unpack(long)) } })
    assert.equal(2, verified.manifest.sections.install[1].offset)
  end)

  it("tells what the manifest would install", function()
    local verified <const> = assert(verify{ fields = { [4] = cbor.text "https://example.org/hello.suit" } })
    assert.same(raw.manifest_id, verified.manifest_component_id)
    assert.same(raw.manifest_id, verified.identity)
    assert.equal("https://example.org/hello.suit", verified.reference_uri)
    assert.same({ ["#0"] = #raw.payload }, verified.integrated)
    assert.same({ raw.component }, verified.components)
    local target <const> = verified.targets[1]
    assert.same(raw.component, target.component_id)
    assert.equal(#raw.payload, target.size)
    assert.equal("SHA-256", target.digest_algorithm)
    assert.equal(require "teep.crypto".digest("SHA-256", raw.payload), target.digest)
  end)

  it("tells nothing about components whose digest is not set", function()
    local verified <const> = assert(verify{ shared = false })
    assert.same({ { component_id = raw.component } }, verified.targets)
  end)

  it("follows the component index when it tells what would be installed", function()
    local verified <const> = assert(verify{
      components = { { "a" }, { "b" }, { "c" } },
      shared = raw.sequence(12, true, 20, raw.map{ [14] = 1 }, 12, cbor.array{ 0, 2 }, 20, raw.map{ [14] = 2 }),
      fields = { [20] = raw.sequence(12, 1, 20, raw.map{ [14] = 3 }) },
    })
    local sizes <const> = {}
    for i, target in ipairs(verified.targets) do sizes[i] = target.size end
    assert.same({ 2, 3, 2 }, sizes)
  end)

  it("makes an identity from the components when the manifest has none of its own", function()
    local one <const> = assert(verify{ fields = { [5] = false } })
    local same <const> = assert(verify{ fields = { [5] = false, [2] = 9 } })
    local other <const> = assert(verify{ fields = { [5] = false }, components = { { "other" } } })
    assert.is_nil(one.manifest_component_id)
    assert.equal(32, #one.identity[1])
    assert.same(one.identity, same.identity)
    assert.not_same(one.identity, other.identity)
  end)

  it("keeps sequence numbers of all 64 bits", function()
    local number <const> = cbor.integer(-1)
    assert.equal(-1, assert(verify{ fields = { [2] = number } }).sequence_number)
  end)

  describe("of an envelope nobody trusts", function()
    it("shows the same without a key", function()
      local view <const> = assert(suit.decode(raw.make()))
      assert.equal(1, view.sequence_number)
      assert.is_true(view.digest_matches)
      assert.equal(1, #view.blocks)
      assert.is_nil(view.key)
    end)

    it("shows that the digest does not match", function()
      local manifest <const> = raw.manifest()
      assert.is_false(suit.decode(raw.envelope(manifest, { payload = raw.payload_of "other" })).digest_matches)
    end)

    it("is refused when it is none", function()
      for code, bytes in pairs{
        truncated = raw.make():sub(1, -2), wrong_type = cbor.encode(raw.map{ [2] = "\1", [3] = "\1" }),
        size_out_of_range = cbor.encode(raw.map{ [2] = "\x80", [3] = "\1" }),
        missing_field = cbor.encode(raw.map{ [2] = raw.wrapper(raw.payload_of ""), [3] = "\xA0" }),
      } do
        local view, message, found = suit.decode(bytes)
        assert.is_nil(view)
        assert.equal(code, found, message)
        view, message, found = suit.sign(bytes, { key = raw.signer })
        assert.is_nil(view)
        assert.equal(code == "missing_field" and "digest_mismatch" or code, found, message)
      end
    end)

    it("is not taken by a processor (S-001)", function()
      local view <const> = suit.decode(raw.make())
      assert.error_matches(function()
        suit.process(view, { procedure = "update", driver = {}, txn = {}, device = raw.device })
      end, "want what suit.verify returned")
    end)
  end)
end)
