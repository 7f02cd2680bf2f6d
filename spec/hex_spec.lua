local hex = require "teep.hex"

describe("teep.hex", function()
  it("writes and reads every byte", function()
    for byte = 0, 255 do
      local one <const> = string.char(byte)
      assert.equal(("%02x"):format(byte), hex.encode(one))
      assert.equal(one, hex.decode(hex.encode(one):upper()))
    end
    assert.equal("", hex.encode "")
    assert.equal("", hex.decode "")
  end)

  it("reads nothing but pairs of digits", function()
    for _, bad in ipairs { "0", "0g", "0x10", " 00", "000" } do assert.is_nil(hex.decode(bad)) end
  end)
end)
