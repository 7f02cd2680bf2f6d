local suit <const> = require "teep.suit"
local world <const> = require "tam.world"

describe("after an Update", function()
  after_each(world.clean)

  local function kid() return world.key("device"):thumbprint() end

  -- A world whose agent has just received an Update that installs app.suit; facts of `settle` are kept.
  local function updated(settle, options)
    options = options or {}
    local facts <const> = {}
    options.policy = world.policy {
      plan = function() return { verb = "update", install = { "app.suit" }, remove = { "old" } } end,
      settle = function(known)
        facts[#facts + 1] = known
        return settle or { verb = "accept" }
      end,
    }
    local w <const> = world.new(options)
    assert(w.tam:add_manifest(world.envelope { components = { { { "app" }, "hello" }, { { "lib" }, "data" } } }))
    w.store:tc_list_put(kid(), {
      { component_id = "app", size = 99 }, { component_id = "gone", manifest = "old", sequence_number = 1 },
      { component_id = "kept", manifest = "other", sequence_number = 1 },
    })
    local update <const> = w:respond { tc_list = {
      { component_id = { "app" }, image_size = 99 }, { component_id = { "gone" }, vendor_identifier = "v" },
      { component_id = { "kept" }, vendor_identifier = "v" },
    } }
    return w, update, facts
  end

  local function inventory(w)
    local list <const> = {}
    for i, entry in ipairs(w.store:tc_list(kid())) do list[i] = entry.component_id .. "=" .. (entry.manifest or "") end
    return list
  end

  local function refused(w, expected, bytes)
    local before <const> = w:dump()
    local answer <const>, reason, code = w:receive(bytes)
    assert.is_nil(answer)
    assert.equal(expected, code, reason)
    assert.equal(expected, w:event("dropped").code)
    assert.same(before, w:dump())
  end

  it("another agent's answer is refused and the token stays good (D9)", function()
    local w <const>, update <const> = updated()
    for _, fields in ipairs {
      { type = "success", token = update.token }, { type = "error", token = update.token, err_code = "permanent_error" },
    } do
      refused(w, "token_invalid", world.signed(fields, world.key "other"))
    end
    assert.same({}, { w:receive(world.signed { type = "success", token = update.token }) })
  end)

  it("a second answer is refused, also after a restart (T-017, D7)", function()
    local w <const>, update <const> = updated()
    local success <const> = world.signed { type = "success", token = update.token }
    assert.same({}, { w:receive(success) })
    refused(w, "token_spent", success)
    refused(w, "token_spent", world.signed { type = "error", token = update.token, err_code = "permanent_error" })
    w:stop()
    w:start()
    refused(w, "token_spent", success)
  end)

  it("an answer in time is accepted, one second later not (T-016)", function()
    local w <const>, update <const> = updated()
    local success <const> = world.signed { type = "success", token = update.token }
    w.now = w.now + 4 * 3600 + 1
    refused(w, "token_expired", success)
    w.now = w.now - 1
    assert.same({}, { w:receive(success) })
  end)

  it("what was never answered is forgotten once its time is over, not before (T-018, T-122)", function()
    local w <const> = updated()
    w.now = w.now + 4 * 3600
    assert.same({ spent = 0, updates = 0 }, w.tam:expire())
    w.now = w.now + 1
    assert.same({ spent = 1, updates = 1 }, w.tam:expire())
    assert.same({ 0, 0, 0 }, { #w:dump().spent, #w:dump().update_sent, #w:dump().update_item })
  end)

  it("an answer arrives on another connection or at another process just as well", function()
    local w <const>, update <const> = updated()
    w:stop()
    w:start()
    w.session = {}
    assert.same({}, { w:receive(world.signed { type = "success", token = update.token }) })
    assert.same({ "kept=other", "app=app.suit", "lib=app.suit" }, inventory(w))
  end)

  for _, kind in ipairs { "success", "error" } do
    it("reports with a wrong nonce make a TAM drop an " .. kind .. " (T-087, T-079)", function()
      for _, nonce in ipairs { ("x"):rep(43), false } do
        local w <const>, update <const>, settled <const> = updated()
        local before <const> = inventory(w)
        local _, _, code <const> = w:tell { type = kind, token = update.token,
          err_code = kind == "error" and "permanent_error" or nil,
          suit_reports = { world.report(update.token), world.report(nonce or nil) } }
        assert.equal("report_nonce", code)
        assert.equal("report_nonce", w:event("dropped").code)
        assert.same(before, inventory(w))
        assert.equal(0, #settled)
      end
    end)
  end

  it("a Success makes the inventory what the Update made of it", function()
    local w <const>, update <const> = updated()
    assert.same({ "app=", "gone=old", "kept=other" }, inventory(w))
    assert.same({}, { w:receive(world.signed { type = "success", token = update.token }) })
    assert.same({ "kept=other", "app=app.suit", "lib=app.suit" }, inventory(w))
    assert.equal(0, #w:dump().update_sent)
  end)

  it("a Success counts although the manifest has left the catalogue meanwhile", function()
    local w <const>, update <const> = updated()
    assert(w.store:manifest_remove "app.suit")
    assert.same({}, { w:receive(world.signed { type = "success", token = update.token }) })
    assert.same({ "app=", "kept=other" }, inventory(w))
  end)

  it("an Error leaves the inventory and is never answered with an error notice (D33)", function()
    local w <const>, update <const> = updated()
    local before <const> = inventory(w)
    assert.same({}, { w:receive(world.signed {
      type = "error", token = update.token, err_code = "manifest_processing_failed", err_msg = "disk full",
    }) })
    assert.same(before, inventory(w))
  end)

  describe("an Error whose reports", function()
    -- The inventory after an Error with one report: about the manifest sent or another, with these fields.
    local function reported(given)
      local w <const>, update <const> = updated()
      local verified <const> = suit.decode(update.manifest_list[1])
      local outcome <const> = { ok = not given.failed, code = given.failed, reason = 10, records = {},
        reference = { uri = "", digest = given.digest or verified.digest } }
      w:tell { type = "error", token = update.token, err_code = "manifest_processing_failed",
        suit_reports = { suit.report(outcome, { nonce = given.nonce or update.token }) } }
      return inventory(w)
    end
    local before <const> = { "app=", "gone=old", "kept=other" }

    it("say that a manifest failed does not change the inventory", function()
      assert.same(before, reported { failed = "condition_failed" })
    end)

    it("are of another manifest does not change the inventory", function()
      assert.same(before, reported { digest = { algorithm = "SHA-256", bytes = ("x"):rep(32) } })
    end)

    it("have a wrong nonce does not change the inventory (T-079)", function()
      assert.same(before, reported { nonce = ("x"):rep(43) })
    end)

    it("say that a manifest is installed counts for that one, and for no removal (A-26)", function()
      assert.same({ "gone=old", "kept=other", "app=app.suit", "lib=app.suit" }, reported {})
    end)
  end)

  it("the policy learns the outcome, with reports it can read", function()
    local w <const>, update <const>, settled <const> = updated()
    w:tell { type = "error", token = update.token, err_code = "manifest_processing_failed", err_msg = "no",
      suit_reports = { world.report(update.token), world.report(update.token, "condition_failed") } }
    local facts <const> = settled[1]
    assert.same({ "error", "manifest_processing_failed", "no", 1 },
      { facts.outcome, facts.err_code, facts.err_msg, facts.attempt })
    assert.same({ true, false }, { facts.suit_reports[1].ok, facts.suit_reports[2].ok })
    assert.equal(10, facts.suit_reports[2].reason)
    assert.matches("condition", facts.suit_reports[2].explanation)
    assert.same({ { id = "app.suit", sequence_number = 1 } }, facts.manifests)
    assert.same({ "old" }, facts.remove)
    assert.equal("active", facts.agent.status)
  end)

  it("the policy sees unknown error codes as numbers (T-063)", function()
    local w <const>, update <const>, settled <const> = updated()
    local cbor <const> = require "teep.cbor"
    local bytes <const> = cbor.encode(cbor.array { 5, cbor.map { { 19, update.token } }, 200 })
    assert.same({}, { w:receive(world.signed(bytes)) })
    assert.equal(200, settled[1].err_code)
  end)

  describe("the policy may retry", function()
    local function fail(w, update)
      return w:tell { type = "error", token = update.token, err_code = "temporary_error" }
    end

    it("and the same Update goes out again with a fresh token, three attempts in all (D33)", function()
      local w <const>, update <const>, settled <const> = updated { verb = "retry" }
      local second <const> = fail(w, update)
      assert.equal("update", second.type)
      assert.same(update.manifest_list, second.manifest_list)
      assert.same(update.unneeded_manifest_list, second.unneeded_manifest_list)
      assert.not_equal(update.token, second.token)
      local third <const> = fail(w, second)
      local _, _, code <const> = fail(w, third)
      assert.equal("hard_rule", code)
      assert.same({ 1, 2, 3 }, { settled[1].attempt, settled[2].attempt, settled[3].attempt })
      assert.equal(0, #w:dump().update_sent)
    end)

    it("later: then there is no answer now", function()
      local w <const>, update <const> = updated { verb = "retry", after = 1 }
      assert.same({}, { fail(w, update) })
      assert.equal(1, w:event("decision").after)
    end)

    it("not after a Success", function()
      local w <const>, update <const> = updated { verb = "retry" }
      local _, _, code <const> = w:tell { type = "success", token = update.token }
      assert.equal("hard_rule", code)
    end)

    it("not with a manifest that is gone", function()
      local w <const>, update <const> = updated { verb = "retry" }
      assert(w.store:manifest_remove "app.suit")
      local _, _, code <const> = fail(w, update)
      assert.equal("hard_rule", code)
    end)
  end)

  it("the policy may quarantine the agent, on which nothing is installed from then on", function()
    local w <const>, update <const> = updated { verb = "quarantine", reason = "odd" }
    assert.same({}, { w:receive(world.signed { type = "error", token = update.token, err_code = "permanent_error" }) })
    assert.equal("quarantined", w.store:agent(kid()).status)
    assert.equal("odd", w:event("decision").reason)
    local _, reason, code <const> = w:respond()
    assert.equal("hard_rule", code)
    assert.matches("quarantine", reason)
    w.tam.policy = world.policy { plan = function() return { verb = "update", remove = { "old" } } end }
    assert.equal("update", w:respond().type, "but it may be cleaned up")
    assert.equal("quarantined", w.store:agent(kid()).status, "and stays where it is")
  end)

  it("a deny or a broken policy ends it without an answer", function()
    local w <const>, update <const> = updated { verb = "deny", reason = "no" }
    assert.same({}, { w:receive(world.signed { type = "success", token = update.token }) })
    assert.equal("no", w:event("decision").reason)
    w.tam.policy = world.policy {
      plan = function() return { verb = "update", remove = { "x" } } end,
      settle = function() return nil, "broken", "policy_failed" end,
    }
    local next_update <const> = w:respond()
    local _, _, code <const> = w:tell { type = "success", token = next_update.token }
    assert.equal("policy_failed", code)
  end)
end)
