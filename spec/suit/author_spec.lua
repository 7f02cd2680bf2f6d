local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local key <const> = require "teep.key"
local providers <const> = require "fixtures.providers"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local function component(changes)
  local result <const> = {
    id = raw.component, payload = raw.payload, vendor_identifier = raw.device.vendor_identifier,
    class_identifier = raw.device.class_identifier,
  }
  for name, value in pairs(changes or {}) do result[name] = value or nil end
  return result
end

local function create(changes)
  local given <const> = {
    manifest_component_id = raw.manifest_id, sequence_number = 7, components = { component() },
  }
  for name, value in pairs(changes or {}) do given[name] = value end
  return suit.create(given)
end

local function refused(code, changes)
  local envelope, message, found = create(changes)
  assert.is_nil(envelope)
  assert.equal(code, found, message)
  return message
end

local function blocks_of(envelope) return suit.decode(envelope).blocks end

local function signed(envelope, ...)
  for _, signer in ipairs{ ... } do envelope = assert(suit.sign(envelope, { key = signer })) end
  return envelope
end

describe("teep.suit.create", function()
  it("refuses components without payload, identifiers or digest (S-018)", function()
    refused("missing_field", { components = {} })
    for _, name in ipairs{ "vendor_identifier", "class_identifier", "payload" } do
      local message <const> = refused("missing_field", { components = { component{ [name] = false } } })
      assert.matches(name == "payload" and "components[1].uri" or "components[1]." .. name, message, 1, true)
    end
    refused("missing_field", { components = { component{ payload = false, uri = "x:y", size = 1 } } })
    refused("missing_field", { components = { component{ payload = false, uri = "x:y", digest = {} } } })
  end)

  it("refuses values that no processor would accept (S-037)", function()
    refused("size_out_of_range", { components = { component{ class_identifier = "short" } } })
    refused("component_unsupported", { components = { component{ id = { ("s"):rep(257) } } } })
    refused("component_unsupported", { components = { component(), component() } })
    local function at(digest) return { components = { component{ payload = false, uri = "x:y", size = 1, digest = digest } } } end
    refused("size_out_of_range", at{ algorithm = "SHA-256", bytes = "short" })
    refused("unsupported_algorithm", at{ algorithm = "SHA-512", bytes = ("d"):rep(64) })
  end)

  it("throws for options that do not exist", function()
    assert.error_matches(function() create{ payload = "x" } end, "unknown option: payload")
    assert.error_matches(function() create{ components = { component{ name = "x" } } } end, "unknown option: name")
    assert.error_matches(function() suit.create{} end, "missing option")
  end)

  it("makes the same bytes of the same input", function()
    assert.equal(assert(create()), assert(create()))
    assert.not_equal(create(), create{ sequence_number = 8 })
  end)

  it("sets parameters with override-parameters alone, digests among them (P-06, S-071)", function()
    local manifest <const> = assert(suit.decode(create())).manifest
    local codes <const>, digests = {}, 0
    for _, commands in ipairs{
      manifest.shared, manifest.sections.install, manifest.sections.validate, manifest.sections.uninstall,
    } do
      for _, command in ipairs(commands) do
        codes[command.code] = true
        if command.code == 20 and command.argument.image_digest then digests = digests + 1 end
      end
    end
    assert.equal(1, digests)
    assert.is_true(codes[21] and codes[33])
    assert.is_nil(codes[19])
  end)

  it("says which component it chooses only where there are several (S-017)", function()
    local function first_codes(envelope)
      local manifest <const> = suit.decode(envelope).manifest
      local codes <const> = { manifest.shared[1].code }
      for _, name in ipairs{ "install", "validate", "uninstall" } do
        codes[#codes + 1] = manifest.sections[name][1].code
      end
      return codes
    end
    assert.same({ 20, 20, 3, 33 }, first_codes(create()))
    assert.same({ 12, 12, 12, 12 },
      first_codes(create{ components = { component{ id = { "a" } }, component{ id = { "b" } } } }))
  end)

  it("makes an envelope that is not signed (S-003)", function()
    local _, _, code = suit.verify(assert(create()), { keys = raw.trusted })
    assert.equal("unauthorised", code)
    assert.is_true(suit.decode(create()).digest_matches)
  end)

  it("keeps what it was given", function()
    local verified <const> = assert(suit.verify(
      signed(create{ reference_uri = "https://example.org/s", sequence_number = -1, tagged = true }, raw.signer),
      { keys = raw.trusted }))
    assert.same(raw.manifest_id, verified.manifest_component_id)
    assert.equal(-1, verified.sequence_number)
    assert.equal("https://example.org/s", verified.reference_uri)
    assert.is_true(verified.tagged)
    assert.same({
      {
        component_id = raw.component, size = #raw.payload, digest_algorithm = "SHA-256",
        digest = crypto.digest("SHA-256", raw.payload),
      },
    }, verified.targets)
  end)

  describe("on a device", function()
    local sim

    before_each(function() sim = device.new() end)
    after_each(function() sim:close() end)

    it("installs, validates and uninstalls one component (S-029, S-050)", function()
      local envelope <const> = signed(create(), raw.signer)
      local outcome <const> = sim:process(envelope)
      assert.is_true(outcome.ok, outcome.message)
      assert.equal(raw.payload, sim:content(raw.component))
      assert.is_true(sim:process(suit.strip(envelope), { procedure = "uninstall" }).ok)
      assert.is_nil(sim:content(raw.component))
    end)

    it("installs several components, from the envelope and from elsewhere (S-017)", function()
      local envelope <const> = signed(create{
        components = {
          component{ id = { "a" } },
          component{
            id = { "b" }, payload = false, uri = "https://example.org/b", size = 3,
            digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", "far") },
          },
          component{ id = { "c" }, payload = "" },
        },
      }, raw.signer)
      local outcome <const> = sim:process(envelope, { fetch = function(_, _, sink) return sink "far" end })
      assert.is_true(outcome.ok, outcome.message)
      assert.same({ raw.payload, "far", "" }, { sim:content{ "a" }, sim:content{ "b" }, sim:content{ "c" } })
      assert.is_true(sim:process(envelope, { procedure = "uninstall" }).ok)
      assert.is_nil(sim:content{ "b" })
    end)

    it("is refused by devices of another class (S-014)", function()
      local outcome <const> = sim:process(signed(create(), raw.signer), {
        device = { vendor_identifier = raw.device.vendor_identifier, class_identifier = ("x"):rep(16) },
      })
      assert.equal("condition_failed", outcome.code)
    end)
  end)
end)

describe("teep.suit.sign", function()
  it("refuses a manifest that is not the one the digest is of (S-006)", function()
    local forged <const> = raw.envelope(raw.manifest(), { payload = raw.payload_of "other" })
    local envelope, _, code = suit.sign(forged, { key = raw.signer })
    assert.is_nil(envelope)
    assert.equal("digest_mismatch", code)
  end)

  it("refuses a key without private part", function()
    local envelope, _, code = suit.sign(create(), { key = raw.trusted[1] })
    assert.is_nil(envelope)
    assert.equal("no_private_key", code)
  end)

  it("replaces its own signature and adds those of others (S-005)", function()
    local envelope = signed(create(), raw.signer, raw.signer)
    assert.equal(1, #blocks_of(envelope))
    envelope = signed(envelope, raw.stranger, raw.signer)
    assert.equal(2, #blocks_of(envelope))
    for _, signer in ipairs{ raw.signer, raw.stranger } do
      assert.truthy(suit.verify(envelope, { keys = { raw.public(signer) } }))
    end
  end)

  it("limits the number of signatures", function()
    local keys <const> = {}
    for i = 1, 5 do keys[i] = assert(key.generate{ algorithm = "ESP256" }) end
    local envelope <const> = signed(create(), table.unpack(keys, 1, 4))
    local fifth, _, code = suit.sign(envelope, { key = keys[5] })
    assert.is_nil(fifth)
    assert.equal("limit_reached", code)
    assert.truthy(suit.sign(envelope, { key = keys[4] }))
  end)

  it("signs with Ed25519 as well", function()
    local lacking <const> = providers.lack "Ed25519"
    if lacking then return pending(lacking) end
    local signer <const> = assert(key.generate{ algorithm = "Ed25519" })
    local verified <const> = assert(suit.verify(signed(create(), signer), { keys = { raw.public(signer) } }))
    assert.equal("Ed25519", verified.algorithm)
  end)

  it("writes tag 18, a detached payload and the thumbprint as key identifier", function()
    local block <const> = assert(cose.parse(blocks_of(signed(create(), raw.signer))[1]))
    assert.is_true(block.tagged)
    assert.is_nil(block.payload)
    assert.equal(raw.signer:thumbprint(), block.signers[1].kid)
  end)

  it("and strip refuse what is no envelope", function()
    for _, code in ipairs{ select(3, suit.sign("\x80", { key = raw.signer })), select(3, suit.strip "\x80") } do
      assert.equal("not_suit", code)
    end
  end)

  it("leaves manifest and payloads as they are", function()
    local envelope <const> = signed(create(), raw.signer)
    assert.truthy(envelope:find(raw.payload, 1, true))
    assert.is_nil(suit.strip(envelope):find(raw.payload, 1, true))
    assert.equal(suit.decode(create()).digest.bytes, suit.decode(suit.strip(envelope)).digest.bytes)
    assert.truthy(suit.verify(suit.strip(envelope), { keys = raw.trusted }))
  end)
end)

describe("teep.suit.create with severed members", function()
  local long <const> = ("long "):rep(20)

  local function text(changes)
    local given <const> = { en = { manifest_description = long } }
    for name, value in pairs(changes or {}) do given.en[name] = value end
    return given
  end

  it("refuses to sever what has to stay, what is absent, and what is shorter than its digest (S-033)", function()
    for _, name in ipairs{ "uninstall", "validate" } do
      assert.matches(name .. " must stay", refused("forbidden_field", { severed = { name } }), 1, true)
    end
    for _, name in ipairs{ "text", "payload_fetch", "no such" } do
      assert.matches("no " .. name, refused("missing_field", { severed = { name } }), 1, true)
    end
    assert.matches("install has 11 bytes, the digest for it 36: leave it in",
      refused("size_out_of_range", { severed = { "install" } }), 1, true)
  end)

  -- A description of n characters from 24 characters on makes a text of n + 8 bytes.
  it("severs what is longer than its digest by one byte (S-033)", function()
    local function sever(size)
      return create{ severed = { "text" }, text = { en = { manifest_description = ("x"):rep(size) } } }
    end
    local _, message <const>, code <const> = sever(28)
    assert.equal("size_out_of_range", code)
    assert.matches("text has 36 bytes", message, 1, true)
    assert.truthy(sever(29))
  end)

  it("refuses text of components that it has not, and of names that are none (S-034)", function()
    refused("component_unsupported", { text = text{ components = { { id = { "other" }, vendor_name = "x" } } } })
    refused("unknown_field", { text = text{ descripton = "x" } })
    refused("unknown_field", { text = text{ components = { { id = raw.component, vendor = "x" } } } })
    assert.equal("text.en.update_description: is not UTF-8",
      refused("invalid_utf8", { text = text{ update_description = "\xff" } }))
    assert.equal("text.en.components[2].id: hello/app is components[1] already", refused("duplicate_key",
      { text = text{ components = { { id = raw.component, vendor_name = "x" }, { id = raw.component } } } }))
    assert.equal("text: no language", refused("missing_field", { text = {} }))
    assert.truthy(create{ text = text{ components = { { id = raw.component, vendor_name = "x" } } } })
  end)

  it("announces them by their digest and keeps them outside (S-032)", function()
    local envelope <const> = assert(create{ severed = { "text" }, text = text() })
    local view <const> = assert(suit.decode(envelope))
    assert.truthy(view.manifest.text:find(long, 1, true))
    assert.is_nil(view.envelope:content(3):find(long, 1, true))
    assert.is_nil(assert(suit.strip(envelope, { severed = { "text" } })):find(long, 1, true))
    local _, _, code <const> = suit.decode((envelope:gsub("long", "LONG", 1)))
    assert.equal("digest_mismatch", code)
    assert.equal(envelope, create{ severed = { "text" }, text = text() })
  end)
end)

describe("teep.suit.create with integrated payloads", function()
  it("names them by their URI, in byte strings (S-031)", function()
    local view <const> = suit.decode(assert(create{ components = { component{ id = { "a" } }, component{ id = { "b" } } } }))
    assert.same({ ["#0"] = #raw.payload, ["#1"] = #raw.payload }, view.integrated)
  end)

  it("sets a version that begins with a number (S-104)", function()
    for _, version in ipairs{ {}, { -1 }, { -3, 1 } } do refused("number_out_of_range", { version = version }) end
    local envelope <const> = assert(create{ version = { 1, 2, -1, 3 } })
    assert.truthy(envelope:find("\6\69\x84\1\2\x20\3", 1, true))
  end)
end)

describe("teep.suit.sign with several keys", function()
  it("wants either key or keys", function()
    for _, given in ipairs{ {}, { key = raw.signer, keys = { raw.signer } } } do
      assert.error_matches(function() suit.sign(create(), given) end, "either key or keys")
    end
  end)

  it("makes one block for each, in their order (S-005)", function()
    local blocks <const> = suit.decode(suit.sign(create(), { keys = { raw.signer, raw.stranger } })).blocks
    for i, signer in ipairs{ raw.signer, raw.stranger } do
      assert.equal(signer:thumbprint(), cose.parse(blocks[i]).signers[1].kid)
    end
  end)

  it("makes none when one of them cannot sign", function()
    local envelope <const>, _, code <const> = suit.sign(create(), { keys = { raw.signer, raw.trusted[1] } })
    assert.is_nil(envelope)
    assert.equal("no_private_key", code)
  end)
end)

describe("teep.suit.sign with a symmetric key", function()
  local function symmetric(kid)
    local bytes <const> = cbor.encode(cbor.map{ { 1, 4 }, { 3, 5 }, { -1, ("k"):rep(32) }, kid and { 2, kid } })
    return assert(key.load(bytes))
  end

  it("refuses one without kid: verifiers find keys by it", function()
    local envelope <const>, message <const>, code <const> = suit.sign(create(), { key = symmetric() })
    assert.is_nil(envelope)
    assert.equal("wrong_key", code)
    assert.matches("no kid", message)
  end)

  it("makes a detached COSE_Mac0 with tag 17 and kid, the same each time, beside signatures (S-005)", function()
    local shared <const> = symmetric "mac-1"
    local envelope <const> = assert(suit.sign(create(), { keys = { shared, raw.signer, shared } }))
    local list <const> = blocks_of(envelope)
    assert.equal(2, #list)
    local made <const> = assert(cose.parse_mac(list[2]))
    assert.same({ "mac0", true, "mac-1", 5 }, { made.structure, made.tagged, made.recipients[1].kid, made.algorithm })
    assert.equal(list[2], blocks_of(suit.sign(create(), { key = shared }))[1])
    assert.equal("\xd1", list[2]:sub(1, 1))
    local payload <const> = cbor.decode(suit.decode(envelope).envelope:content(2))[1]
    assert.truthy(cose.verify_mac(list[2], { keys = { shared }, algorithms = { "HMAC-256" }, payload = payload }))
  end)
end)

describe("teep.suit.strip", function()
  it("throws for members that cannot be severed", function()
    assert.error_matches(function() suit.strip(create(), { severed = { "uninstall" } }) end, "no severable member")
  end)

  it("refuses to take out what is not there", function()
    assert.equal("missing_field", select(3, suit.strip(create(), { severed = { "install" } })))
  end)
end)
