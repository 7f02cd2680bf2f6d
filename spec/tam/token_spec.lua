local crypto <const> = require "teep.crypto"
local token <const> = require "teep.tam.token"

describe("teep.tam.token", function()
  local secret <const> = ("s"):rep(32)
  local NOW <const> = 1700000000

  local function issue(changes)
    local content <const> = { kind = "query", items = { trusted_components = true }, expires = NOW }
    for name, value in pairs(changes or {}) do content[name] = value end
    return assert(token.issue(secret, content, crypto.random))
  end

  local function refused(expected, content, reason, code)
    assert.is_nil(content)
    assert.equal(expected, code, reason)
  end

  it("refuses tokens altered in any byte (D8)", function()
    local good <const> = issue()
    for i = 1, #good do
      for _, flip in ipairs { 1, 0x80 } do
        local bad <const> = good:sub(1, i - 1) .. string.char(good:byte(i) ~ flip) .. good:sub(i + 1)
        refused("token_invalid", token.check(secret, bad, NOW))
      end
    end
  end)

  it("refuses tokens of another size", function()
    local good <const> = issue()
    for _, bad in ipairs { "", good:sub(1, -2), good .. "\0", ("x"):rep(64) } do
      refused("token_invalid", token.check(secret, bad, NOW))
    end
  end)

  it("refuses tokens made under another secret", function()
    refused("token_invalid", token.check(("x"):rep(32), issue(), NOW))
  end)

  it("refuses tokens of another version, although it vouches for them", function()
    local body <const> = "\2" .. issue():sub(2, 27)
    local tag <const> = crypto.hmac("HMAC-256", secret, body):sub(1, 16)
    refused("token_invalid", token.check(secret, body .. tag, NOW))
  end)

  it("refuses a token one second after its expiry, not at it (T-015, T-016)", function()
    assert.truthy(token.check(secret, issue(), NOW))
    refused("token_expired", token.check(secret, issue(), NOW + 1))
  end)

  it("says what it was issued for", function()
    local all <const> = { attestation = true, trusted_components = true, extensions = true, suit_reports = true }
    local bytes <const> = issue { items = all, kind = "update" }
    assert.same({ kind = "update", items = all, expires = NOW, bytes = bytes, hash = crypto.digest("SHA-256", bytes) },
      token.check(secret, bytes, NOW))
    assert.same({}, token.check(secret, issue { items = {} }, NOW).items)
  end)

  it("has 43 bytes, 16 of them random, so that no two are alike (T-002, T-003, T-013, T-138, A-09)", function()
    local seen <const> = {}
    for _ = 1, 1000 do
      local one <const> = issue()
      assert.equal(43, #one)
      assert.is_nil(seen[one])
      seen[one] = true
    end
    local asked
    token.issue(secret, { kind = "query", items = {}, expires = NOW }, function(n)
      asked = n
      return ("r"):rep(n)
    end)
    assert.equal(16, asked)
  end)

  it("fails when randomness fails", function()
    refused("crypto_failed", token.issue(secret, { kind = "query", items = {}, expires = NOW },
      function() return nil, "no entropy", "crypto_failed" end))
  end)
end)
