-- Messages numbered as in the other draft, signed with trusted keys and with everything else in order, at a real
-- TAM and a real agent.
local key <const> = require "teep.key"
local message <const> = require "teep.message"
local messages <const> = require "fixtures.messages"
local providers <const> = require "fixtures.providers"
local scene <const> = require "agent.scene"
local wire <const> = require "teep.wire"
local world <const> = require "tam.world"

local ways <const> = { { from = "v25", to = "v26" }, { from = "v26", to = "v25" } }

local lacking <const> = providers.lack "Ed25519" -- which a TAM signs with

local function sentence(way, name)
  return ('looks like draft-%d numbering (%s); this endpoint is configured for draft-%d (wire = "%s")'):format(
    wire.open(way.from).draft, name, wire.open(way.to).draft, way.to)
end

for _, way in ipairs(ways) do
  describe(("an agent of %s, asked by a TAM of %s,"):format(way.to, way.from), function()
    local device
    before_each(function() device = scene.new { wire = way.to } end)
    after_each(scene.clean)

    local function refuses(fields)
      local before <const> = device:snapshot({ "app" }, { "lib" })
      local answer <const> = assert(device:receive(scene.message(fields, nil, way.from)))
      assert.same({ "error", "permanent_error", sentence(way, fields.type) },
        { answer.type, answer.err_code, answer.err_msg })
      assert.equal("wire_mismatch", device:event("refused").code)
      assert.same(before, device:snapshot({ "app" }, { "lib" }))
    end

    it("refuses a query-request and tells it nothing", function()
      refuses(scene.query())
      refuses(messages.make("query-request", messages.all "query-request"))
    end)

    it("refuses an Update instead of skipping its manifests and answering Success", function()
      refuses { type = "update", manifest_list = { scene.envelope {} } }
      refuses { type = "update", token = device:token(), manifest_list = { scene.envelope {} } }
      refuses(messages.make("update", messages.all "update"))
    end)

    it("answers neither a Success nor an Error of it, by whatever number they go", function()
      for _, name in ipairs { "success", "error" } do
        local fields <const> = messages.make(name, { "token" })
        local answer <const>, reason, code = device:receive(scene.message(fields, nil, way.from))
        assert.is_nil(answer)
        assert.same({ sentence(way, name), "wire_mismatch" }, { reason, code })
      end
    end)

    it("refuses to remove anything for it", function()
      assert.equal("success", device:update({ scene.envelope {} }).type)
      refuses { type = "update", unneeded_manifest_list = { { "app.suit" } } }
      refuses { type = "update", token = device:token(), unneeded_manifest_list = { { "app.suit" } } }
      assert.equal("hello", device:read { "app" })
    end)
  end)

  describe(("a TAM of %s, answered by an agent of %s,"):format(way.to, way.from), function()
    if lacking then return pending(lacking) end
    after_each(world.clean)

    local function drops(w, fields)
      local before <const> = w:dump()
      local answer <const>, reason, code = w:receive(world.signed(fields, nil, way.from))
      assert.is_nil(answer)
      assert.same({ sentence(way, fields.type), "wire_mismatch" }, { reason, code })
      assert.equal("wire_mismatch", w:event("dropped").code)
      assert.same(before, w:dump())
    end

    it("drops every kind of answer, whatever is in it, and its token stays good (D9)", function()
      local w <const> = world.new { wire = way.to }
      local token <const> = w:request().token
      for _, name in ipairs { "query-response", "success", "error" } do
        for _, choice in ipairs { { "token" }, messages.all(name) } do
          local fields <const> = messages.make(name, choice)
          fields.token = token
          drops(w, fields)
        end
      end
      local answer <const>, reason = w:tell { type = "query-response", token = token, tc_list = {} }
      assert.is_nil(answer)
      assert.is_nil(reason)
    end)

    it("looks twice at 16 KiB of a stranger, not at more", function()
      local w <const> = world.new { wire = way.to }
      local empty <const> = #assert(message.encode({ type = "query-response", token = ("t"):rep(16),
        attestation_payload = ("x"):rep(256) }, { wire = way.from })) - 256
      for extra, expected in pairs { [0] = "wire_mismatch", [1] = "token_missing" } do
        local fields <const> = { type = "query-response", token = ("t"):rep(16),
          attestation_payload = ("x"):rep(16 * 1024 - empty + extra) }
        local signed <const> = world.signed(fields, world.key "stranger", way.from)
        assert.equal(expected, select(3, w:receive(signed)))
      end
    end)

    it("drops answers without a token for that alone when they could be of both drafts", function()
      local w <const> = world.new { wire = way.to }
      local at_8 <const> = way.from == "v25" and "tc_list" or "ext_list"
      for _, fields in ipairs { { type = "query-response" }, { type = "query-response", [at_8] = {} } } do
        assert.equal("token_missing", select(3, w:receive(world.signed(fields, nil, way.from))))
      end
    end)
  end)

  it(("a TAM of %s and an agent of %s change nothing on either side, and both say why"):format(way.to, way.from), function()
    if lacking then return pending(lacking) end
    local device <const> = scene.new { wire = way.from, trust = {
      tams = world.tam_keys(), signers = { assert(key.load(world.key("signer"):public())) } } }
    local w <const> = world.new { wire = way.to, trust = {
      agents = { assert(key.load(device.agent:key():public())) }, signers = { world.key "signer" } } }
    assert(w.tam:add_manifest(world.envelope { payload = "hello" }))
    device.agent:request { "app" }
    local before <const> = w:dump()
    local answer <const> = device.agent:receive(scene.URI, assert(w.tam:connect(w.session)))
    assert.equal("wire_mismatch", device:event("refused").code)
    assert.is_nil((w:receive(answer)))
    assert.same({ sentence({ from = way.from, to = way.to }, "error"), "wire_mismatch" },
      { w:event("dropped").message, w:event("dropped").code })
    assert.same(before, w:dump())
    assert.is_nil((device.driver:probe { "app" }))
    scene.clean()
    world.clean()
  end)
end

describe("text at 12 of an otherwise empty Update", function()
  after_each(scene.clean)

  it("changes nothing, whether it is err-msg or a format", function()
    for _, way in ipairs(ways) do
      local device <const> = scene.new { wire = way.to }
      local before <const> = device:snapshot { "app" }
      local fields <const> = way.from == "v25" and { type = "update", err_msg = "why" }
        or { type = "update", attestation_payload_format = "why" }
      assert.is_true(message.check_wire(assert(message.encode(fields, { wire = way.from })), way.to))
      assert.equal("success", assert(device:receive(scene.message(fields, nil, way.from))).type)
      assert.same(before, device:snapshot { "app" })
    end
  end)
end)
