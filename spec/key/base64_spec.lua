local base64 = require "teep.key.base64"
local crypto = require "teep.crypto"

describe("teep.key formats", function()
  it("base64 is strict", function()
    assert.equal("", base64.decode "")
    for _, text in ipairs{ "A", "AA", "AA=", "AAA", "AB==", "AAB=", "A===", "====", "AA-_", "A A=" } do
      assert.is_nil(base64.decode(text))
    end
    for _, text in ipairs{ "A", "AB", "AAB", "AA==", "AA+/" } do assert.is_nil(base64.decode_url(text)) end
    for size = 0, 40 do
      local data = crypto.random(size)
      assert.equal(data, base64.decode(base64.encode(data)))
      assert.equal(data, base64.decode_url(base64.encode_url(data)))
    end
    assert.equal("Zm9vYg==", base64.encode "foob") -- RFC 4648 section 10
  end)
end)
