local bytes = require "fixtures.bytes"
local crypto = require "teep.crypto"
local providers = require "fixtures.providers"

local hex = bytes.hex

local kek = crypto.random(32)

describe("teep.crypto encryption", function()
  it("gives the same from every provider, for random input", function()
    finally(function() assert(crypto.set_order(providers.all)) end)
    for _ = 1, 50 do
      local size = crypto.random(1):byte()
      local data, aad, iv = crypto.random(size), crypto.random(size // 3), crypto.random(16)
      local results = {}
      for i, provider in ipairs(crypto.providers()) do results[i] = provider.name end
      for i, name in ipairs(results) do
        assert(crypto.set_order(name))
        local made = {}
        for _, algorithm in ipairs{ "A128GCM", "A256GCM", "ChaCha20/Poly1305" } do
          made[#made + 1] = crypto.seal{ algorithm = algorithm, nonce = iv:sub(1, 12), aad = aad, plaintext = data,
            key = kek:sub(1, algorithm == "A128GCM" and 16 or 32) }
        end
        made[#made + 1] = crypto.cipher{ algorithm = "A192CTR", key = kek:sub(1, 24), iv = iv }:update(data)
        made[#made + 1] = crypto.hkdf{ secret = data, salt = aad, info = iv, size = size + 1 }
        for _, algorithm in ipairs{ "HMAC-256", "HMAC-384", "HMAC-512" } do
          made[#made + 1] = crypto.hmac(algorithm, aad, data)
        end
        results[i] = table.concat(made)
        assert(crypto.set_order(providers.all))
      end
      for _, result in ipairs(results) do assert.equal(hex(results[1]), hex(result)) end
    end
  end)
end)
