local component_id = require "teep.component_id"

describe("teep.component_id", function()
  local pairs_of = {
    { "hello.ta", { "hello.ta" } },
    { "TEEP-Device/SecureFS/%8D%82/ta", { "TEEP-Device", "SecureFS", "\x8d\x82", "ta" } },
    { "a%2Fb/%25", { "a/b", "%" } },
    { "%00%20%7F", { "\0 \127" } },
    { "", { "" } },
    { "/", { "", "" } },
    { "%", {} },
  }

  for _, pair in ipairs(pairs_of) do
    it(("writes and reads %q"):format(pair[1]), function()
      assert.equal(pair[1], component_id.format(pair[2]))
      assert.same(pair[2], component_id.parse(pair[1]))
    end)
  end

  it("round-trips every byte", function()
    for byte = 0, 255 do
      local id = { string.char(byte), "x" .. string.char(byte) }
      assert.same(id, component_id.parse(component_id.format(id)))
    end
  end)

  it("writes nothing a terminal or a log could trip over (D24)", function()
    for byte = 0, 255 do assert.is_nil(component_id.format({ string.char(byte) }):find("[^!-~]")) end
  end)

  for _, bad in ipairs { "a b", "caf\xc3\xa9", "a%2", "%zz", "a\n", "100%" } do
    it(("refuses %q"):format(bad), function()
      local id, message, code = component_id.parse(bad)
      assert.is_nil(id)
      assert.equal("unknown_value", code)
      assert.is_string(message)
    end)
  end

  it("compares segment by segment", function()
    assert.is_true(component_id.equal({ "a", "b" }, { "a", "b" }))
    assert.is_false(component_id.equal({ "a", "b" }, { "a" }))
    assert.is_false(component_id.equal({ "a/b" }, { "a", "b" }))
  end)
end)
