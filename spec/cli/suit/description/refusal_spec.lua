local command <const> = require "cli.command"
local described <const> = require "cli.suit.described"
local description <const> = require "teep.cli.suit.description"
local json <const> = require "teep.daemon.json"
local suit <const> = require "teep.suit"

local manifest <const>, component <const> = described.manifest, described.component
local vendor <const>, class <const> = described.vendor, described.class

describe("a description", function()
  local folder
  lazy_setup(function() folder = described.folder() end)
  lazy_teardown(function() command.remove(folder) end)

  local function refused(...) described.refused(folder, ...) end

  it("is refused with the name of the field that is missing", function()
    refused("manifest: is missing", manifest{ manifest = false })
    refused("sequence_number: is missing", manifest{ sequence_number = false })
    refused("components[1].id: is missing", component{ id = false })
    refused("components[1].vendor: is missing, here and at the top", manifest{ vendor = false })
    refused("components: want at least one", manifest{ components = {} })
    refused("components[1].uri: is missing (or payload)", component{ payload = false })
    refused("components[1].digest: is missing (or payload)", component{ payload = false, uri = "https://a/b" })
    refused("components[1].slots[2].uri: is missing (or payload)",
      component{ payload = false, slots = { { slot = 0, payload = "hello.bin" }, { slot = 1 } } })
    refused("components[1].encryption.info: is missing (or recipients)", component{ encryption = {} })
    refused("components[1].payload: is missing, it is to be encrypted",
      component{ payload = false, digest = ("00"):rep(32), size = 1, encryption = { recipients = { "x" } } })
    refused("dependencies[1].id: is missing (or envelope)", manifest{ dependencies = { {} } })
    refused("invoke.component: is missing", manifest{ invoke = {} })
    refused("text: en: components[1].id: is missing", manifest{ text = { en = { components = { {} } } } })
  end)

  it("is refused with the name of the field that is unknown, and the one it may have been", function()
    refused('sequence_nmber: unknown setting, did you mean "sequence_number"?', manifest{ sequence_nmber = 1 })
    refused('components[1].paylod: unknown setting, did you mean "payload"?', component{ paylod = "x" })
    refused("text: en: descripton: unknown setting", manifest{ text = { en = { descripton = "x" } } })
    refused("conditions.use_after: unknown setting", manifest{ conditions = { use_after = 1 } })
  end)

  it("is refused with the name of the field whose value is of no use", function()
    refused("sequence_number: want a whole number from 0", manifest{ sequence_number = -1 })
    refused("sequence_number: want a whole number from 0", manifest{ sequence_number = "1" })
    refused("manifest: want a component identifier", manifest{ manifest = "" })
    refused("manifest: component identifier", manifest{ manifest = "a b" })
    refused("components[1].id: want a text, found a number", component{ id = 7 })
    refused("components[1].vendor: want a UUID like", component{ vendor = "arm.com" })
    refused("components[1].uri: want a URI like https://", component{ uri = "hello.bin" })
    refused("components[1].digest: want a SHA-256 digest", component{ payload = false, digest = "00" })
    refused("components[1].id: want a text, found null", component{ id = json.null })
    refused("components: want a table, found null", manifest{ components = json.null })
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
      manifest{ severed = { "uninstall" } })
    refused("components[1].metadata.file_type: want one of regular, directory, symlink",
      component{ metadata = { file_type = "pipe" } })
    refused("components[1].metadata.default_permissions: want a whole number from 0 to 16383",
      component{ metadata = { default_permissions = 16384 } })
    refused("components[1].metadata.user_permissions: bob: want a whole number from 0 to 16383",
      component{ metadata = { user_permissions = { bob = 16384 } } })
    refused("components[1].metadata.role_permissions: want a table of names",
      component{ metadata = { role_permissions = { 1 } } })
    refused('text: want language tags like en, found "1"', manifest{ text = { "hello" } })
    refused("invoke.component: other is none of the components", manifest{ invoke = { component = "other" } })
    for _, text in ipairs{ "", "1.", ".1", "1..2", "v1", "1.2-gamma", "1.2+build", "-rc.1", "1.2-rc.x", "1.2.3.4",
      "99999999999999999999.1", "1.2-rc.99999999999999999999", "1-rc.1.2", "1-rc.", "1-rc1" } do
      refused("version: want a version like 1.2.3", manifest{ version = text })
    end
    for _, text in ipairs{ "1.2", "=> 1", ">= ", "<> 1", ">= one" } do
      refused("conditions.version: want a comparison like >= 1.2", manifest{ conditions = { version = text } })
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
      manifest{ dependencies = { { envelope = "hello.bin", digest = ("00"):rep(32) } } })
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
    refused("dependencies[1].envelope: " .. folder .. "/missing", manifest{ dependencies = { { envelope = "missing" } } })
  end)

  -- Whatever stands in a field, the answer is a manifest or one line; nothing throws.
  it("never leads to an internal error, whatever stands in its fields", function()
    local function whole()
      return manifest({
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
end)
