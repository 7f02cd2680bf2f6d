local suit <const> = require "teep.suit"
local task <const> = require "teep.task"
local world <const> = require "tam.world"

describe("a QueryResponse at a TAM", function()
  after_each(world.clean)

  local function with(functions, options)
    options = options or {}
    options.policy = world.policy(functions)
    return world.new(options)
  end

  local function planned(decision, options)
    return with({ plan = function() return decision end }, options)
  end

  local function kid() return world.key("device"):thumbprint() end

  describe("that is incomplete", function()
    local function complains(w, reason, answer)
      assert.equal("update", answer.type)
      assert.equal("permanent_error", answer.err_code)
      assert.matches(reason, answer.err_msg)
      assert.is_nil(answer.manifest_list)
      assert.equal(0, #w.store:tc_list(kid()), "what it says is not kept")
      assert.equal(1, #w:dump().spent, "but its token is spent")
    end

    it("is discarded and answered with an Update that says why (T-078, T-080)", function()
      local w <const> = world.new()
      complains(w, "tc_list", w:respond { tc_list = false })
    end)

    it("lacks nothing when extensions were asked for, of which none exist (A-07)", function()
      local w <const> = with { query = function()
        return { verb = "ask", trusted_components = true, extensions = true }
      end }
      assert.is_nil(w:respond())
      assert.is_nil(w:event "dropped")
    end)

    it("lacks nothing when SUIT Reports were asked for: an agent need not have any", function()
      local w <const> = with { query = function() return { verb = "ask", suit_reports = true } end }
      assert.is_nil(w:respond())
      assert.is_nil(w:event "dropped")
    end)

    it("selects a version that was not offered (T-036)", function()
      local w <const> = world.new()
      complains(w, "selected_version", w:respond { selected_version = 1 })
      assert.is_nil(w:respond { selected_version = 0 })
    end)

    it("has SUIT Reports with another nonce than the token, or none (T-079)", function()
      for _, nonce in ipairs { ("x"):rep(43), false } do
        local w <const> = world.new()
        complains(w, "nonce", w:respond { suit_reports = { world.report(nonce or nil) } })
      end
    end)

    it("has SUIT Reports that cannot be read", function()
      local w <const> = world.new()
      complains(w, "suit_reports", w:respond { suit_reports = { "\xa0" } })
    end)

    it("gets no second Update for the Success that follows (A-11)", function()
      local w <const> = world.new()
      local complaint <const> = w:respond { tc_list = false }
      assert.is_nil(w:tell { type = "success", token = complaint.token })
      assert.is_nil(w:event "dropped")
    end)
  end)

  it("is recorded: the agent, and what is installed", function()
    local w <const> = world.new()
    assert.is_nil(w:respond { tc_list = {
      { component_id = { "agent" }, image_size = 1 },
      { component_id = { "a", "\0b" }, image_digest = { algorithm = -16, bytes = ("d"):rep(32) }, image_size = -1 },
    } })
    assert.same({
      kid = kid(), public_key = world.key("device"):public(), algorithm = "ESP256", first_seen = w.now,
      last_seen = w.now, status = "active",
    }, w.store:agent(kid()))
    assert.same({
      { component_id = "agent", size = 1 },
      { component_id = "a/%00b", digest = ("d"):rep(32), digest_algorithm = "SHA-256", size = -1 },
    }, w.store:tc_list(kid()))
    assert.equal(kid(), w.session.kid)
  end)

  it("keeps when an agent was first seen", function()
    local w <const> = world.new()
    w:respond()
    w.now = w.now + 60
    w:respond()
    local agent <const> = w.store:agent(kid())
    assert.equal(60, agent.last_seen - agent.first_seen)
  end)

  it("may say that nothing is installed (A-08)", function()
    local w <const> = world.new()
    w:respond()
    assert.is_nil(w:respond { tc_list = {} })
    assert.same({}, w.store:tc_list(kid()))
  end)

  describe("is decided on by the policy", function()
    it("with facts in text form, manifests oldest first", function()
      local facts
      local w <const> = with { plan = function(known)
        facts = known
        return { verb = "nothing" }
      end }
      w.tam:add_manifest(world.envelope { id = { "new" }, component = { "\1" }, sequence = -1 })
      w.tam:add_manifest(world.envelope { id = { "old" }, component = { "x" }, sequence = 2 })
      for _, id in ipairs { "c", "a", "d", "b" } do
        w.tam:add_manifest(world.envelope { id = { id }, component = { "x" }, sequence = 1 })
      end
      w:respond {
        requested_tc_list = { { component_id = { "a", "b" }, tc_manifest_sequence_number = 3, have_binary = true } },
        unneeded_manifest_list = { { "m", "\0" } },
      }
      assert.same({ { component_id = "a/b", tc_manifest_sequence_number = 3, have_binary = true } },
        facts.requested_tc_list)
      assert.same({ "m/%00" }, facts.unneeded_manifest_list)
      assert.same({ { component_id = "agent", image_size = 1 } }, facts.tc_list)
      local ids <const> = {}
      for i, manifest in ipairs(facts.manifests) do ids[i] = manifest.id end
      assert.same({ "a", "b", "c", "d", "old", "new" }, ids)
      assert.same({ "%01" }, facts.manifests[6].components)
      assert.equal(64, #facts.manifests[6].digest)
      assert.matches("^%x+$", facts.agent.kid)
      assert.equal(w.now, facts.now)
    end)

    it("which says nothing, retry or deny: then there is no answer", function()
      for _, decision in ipairs {
        { verb = "nothing" }, { verb = "retry", after = 5 }, { verb = "deny", reason = "blocked", policy = "p" },
        { verb = "update" }, { verb = "update", install = {}, remove = {} },
      } do
        local w <const> = planned(decision)
        assert.same({}, { w:respond() })
        assert.same({ point = "plan", verb = decision.verb, reason = decision.reason, policy = decision.policy,
          after = decision.after }, w:event "decision")
        assert.is_nil(w:event "dropped")
      end
    end)

    it("which fails: then there is no answer either", function()
      local w <const> = with { plan = function() return nil, "broken", "policy_failed" end }
      assert.same({ nil, "broken", "policy_failed" }, { w:respond() })
      assert.equal("policy_failed", w:event("dropped").code)
    end)

    it("which wants evidence, that this TAM cannot appraise", function()
      local _, _, code <const> = planned({ verb = "attest" }):respond()
      assert.equal("attestation_unsupported", code)
    end)

    it("which may wait, while the task sleeps (await)", function()
      local wake
      local w <const> = with { plan = function(_, await)
        local verb <const> = await(function(done) wake = done end)
        return { verb = verb, remove = { "m" } }
      end }
      local answer
      task.run(function() answer = w:respond() end)
      assert.is_nil(answer)
      wake("update")
      assert.equal("update", answer.type)
    end)

    it("while the same token comes again and finds itself spent (D7)", function()
      local wake
      local w <const> = with { plan = function(_, await)
        return { verb = await(function(done) wake = done end) }
      end }
      local bytes <const> = world.signed { type = "query-response", token = w:request().token, tc_list = {} }
      local ended
      task.run(function()
        w:receive(bytes)
        ended = true
      end)
      local _, _, code <const> = w:receive(bytes)
      assert.equal("token_spent", code)
      wake("nothing")
      assert.is_true(ended)
    end)
  end)

  it("remembers which Update a component came with, as long as it is the same one", function()
    local w <const>, last = world.new(), nil
    local facts_of <const> = w.tam.policy
    w.tam.policy = { decide = function(_, point, facts)
      if point == "plan" then last = facts end
      return facts_of:decide(point, facts)
    end }
    local manifest <const> = w.tam:add_manifest(world.envelope {})
    local update <const> = w:want "app"
    assert.is_nil(w:tell { type = "success", token = update.token })
    local digest <const> = manifest.components[1].digest
    local function report(bytes)
      w:respond { tc_list = { { component_id = { "app" }, image_digest = { algorithm = -16, bytes = bytes } } } }
      return last.tc_list[1].manifest
    end
    assert.equal("app.suit", report(digest))
    assert.is_nil(report(("x"):rep(32)))
  end)

  it("installs nothing that no trusted signer signed (T-120)", function()
    local w <const> = world.new()
    local stranger <const> = world.envelope { signer = world.key "stranger" }
    local _, _, code <const> = w.tam:add_manifest(stranger)
    assert.equal("unauthorised", code)
    assert.truthy(suit.decode(stranger))
    assert.is_nil(w:want "app")
  end)
end)
