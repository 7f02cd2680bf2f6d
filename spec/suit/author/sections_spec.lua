-- What the author tool writes for each kind of component, command by command.
local cbor <const> = require "teep.cbor"
local component <const> = require("fixtures.suit_author").component
local crypto <const> = require "teep.crypto"
local key <const> = require "teep.key"
local plan <const> = require "teep.suit.author.plan"
local raw <const> = require "fixtures.suit_raw"
local sections <const> = require "teep.suit.author.sections"
local suit <const> = require "teep.suit"

local info <const> = suit.encrypt("x", { recipients = { assert(key.generate{ algorithm = "A128KW" }) } }).info

local function refused(code, field, given)
  given.manifest_component_id = given.manifest_component_id or { "manifest" }
  local model <const>, message <const>, found <const> = plan.make(given)
  assert.is_nil(model)
  assert.equal(code, found, message)
  assert.matches(field, message, 1, true)
end

local function stated(bytes) return { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", bytes) } end

-- Sections as lists of { code, argument }, generic values; arguments that are maps become tables.
local function commands(bytes)
  local list <const>, items <const> = {}, assert(cbor.decode(bytes))
  for i = 1, #items, 2 do
    local argument = items[i + 1]
    if cbor.type(argument) == "map" then
      argument = {}
      for _, pair in ipairs(items[i + 1]) do argument[pair[1]] = pair[2] end
    end
    list[#list + 1] = { items[i], argument }
  end
  return list
end

local function write(given)
  given.manifest_component_id = { "manifest" }
  local encoded <const> = assert(sections.encode(assert(plan.make(given))))
  for name, bytes in pairs(encoded) do encoded[name] = commands(bytes) end
  return encoded
end

local function codes(list)
  local found <const> = {}
  for i, command in ipairs(list) do found[i] = command[1] end
  return found
end

describe("what the author tool is given", function()
  it("is refused when a field contradicts another", function()
    local slots <const> = { { slot = 0, payload = "a" } }
    refused("forbidden_field", "components[1].payload: not together with slots",
      { components = { component{ slots = slots } } })
    refused("forbidden_field", "components[1].uri: not together with inline",
      { components = { component{ inline = true, payload = false, uri = "x:y" } } })
    refused("forbidden_field", "components[1].digest: not together with payload",
      { components = { component{ digest = stated "x" } } })
    refused("forbidden_field", "components[1].uri: not together with encryption",
      { components = { component{ uri = "x:y", staging = { "s" }, encryption = { info = info, ciphertext = "c" } } } })
  end)

  it("is refused when something is missing", function()
    refused("missing_field", "components: none", {})
    refused("missing_field", "components[1].slots: want at least 2, found 0",
      { components = { component{ payload = false, slots = {} } } })
    refused("missing_field", "components[1].slots[2].uri",
      { components = { component{ payload = false, slots = { { slot = 0, payload = "a" }, { slot = 1 } } } } })
    refused("missing_field", "components[1].encryption.uri",
      { components = { component{ encryption = { info = info }, staging = { "s" } } } })
    refused("missing_field", "components[1].staging",
      { components = { component{ encryption = { info = info, ciphertext = "c" } } } })
    refused("missing_field", "components[1].payload: absent, and it has to be inline",
      { components = { component{ payload = false, inline = true, digest = stated "x", size = 1,
        encryption = { info = info, uri = "x:y", digest = stated "y", size = 2 } } } })
    refused("missing_field", "dependencies[1].uri", { dependencies = { { id = { "d" }, digest = stated "d" } } })
    refused("not_suit", "dependencies[1].envelope: ", { dependencies = { { envelope = "\x80" } } })
    refused("unauthorised", "dependencies[1].envelope: is not signed",
      { dependencies = { { envelope = raw.envelope(raw.manifest(), { blocks = {} }) } } })
    refused("digest_mismatch", "dependencies[1].envelope: its digest",
      { dependencies = { { envelope = raw.envelope(raw.manifest(), { payload = raw.payload_of "other" }) } } })
  end)

  it("is refused when two things have one identifier, and says which", function()
    local signed <const> = raw.make()
    for wanted, given in pairs{
      ["components[2].id: b is components[1].id already"] =
        { components = { component{ id = { "b" } }, component{ id = { "b" } } } },
      ["components[1].id: m is manifest already"] =
        { manifest_component_id = { "m" }, components = { component{ id = { "m" } } } },
      ["components[1].staging: b is components[1].id already"] =
        { components = { component{ id = { "b" }, staging = { "b" } } } },
      ["components[2].staging: s is components[1].staging already"] =
        { components = { component{ id = { "a" }, staging = { "s" } }, component{ id = { "b" }, staging = { "s" } } } },
      ["dependencies[1].id: b is components[1].id already"] = { components = { component{ id = { "b" } } },
        dependencies = { { id = { "b" }, uri = "x:y", digest = stated "d" } } },
      ["dependencies[1].id: d is manifest already"] = { manifest_component_id = { "d" },
        dependencies = { { id = { "d" }, uri = "x:y", digest = stated "d" } } },
      ["dependencies[2].id: d is dependencies[1].id already"] = { dependencies = {
        { id = { "d" }, uri = "x:y", digest = stated "d" }, { id = { "d" }, uri = "x:z", digest = stated "e" } } },
      ["dependencies[1]: it installs hello/app, which is components[1].id already"] =
        { components = { component() }, dependencies = { { id = { "d" }, envelope = signed } } },
    } do
      refused("component_unsupported", wanted, given)
    end
  end)

  it("is refused when a slot has two images, or when there is but one slot", function()
    local function slots(...) return { components = { component{ payload = false, slots = { ... } } } } end
    refused("forbidden_field", "components[1].slots[3].slot: 0 is slots[1] already",
      slots({ slot = 0, payload = "a" }, { slot = 1, payload = "b" }, { slot = 0, payload = "c" }))
    refused("missing_field", "components[1].slots: want at least 2, found 1", slots{ slot = 0, payload = "a" })
  end)

  it("is refused when the encryption-info is none", function()
    refused("not_cose", "components[1].encryption.info: ",
      { components = { component{ encryption = { info = "\xA0", ciphertext = "c" }, staging = { "s" } } } })
  end)

  it("throws for options that do not exist", function()
    for _, given in ipairs{
      { components = { component{ paylaod = "x" } } }, { dependencies = { { envelop = "x" } } },
      { components = { component{ payload = false, slots = { { slot = 0, payload = "a", size_of = 1 }, { slot = 1 } } } } },
    } do
      assert.error_matches(function() plan.make(given) end, "unknown option")
    end
  end)
end)

describe("an author's sections", function()
  it("fetch into a staging component first, then copy (S-029)", function()
    local made <const> = write{ components = { component{ staging = { "new" } } } }
    assert.same({ { 12, 1 }, { 20, { [3] = cbor.encode(raw.digest(raw.payload)), [14] = #raw.payload,
      [21] = cbor.text "#0" } }, { 21, 2 }, { 3, 15 } }, made.payload_fetch)
    assert.same({ { 12, 0 }, { 20, { [22] = 1 } }, { 22, 2 }, { 3, 15 } }, made.install)
    assert.same({ { 12, 0 }, { 33, 2 }, { 12, 1 }, { 33, 2 } }, made.uninstall)
  end)

  it("set metadata before the directive that writes, times tagged (S-104)", function()
    local metadata <const> = { default_permissions = 6, file_type = "regular", modification_time = 7 }
    local encoded <const> = cbor.encode(raw.map{ [1] = 6, [5] = 1, [6] = cbor.tag(1, 7) })
    local slots <const> = { { slot = 0, payload = "a" }, { slot = 1, payload = "b" } }
    for writes, changes in pairs{
      [21] = {}, [18] = { inline = true }, [22] = { staging = { "s" } }, [15] = { payload = false, slots = slots },
    } do
      changes.metadata = metadata
      local set
      for _, command in ipairs(write{ components = { component(changes) } }.install) do
        if command[1] == 20 then set = set or command[2][30] end
        if command[1] == writes then break end
      end
      assert.equal(encoded, set, "directive " .. writes)
    end
    assert.is_nil((write{ components = { component{ staging = { "s" }, metadata = metadata } } }).payload_fetch[2][2][30])
  end)

  it("write small data from the manifest", function()
    local made <const> = write{ components = { component{ inline = true } } }
    assert.same({ { 20, { [18] = raw.payload } }, { 18, 2 }, { 3, 15 } }, made.install)
    assert.is_nil(made.payload_fetch)
  end)

  it("copy a ciphertext with its encryption-info, and know the plaintext", function()
    local made <const> = write{ components = { component{
      staging = { "enc" }, encryption = { info = info, ciphertext = "CIPHER" },
    } } }
    assert.equal(cbor.encode(raw.digest "CIPHER"), made.payload_fetch[2][2][3])
    assert.equal(6, made.payload_fetch[2][2][14])
    assert.same({ 12, 20, 21, 3 }, codes(made.payload_fetch))
    assert.same({ [19] = info, [22] = 1 }, made.install[2][2])
    assert.equal(cbor.encode(raw.digest(raw.payload)), made.shared[2][2][3])
    made.inline = write{ components = { component{ inline = true, encryption = { info = info, ciphertext = "CIPHER" } } } }
    assert.same({ [18] = "CIPHER", [19] = info }, made.inline.install[1][2])
  end)

  it("choose the image by the slot, in shared and install alike", function()
    local made <const> = write{ components = { component{ payload = false, slots = {
      { slot = 0, payload = "a" }, { slot = 1, uri = "x:b", digest = stated "b", size = 1 },
    } } } }
    assert.same({ 20, 1, 2, 15 }, codes(made.shared))
    assert.same({ 15, 21, 3 }, codes(made.install))
    local second <const> = commands(made.shared[4][2][2])
    assert.same({ { 20, { [5] = 1 } }, { 5, 5 }, { 20, { [3] = cbor.encode(raw.digest "b"), [14] = 1 } } }, second)
    assert.same({ { 20, { [5] = 0 } }, { 5, 5 }, { 20, { [21] = cbor.text "#0-0" } } }, commands(made.install[1][2][1]))
  end)

  it("check a device identifier beside vendor and class where there is one (S-044)", function()
    local made <const> = write{ components = { component{ device_identifier = ("d"):rep(16) } } }
    assert.same({ 20, 1, 2, 24 }, codes(made.shared))
    assert.equal(("d"):rep(16), made.shared[1][2][24])
  end)

  it("ask conditions of an Update in its first section alone", function()
    local conditions <const> = {
      use_before = 4102444800, minimum_battery = 50, update_priority = -1,
      version = { comparison = 2, parts = { 1, 2 } },
    }
    local made = write{ components = { component() }, conditions = conditions }
    assert.same({ 20, 4, 20, 26, 20, 27, 20, 28, 20, 21, 3 }, codes(made.install))
    assert.equal(cbor.encode(cbor.array{ 2, cbor.array{ 1, 2 } }), made.install[7][2][28])
    for _, name in ipairs{ "shared", "validate", "uninstall" } do
      for _, code in ipairs(codes(made[name])) do assert.is_nil(({ [4] = 1, [26] = 1, [27] = 1, [28] = 1 })[code]) end
    end
    made = write{ components = { component{ staging = { "new" } } }, conditions = conditions }
    assert.equal(4, made.payload_fetch[3][1])
    assert.same({ 12, 20, 22, 3 }, codes(made.install))
  end)

  it("start a component with its arguments", function()
    local made <const> = write{
      components = { component(), component{ id = { "b" } } }, invoke = { index = 1, arguments = "--fast" },
    }
    assert.same({ { 12, 1 }, { 20, { [23] = "--fast" } }, { 23, 2 } }, made.invoke)
  end)

  it("fetch and check dependencies before all else, then process them section by section (S-078)", function()
    local made <const> = write{ components = { component{ id = { "own" } } }, dependencies = { { envelope = raw.make() } } }
    assert.same({ { 12, 1 }, { 20, { [21] = cbor.text "#dependency-0" } }, { 21, 2 }, { 7, 15 } },
      made.dependency_resolution)
    assert.same({ 12, 7, 11, 12, 20, 21, 3 }, codes(made.install))
    assert.same({ 12, 7, 11, 12, 33 }, codes(made.uninstall))
    assert.same({ 12, 3 }, codes(made.validate)) -- the dependency has no such section
    assert.same({ 12, 20, 1, 2, 12, 20 }, codes(made.shared))
  end)

  it("set nothing with set-parameters (P-06, P-07, S-071)", function()
    local made <const> = write{ components = { component{ id = { "own" }, staging = { "s" } } },
      dependencies = { { envelope = raw.make() } } }
    for _, list in pairs(made) do
      for _, code in ipairs(codes(list)) do assert.not_equal(19, code) end
    end
  end)
end)
