local world <const> = require "tam.world"

describe("an Error that answers a QueryRequest", function()
  after_each(world.clean)

  local function complain(w, code, extra)
    local fields <const> = { type = "error", token = w:request().token, err_code = code }
    for name, value in pairs(extra or {}) do fields[name] = value end
    return world.signed(fields)
  end

  it("spends the token and is told to the policy", function()
    local seen
    local w <const> = world.new { policy = world.policy { settle = function(facts)
      seen = facts
      return { verb = "accept" }
    end } }
    local bytes <const> = complain(w, "unsupported_msg_version", { versions = { 1 } })
    assert.same({}, { w:receive(bytes) })
    assert.same({ "error", "unsupported_msg_version" }, { seen.outcome, seen.err_code })
    local _, _, code <const> = w:receive(bytes)
    assert.equal("token_spent", code)
  end)

  it("is not tried again at once: there was no Update", function()
    local w <const> = world.new { policy = world.policy { settle = function() return { verb = "retry" } end } }
    assert.same({}, { w:receive(complain(w, "temporary_error")) })
  end)

  it("cannot be served when it wants the TAM attested", function()
    local w <const> = world.new()
    local _, _, code <const> = w:receive(complain(w, "attestation_required"))
    assert.equal("attestation_unsupported", code)
  end)
end)
