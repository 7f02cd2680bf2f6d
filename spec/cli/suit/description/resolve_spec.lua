local command <const> = require "cli.command"
local crypto <const> = require "teep.crypto"
local described <const> = require "cli.suit.described"
local description <const> = require "teep.cli.suit.description"

local manifest <const>, component <const> = described.manifest, described.component

describe("a description", function()
  local folder
  lazy_setup(function() folder = described.folder() end)
  lazy_teardown(function() command.remove(folder) end)

  it("takes identifiers, locations and versions up to their limits", function()
    assert.truthy(description.resolve(component{ id = ("a/"):rep(15) .. ("a"):rep(256) }, folder))
    assert.truthy(description.resolve(component{ uri = "https://a/" .. ("b"):rep(2038) }, folder))
    assert.same({ 9223372036854775807, 0, 1, -1, 2 },
      description.resolve(manifest{ version = "9223372036854775807.0.1-rc.2" }, folder).version)
  end)

  it("becomes what suit.create takes", function()
    local given <const> = assert(description.resolve(manifest({
      version = "1.2.3-rc.1", conditions = { version = ">= 1.2", use_before = 4102444800 },
      invoke = { component = "hello", arguments = "-v" }, severed = { "install" },
      dependencies = { { id = "lib/manifest", uri = "https://files.example/lib", digest = ("0f"):rep(32) } },
    }), folder))
    assert.same({ "hello", "manifest" }, given.manifest_component_id)
    assert.same({ 1, 2, 3, -1, 1 }, given.version)
    assert.same({ comparison = 2, parts = { 1, 2 } }, given.conditions.version)
    assert.same({ index = 0, arguments = "-v" }, given.invoke)
    assert.equal("payload", given.components[1].payload)
    assert.equal(16, #given.components[1].vendor_identifier)
    assert.same({ { id = { "lib", "manifest" }, uri = "https://files.example/lib",
      digest = { algorithm = "SHA-256", bytes = ("\15"):rep(32) } } }, given.dependencies)
    assert.same({ 2, 0, -2 }, description.resolve(manifest{ version = "2.0-beta" }, folder).version)
  end)

  it("has a payload by URI measured, not read", function()
    local made <const> = assert(description.resolve(component{ uri = "https://files.example/b" }, folder)).components[1]
    assert.is_nil(made.payload)
    assert.equal(7, made.size)
    assert.equal(crypto.digest("SHA-256", "payload"), made.digest.bytes)
  end)

  it("has an encrypted component staged beside it, unless it is told otherwise", function()
    local secret <const> = { info = "info", ciphertext = "cipher" }
    local made = assert(description.resolve(component{ encryption = secret }, folder)).components[1]
    assert.same({ "hello", "encrypted" }, made.staging)
    assert.same({ info = described.info, ciphertext = "CIPHER" }, made.encryption)
    assert.same({ nil, 7, crypto.digest("SHA-256", "payload") }, { made.payload, made.size, made.digest.bytes })
    made = description.resolve(component{ encryption = secret, staging = "tmp" }, folder).components[1]
    assert.same({ "tmp" }, made.staging)
    made = description.resolve(component{ encryption = secret, inline = true }, folder).components[1]
    assert.is_nil(made.staging)
    made = description.resolve(component{ encryption = secret, uri = "https://a/b" }, folder).components[1]
    assert.is_nil(made.uri)
    assert.equal("https://a/b", made.encryption.uri)
    assert.equal(6, made.encryption.size)
  end)

  it("is documented field by field", function()
    local docs <const> = command.read "docs/suit-author.md"
    local function each(of)
      for name, field in pairs(of.fields or {}) do
        assert.truthy(docs:find("%f[%w_]" .. name .. "%f[^%w_]"), name)
        each(field.of or field)
      end
    end
    each(require("teep.cli.suit.fields").description)
  end)
end)
