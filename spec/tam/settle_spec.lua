-- What a policy learns of the outcome of an Update, and what it may decide then.
local cbor <const> = require "teep.cbor"
local world <const> = require "tam.world"

describe("after an Update", function()
  after_each(world.clean)

  local function kid() return world.key("device"):thumbprint() end

  it("the policy learns the outcome, with reports it can read", function()
    local w <const>, update <const>, settled <const> = world.updated()
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
    local w <const>, update <const>, settled <const> = world.updated()
    local bytes <const> = cbor.encode(cbor.array { 5, cbor.map { { 19, update.token } }, 200 })
    assert.same({}, { w:receive(world.signed(bytes)) })
    assert.equal(200, settled[1].err_code)
  end)

  describe("the policy may retry", function()
    local function fail(w, update)
      return w:tell { type = "error", token = update.token, err_code = "temporary_error" }
    end

    it("and the same Update goes out again with a fresh token, three attempts in all (D33)", function()
      local w <const>, update <const>, settled <const> = world.updated { verb = "retry" }
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
      local w <const>, update <const> = world.updated { verb = "retry", after = 1 }
      assert.same({}, { fail(w, update) })
      assert.equal(1, w:event("decision").after)
    end)

    it("not after a Success", function()
      local w <const>, update <const> = world.updated { verb = "retry" }
      local _, _, code <const> = w:tell { type = "success", token = update.token }
      assert.equal("hard_rule", code)
    end)

    it("not with a manifest that is gone", function()
      local w <const>, update <const> = world.updated { verb = "retry" }
      assert(w.store:manifest_remove "app.suit")
      local _, _, code <const> = fail(w, update)
      assert.equal("hard_rule", code)
    end)
  end)

  it("the policy may quarantine the agent, on which nothing is installed from then on", function()
    local w <const>, update <const> = world.updated { verb = "quarantine", reason = "odd" }
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
    local w <const>, update <const> = world.updated { verb = "deny", reason = "no" }
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
