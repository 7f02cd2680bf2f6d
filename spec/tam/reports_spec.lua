-- Reports as a TAM opens and explains them; what it cannot open costs no message.
local key <const> = require "teep.key"
local scene <const> = require "agent.scene"
local suit <const> = require "teep.suit"
local world <const> = require "tam.world"

describe("SUIT Reports at a TAM", function()
  after_each(world.clean)

  local own

  lazy_setup(function() own = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" }) end)

  local function public(private) return assert(key.load(private:public())) end

  -- A world whose agent has received an Update that installs app.suit; facts of `plan` and `settle` are kept.
  local function updated()
    local planned <const>, settled <const> = {}, {}
    local w <const> = world.new{
      decryption_keys = { own },
      policy = world.policy{
        query = function() return { verb = "ask", trusted_components = true, suit_reports = true } end,
        plan = function(known)
          planned[#planned + 1] = known
          return { verb = "update", install = { "app.suit" } }
        end,
        settle = function(known)
          settled[#settled + 1] = known
          return { verb = "accept" }
        end,
      },
      trust = {
        agents = { public(world.key "device"), public(world.key "other") }, signers = { public(world.key "signer") },
        reporters = { public(world.key "reporter") },
      },
    }
    local manifest <const> = assert(w.tam:add_manifest(world.envelope{}))
    return w, w:respond().token, settled, manifest, planned
  end

  local function protected(bytes, signer, recipients)
    return assert(suit.protect_report(bytes, { key = world.key(signer), recipients = recipients }))
  end

  local function success(w, token, ...) return w:tell{ type = "success", token = token, suit_reports = { ... } } end

  it("are not believed when another signed them, and cost the Success nothing", function()
    for code, make in pairs{
      unknown_key = function(bytes) return protected(bytes, "stranger") end,
      not_cose = function() return "\x01" end,
      missing_field = function() return "\xA0" end,
      bad_signature = function(bytes)
        local made <const> = protected(bytes, "reporter")
        return made:sub(1, -2) .. string.char(made:byte(-1) ~ 1)
      end,
    } do
      local w <const>, token <const>, settled <const> = updated()
      assert.is_nil(select(3, success(w, token, make(world.report(token)))))
      local fact <const> = settled[1].suit_reports[1]
      assert.same({ code, nil }, { fact.unreadable, fact.ok })
      assert.matches("unreadable report: ", fact.explanation, 1, true)
      assert.equal(fact.explanation, w:event("report").message)
      local installed <const> = w.store:tc_list(world.key("device"):thumbprint())
      assert.same({ "app", "app.suit" }, { installed[2].component_id, installed[2].manifest })
    end
  end)

  it("are not believed when the key of the message signed them (T-051, T-059)", function()
    local w <const>, token <const>, settled <const> = updated()
    w.tam.reporters = { public(world.key "device") }
    success(w, token, protected(world.report(token), "device"))
    assert.equal("wrong_key", settled[1].suit_reports[1].unreadable)
  end)

  it("are not believed when they are encrypted to another", function()
    local w <const>, token <const>, settled <const> = updated()
    local other <const> = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" })
    success(w, token, protected(world.report(token), "reporter", { public(other) }))
    assert.equal("unknown_key", settled[1].suit_reports[1].unreadable)
  end)

  it("have to answer the token also inside of their protection (T-079, T-087)", function()
    local w <const>, token <const>, settled <const> = updated()
    local _, _, code <const> = success(w, token, protected(world.report(("x"):rep(43)), "reporter", { public(own) }))
    assert.equal("report_nonce", code)
    assert.same({}, settled)
  end)

  it("are opened plain, signed and encrypted (T-027, T-115, A-15)", function()
    local w <const>, token <const>, settled <const> = updated()
    local bytes <const> = world.report(token)
    success(w, token, bytes, protected(bytes, "reporter"), protected(bytes, "reporter", { public(own) }))
    local found <const> = {}
    for i, fact in ipairs(settled[1].suit_reports) do found[i] = { fact.ok, fact.signed, fact.encrypted } end
    assert.same({ { true, false, false }, { true, true, false }, { true, true, true } }, found)
    assert.is_nil(w:event "report")
  end)

  it("are explained by the manifest they are about", function()
    local w <const>, token <const>, settled <const>, manifest <const> = updated()
    local verified <const> = assert(suit.decode(manifest.envelope))
    local command
    for _, one in ipairs(verified.manifest.sections.install) do
      if one.code == 3 then command = one end
    end
    local bytes <const> = assert(suit.report({
      ok = false, code = "condition_failed", reason = 10, records = {},
      reference = { uri = "", digest = { algorithm = "SHA-256", bytes = manifest.digest } },
      failure = { manifest_id = {}, section = 20, offset = command.offset, component_index = 0,
        parameters = { image_digest = { algorithm = "SHA-256", bytes = ("f"):rep(32) }, image_size = 4 } },
    }, { nonce = token }))
    w:tell{ type = "error", token = token, err_code = "manifest_processing_failed", suit_reports = { bytes } }
    local fact <const> = settled[1].suit_reports[1]
    assert.equal("app.suit", fact.manifest)
    assert.matches("component 0 (app): image-match (3): found SHA-256 66666666666666666666666666666666.., 4 bytes, "
      .. "expected SHA-256 2cf24dba5fb0a30e26e83b2ac5b9e29e.., 5 bytes. The payload is not the one", fact.explanation, 1, true)
    assert.same({ fact.explanation, "app.suit" }, { w:event("report").message, w:event("report").manifest })
  end)

  it("tell a policy what a device has", function()
    local w <const>, token <const>, settled <const> = updated()
    local can <const> = require("teep.suit.report.capabilities").of{ algorithms = { "SHA-256" }, components = { {}, { "app" } } }
    success(w, token, assert(suit.report({ ok = true, records = {}, reference = { uri = "",
      digest = { algorithm = "SHA-256", bytes = ("d"):rep(32) } } }, { nonce = token, capabilities = can })))
    local told <const> = settled[1].suit_reports[1].capabilities
    assert.same({ { "", "app" }, { -16 } }, { told.components, told.algorithms })
    assert.same(can.commands, told.commands)
  end)

  it("of a QueryResponse reach the policy as well (T-032)", function()
    local w <const>, _, _, _, planned <const> = updated()
    local token <const> = w:request().token
    w:tell{ type = "query-response", token = token, tc_list = { { component_id = { "app" }, image_size = 1 } },
      suit_reports = { world.report(token, "condition_failed"), protected(world.report(token), "stranger") } }
    local facts <const> = planned[2].suit_reports
    assert.same({ false, 10, "unknown_key" }, { facts[1].ok, facts[1].reason, facts[2].unreadable })
  end)

  it("of a real agent are opened by a real TAM", function()
    local device <const> = scene.new{ reports = { recipients = { public(own) } } }
    finally(scene.clean)
    local w <const> = updated()
    w.tam.agents[device.agent:key():thumbprint()] = public(device.agent:key())
    w.tam.reporters = { public(device.agent:key "reports") }
    device.agent.tams = world.tam_keys()
    local answer = assert(device.agent:receive(scene.URI, assert(w.tam:connect(w.session))))
    answer = assert(w:receive(answer))
    answer = assert(device.agent:receive(scene.URI, answer))
    assert.is_nil(select(3, w:receive(answer)))
    assert.equal("hello", device:read{ "app" })
    assert.is_nil(w:event "report")
  end)
end)
