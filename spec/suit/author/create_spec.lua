local author <const> = require "fixtures.suit_author"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local component <const>, create <const> = author.component, author.create
local refused <const>, signed <const> = author.refused, author.signed

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
