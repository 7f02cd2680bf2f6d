local cose <const> = require "teep.cose"
local world <const> = require "tam.world"

describe("teep.tam connect", function()
  after_each(world.clean)

  local function with(query) return world.new { policy = world.policy { query = query } } end

  local function refused(expected, w)
    local before <const> = w:dump()
    local bytes <const>, message, code = w.tam:connect(w.session)
    assert.is_nil(bytes)
    assert.equal(expected, code, message)
    assert.same(before, w:dump())
    return message
  end

  it("asks nothing when the policy denies, fails or says nothing", function()
    assert.matches("closed", refused("policy_denied",
      with(function() return { verb = "deny", reason = "closed" } end)))
    refused("policy_failed", with(function() return nil, "broken", "policy_failed" end))
  end)

  it("asks for no attestation, which it could not appraise", function()
    refused("attestation_unsupported", with(function() return { verb = "ask", attestation = true } end))
  end)

  it("answers with a QueryRequest signed with ESP256 and Ed25519 (T-073, T-103, T-106, T-005)", function()
    local w <const> = world.new()
    local bytes <const> = assert(w.tam:connect(w.session))
    local shape <const> = assert(cose.parse(bytes))
    assert.same({ "sign", true, 2 }, { shape.structure, shape.tagged, #shape.signers })
    for _, algorithm in ipairs { "ESP256", "Ed25519" } do
      assert.equal("query-request", world.open(bytes, algorithm).type)
    end
  end)

  it("lists both suites and all four SUIT profiles, and no versions (T-027, T-115, T-023)", function()
    local request <const> = world.new():request()
    assert.same({ { { cose_type = 18, algorithm = -9 } }, { { cose_type = 18, algorithm = -19 } } },
      request.supported_teep_cipher_suites)
    assert.equal(4, #request.supported_suit_cose_profiles)
    assert.is_nil(request.versions)
  end)

  it("asks what the policy says, with a token and nothing about freshness (T-012, T-019, T-021)", function()
    local request <const> = with(function()
      return { verb = "ask", trusted_components = true, suit_reports = true, extensions = false }
    end):request()
    assert.same({ trusted_components = true, suit_reports = true }, request.data_item_requested)
    assert.equal(43, #request.token)
    assert.is_nil(request.challenge)
    assert.is_nil(request.supported_freshness_mechanisms)
  end)

  it("uses a fresh token each time and writes nothing for a peer that proved nothing (T-003)", function()
    local w <const> = world.new()
    local before <const> = w:dump()
    assert.not_equal(w:request().token, w:request().token)
    assert.same(before, w:dump())
  end)

  it("tells the policy who is connected, once that is known", function()
    local facts = {}
    local w <const> = with(function(known)
      facts = known
      return { verb = "ask", trusted_components = true }
    end)
    w:request()
    assert.same({ now = w.now }, facts)
    w:respond()
    w:request()
    assert.equal("ESP256", facts.agent.algorithm)
  end)

  it("tells its host what it decided and sent", function()
    local w <const> = world.new()
    local bytes <const> = w.tam:connect(w.session)
    assert.same({ point = "query", verb = "ask", policy = "install_on_request", stranger = true },
      w:event "decision")
    assert.same({ direction = "out", type = "query-request", size = #bytes, bytes = bytes, session = w.session },
      w:event "message")
  end)
end)
