local crypto <const> = require "teep.crypto"
local encryption <const> = require "teep.suit.encryption"
local secrets <const> = require "fixtures.suit_secrets"

describe("encrypted payloads", function()
  local sim

  before_each(function() sim = secrets.new() end)
  after_each(function() sim:close() end)

  it("pass through AES-CTR piece by piece, and through an AEAD at the end alone", function()
    local payload <const> = ("0123456789abcdef"):rep(4096)
    for algorithm, at_once in pairs{ A128CTR = true, A128GCM = false } do
      local made <const>, got <const> = sim:secret(algorithm, nil, payload), {}
      local filter <const> = assert(sim:decrypter()(made.info, function(bytes)
        got[#got + 1] = bytes
        return true
      end))
      for at = 1, #made.ciphertext, 1000 do assert(filter:update(made.ciphertext:sub(at, at + 999))) end
      assert.equal(at_once, #got > 60)
      assert(filter:finish())
      assert.equal(payload, table.concat(got))
    end
  end)

  it("say no more once the place they go to is full", function()
    local made <const> = sim:secret "A128CTR"
    local filter <const> = assert(sim:decrypter()(made.info, function() return nil, "full", "no_space" end))
    assert.same({ nil, "full", "no_space" }, { filter:update(made.ciphertext) })
  end)

  it("are checked against the digests at hand", function()
    local found <const> = { digest_algorithm = "SHA-256", digest = crypto.digest("SHA-256", "x") }
    local good <const>, bad <const> = { algorithm = "SHA-256", bytes = found.digest }, { algorithm = "SHA-256", bytes = "" }
    assert.is_true(encryption.check_plaintext(found, good))
    assert.is_true(encryption.check_plaintext(found))
    assert.is_nil((encryption.check_plaintext(found, bad)))
    assert.is_nil((encryption.check_plaintext(found, { algorithm = "SHA-384", bytes = found.digest })))
  end)
end)
