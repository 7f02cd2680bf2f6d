local command <const> = require "cli.command"
local crypto <const> = require "teep.crypto"
local description <const> = require "teep.cli.suit.description"
local json <const> = require "teep.daemon.json"
local keys <const> = require "teep.key"
local suit <const> = require "teep.suit"

local vendor <const>, class <const> = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe", "1492af14-2569-5e48-bf42-9b2d51f2ab45"

local info <const> = suit.encrypt("x", { recipients = { assert(keys.generate{ algorithm = "A128KW" }) } }).info

local function described(changes, component)
  local value <const> = {
    manifest = "hello/manifest", sequence_number = 1, vendor = vendor, class = class,
    components = { component or { id = "hello", payload = "hello.bin" } },
  }
  for name, field in pairs(changes or {}) do value[name] = field or nil end
  return value
end

describe("a description", function()
  local folder
  lazy_setup(function()
    folder = command.folder()
    command.write(folder .. "/hello.bin", "payload")
    command.write(folder .. "/empty", "")
    command.write(folder .. "/info", info)
    command.write(folder .. "/cipher", "CIPHER")
    command.write(folder .. "/broken", "\x80")
  end)
  lazy_teardown(function() command.remove(folder) end)

  local function refused(wanted, value)
    local given <const>, message <const> = description.resolve(value, folder)
    assert.is_nil(given)
    assert.matches(wanted, message, 1, true)
    assert.is_nil(message:find "\n")
  end

  local function component(changes)
    local value <const> = { id = "hello", payload = "hello.bin" }
    for name, field in pairs(changes) do value[name] = field or nil end
    return described(nil, value)
  end

  it("is refused with the name of the field that is missing", function()
    refused("manifest: is missing", described{ manifest = false })
    refused("sequence_number: is missing", described{ sequence_number = false })
    refused("components[1].id: is missing", component{ id = false })
    refused("components[1].vendor: is missing, here and at the top", described{ vendor = false })
    refused("components: want at least one", described{ components = {} })
    refused("components[1].uri: is missing (or payload)", component{ payload = false })
    refused("components[1].digest: is missing (or payload)", component{ payload = false, uri = "https://a/b" })
    refused("components[1].slots[2].uri: is missing (or payload)",
      component{ payload = false, slots = { { slot = 0, payload = "hello.bin" }, { slot = 1 } } })
    refused("components[1].encryption.info: is missing (or recipients)", component{ encryption = {} })
    refused("components[1].payload: is missing, it is to be encrypted",
      component{ payload = false, digest = ("00"):rep(32), size = 1, encryption = { recipients = { "x" } } })
    refused("dependencies[1].id: is missing (or envelope)", described{ dependencies = { {} } })
    refused("invoke.component: is missing", described{ invoke = {} })
    refused("text: en: components[1].id: is missing", described{ text = { en = { components = { {} } } } })
  end)

  it("is refused with the name of the field that is unknown, and the one it may have been", function()
    refused('sequence_nmber: unknown setting, did you mean "sequence_number"?', described{ sequence_nmber = 1 })
    refused('components[1].paylod: unknown setting, did you mean "payload"?', component{ paylod = "x" })
    refused("text: en: descripton: unknown setting", described{ text = { en = { descripton = "x" } } })
    refused("conditions.use_after: unknown setting", described{ conditions = { use_after = 1 } })
  end)

  it("is refused with the name of the field whose value is of no use", function()
    refused("sequence_number: want a whole number from 0", described{ sequence_number = -1 })
    refused("sequence_number: want a whole number from 0", described{ sequence_number = "1" })
    refused("manifest: want a component identifier", described{ manifest = "" })
    refused("manifest: component identifier", described{ manifest = "a b" })
    refused("components[1].id: want a text, found a number", component{ id = 7 })
    refused("components[1].vendor: want a UUID like", component{ vendor = "arm.com" })
    refused("components[1].uri: want a URI like https://", component{ uri = "hello.bin" })
    refused("components[1].digest: want a SHA-256 digest", component{ payload = false, digest = "00" })
    refused("components[1].id: want a text, found null", component{ id = json.null })
    refused("components: want a table, found null", described{ components = json.null })
    refused("components[1].id: 17 segments, limit 16", component{ id = ("a/"):rep(16) .. "a" })
    refused("components[1].id: a segment of 257 bytes, limit 256", component{ id = ("a"):rep(257) })
    refused("components[1].uri: 2049 bytes, limit 2048", component{ uri = "https://a/" .. ("b"):rep(2039) })
    refused("components[1].size: want a whole number from 1",
      component{ payload = false, uri = "https://a/b", digest = ("00"):rep(32), size = 0 })
    refused("components[1].slots: want at least 2", component{ payload = false, slots = { { slot = 0, payload = "x" } } })
    refused("components[1].inline: want true", component{ inline = false or "yes" })
    refused("components[1].encryption.algorithm: want one of A128GCM", component{ encryption = { algorithm = "DES" } })
    refused("components[1].encryption.recipients: want at least 1", component{ encryption = { recipients = {} } })
    refused("severed[1]: want one of dependency_resolution, payload_fetch, install, text",
      described{ severed = { "uninstall" } })
    refused("components[1].metadata.file_type: want one of regular, directory, symlink",
      component{ metadata = { file_type = "pipe" } })
    refused("components[1].metadata.default_permissions: want a whole number from 0 to 16383",
      component{ metadata = { default_permissions = 16384 } })
    refused("components[1].metadata.user_permissions: bob: want a whole number from 0 to 16383",
      component{ metadata = { user_permissions = { bob = 16384 } } })
    refused("components[1].metadata.role_permissions: want a table of names",
      component{ metadata = { role_permissions = { 1 } } })
    refused('text: want language tags like en, found "1"', described{ text = { "hello" } })
    refused("invoke.component: other is none of the components", described{ invoke = { component = "other" } })
    for _, text in ipairs{ "", "1.", ".1", "1..2", "v1", "1.2-gamma", "1.2+build", "-rc.1", "1.2-rc.x", "1.2.3.4",
      "99999999999999999999.1", "1.2-rc.99999999999999999999", "1-rc.1.2", "1-rc.", "1-rc1" } do
      refused("version: want a version like 1.2.3", described{ version = text })
    end
    for _, text in ipairs{ "1.2", "=> 1", ">= ", "<> 1", ">= one" } do
      refused("conditions.version: want a comparison like >= 1.2", described{ conditions = { version = text } })
    end
  end)

  it("is refused when one field contradicts another", function()
    refused("components[1].size: not together with payload", component{ size = 7 })
    refused("components[1].uri: not together with inline", component{ inline = true, uri = "https://a/b" })
    refused("components[1].staging: not together with inline", component{ inline = true, staging = "s" })
    refused("components[1].payload: not together with slots",
      component{ slots = { { slot = 0, payload = "x" }, { slot = 1, payload = "y" } } })
    refused("components[1].encryption.algorithm: not together with info",
      component{ encryption = { info = "info", ciphertext = "cipher", algorithm = "A128GCM" } })
    refused("components[1].size: not together with payload", component{ size = 7, encryption = { recipients = { "x" } } })
    refused("components[1].encryption.info: not together with recipients",
      component{ encryption = { info = "info", recipients = { "x" } } })
    refused('components[1].encryption.recipients: a ciphertext at a URI has to be a file',
      component{ uri = "https://a/b", encryption = { recipients = { "x" } } })
    refused("dependencies[1].digest: not together with envelope",
      described{ dependencies = { { envelope = "hello.bin", digest = ("00"):rep(32) } } })
  end)

  it("is refused with the name of the field whose file cannot be read", function()
    refused("components[1].payload: " .. folder .. "/missing: No such file", component{ payload = "missing" })
    refused("components[1].payload: " .. folder .. "/missing: No such file",
      component{ payload = "missing", uri = "https://a/b" })
    refused("components[1].payload: " .. folder .. "/empty: the file is empty", component{ payload = "empty" })
    refused("components[1].slots[1].payload: " .. folder .. "/missing",
      component{ payload = false, slots = { { slot = 0, payload = "missing" }, { slot = 1, payload = "hello.bin" } } })
    refused("components[1].encryption.info: " .. folder .. "/missing",
      component{ encryption = { info = "missing", ciphertext = "cipher" } })
    refused("components[1].encryption.ciphertext: " .. folder .. "/missing",
      component{ encryption = { info = "info", ciphertext = "missing" } })
    refused("components[1].encryption.recipients: " .. folder .. "/missing",
      component{ encryption = { recipients = { "missing" } } })
    refused("dependencies[1].envelope: " .. folder .. "/missing", described{ dependencies = { { envelope = "missing" } } })
  end)

  it("takes identifiers, locations and versions up to their limits", function()
    assert.truthy(description.resolve(component{ id = ("a/"):rep(15) .. ("a"):rep(256) }, folder))
    assert.truthy(description.resolve(component{ uri = "https://a/" .. ("b"):rep(2038) }, folder))
    assert.same({ 9223372036854775807, 0, 1, -1, 2 },
      description.resolve(described{ version = "9223372036854775807.0.1-rc.2" }, folder).version)
  end)

  -- Whatever stands in a field, the answer is a manifest or one line; nothing throws.
  it("never leads to an internal error, whatever stands in its fields", function()
    local function whole()
      return described({
        version = "1.2", reference_uri = "https://a/b", severed = { "text" }, device = vendor,
        dependencies = { { id = "d/m", uri = "https://a/d", digest = ("00"):rep(32) } },
        conditions = { use_before = 1, minimum_battery = 2, update_priority = -3, version = ">= 1" },
        invoke = { component = "hello", arguments = "x" },
        text = { en = { manifest_description = ("long "):rep(20), components = { { id = "hello", vendor_name = "v" } } } },
        components = {
          { id = "hello", payload = "hello.bin", staging = "s", vendor = class, class = vendor, device = class },
          { id = "b", payload = "hello.bin", encryption = { info = "info", ciphertext = "cipher" } },
          { id = "c", uri = "https://a/c", digest = ("00"):rep(32), size = 7, metadata = {
            default_permissions = 1, group_permissions = { g = 2 }, modification_time = 3, file_type = "regular" } },
          { id = "d", payload = "hello.bin", inline = true },
          { id = "e", slots = { { slot = 0, payload = "hello.bin" }, { slot = 1, payload = "cipher" } } },
        },
      })
    end
    local strange <const> = {
      true, false, 0, -1, 1 << 62, 0.5, 0 / 0, "", "x", "\0", "\xff", {}, { 1 }, { a = {} }, print, json.null,
    }
    local tried = 0
    local function attempt()
      local value <const> = whole()
      local function try(holder, key)
        local kept <const> = holder[key]
        for _, each in ipairs(strange) do
          holder[key] = each
          tried = tried + 1
          local given, message = description.resolve(value, folder)
          if given then given, message = suit.create(given) end
          if type(given) ~= "string" and (type(message) ~= "string" or message:find "\n") then
            error(("%s = %s: %s"):format(key, each, message))
          end
        end
        holder[key] = kept
        if type(kept) ~= "table" then return end
        for name in pairs(kept) do try(kept, name) end
      end
      assert.truthy(suit.create(assert(description.resolve(value, folder))))
      for name in pairs(value) do try(value, name) end
    end
    attempt()
    assert.is_true(tried > 900, tried)
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

  it("becomes what suit.create takes", function()
    local given <const> = assert(description.resolve(described({
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
    assert.same({ 2, 0, -2 }, description.resolve(described{ version = "2.0-beta" }, folder).version)
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
    assert.same({ info = info, ciphertext = "CIPHER" }, made.encryption)
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

  describe("in a file", function()
    local function load(name, text)
      return description.load(command.write(folder .. "/" .. name, text), { sequence_number = 9 })
    end

    it("is refused with the place of the fault", function()
      for name, case in pairs{
        ["syntax.lua"] = { "return {", "syntax.lua:1:" },
        ["throws.lua"] = { "error 'no'", "throws.lua:1: no" },
        ["table.lua"] = { "error{}", "table.lua: " },
        ["hoard.lua"] = { "local t = {} while true do t[#t + 1] = ('x'):rep(1000000) end", "hoard.lua: stopped: holds more" },
        ["nothing.lua"] = { "", "returns a nil, want a table" },
        ["world.lua"] = { "return { manifest = os.getenv 'HOME' }", "'os'" },
        ["files.lua"] = { "return { manifest = io.open '/etc/passwd' }", "'io'" },
        ["endless.lua"] = { "while true do end", "endless.lua: stopped after" },
        ["field.lua"] = { "return { manifset = 'a' }", 'field.lua: manifset: unknown setting, did you mean "manifest"?' },
        ["broken.json"] = { "{", "broken.json: not JSON" },
        ["list.json"] = { "7", "list.json: want an object" },
        ["null.json"] = { '{"manifest": null}', "null.json: manifest: want a text, found null" },
        ["deep.json"] = { ("["):rep(40) .. ("]"):rep(40), "deep.json: not JSON" },
      } do
        local given <const>, message <const> = load(name, case[1])
        assert.is_nil(given, name)
        assert.matches(case[2], message, 1, true)
      end
      assert.matches("absent.lua", select(2, description.load(folder .. "/absent.lua")), 1, true)
      assert.matches("absent.json", select(2, description.load(folder .. "/absent.json")), 1, true)
    end)

    it("means paths beside it, may compute, and is the same in Lua and JSON", function()
      local lua <const> = assert(load("given.lua", ([[
        local components = {}
        for _, id in ipairs{ "hello", "again" } do components[#components + 1] = { id = id, payload = "hello.bin" } end
        return { manifest = "m", sequence_number = 1, vendor = %q, class = %q, components = components }
      ]]):format(vendor, class)))
      local other <const> = assert(load("given.json", json.encode(described({ manifest = "m", components = {
        { id = "hello", payload = "hello.bin" }, { id = "again", payload = "hello.bin" },
      } }))))
      assert.same(lua, other)
      assert.equal(9, lua.sequence_number)
      assert.equal("payload", lua.components[2].payload)
    end)
  end)
end)
