local printable = require "teep.transport.printable"

describe("what a peer said", function()
  it("stays one line without control characters (D24)", function()
    local every = {}
    for byte = 0, 255 do every[#every + 1] = string.char(byte) end
    local text = printable(table.concat(every))
    assert.equal(256, #text)
    assert.is_nil(text:find "%c")
    assert.equal(("?"):rep(32), text:sub(1, 32))
    assert.equal("?", text:sub(128, 128))
  end)

  it("is left as it is otherwise", function() assert.equal("bytes 0-1/2", printable "bytes 0-1/2") end)
end)
