local json = require "teep.daemon.json"

describe("JSON", function()
  it("refuses what is not JSON", function()
    for _, text in ipairs{ "", "{", "[1,]", "nul", "{'a':1}", ("["):rep(17) .. ("]"):rep(17) } do
      local value, message, code = json.decode(text)
      assert.is_nil(value)
      assert.equal("not_well_formed", code)
      assert.matches("^not JSON", message)
    end
    assert.truthy(json.decode(("["):rep(16) .. ("]"):rep(16)))
  end)

  it("refuses to write functions", function()
    assert.has_error(function() json.encode{ a = print } end)
  end)

  it("has names in a stable order and tells empty lists from empty objects", function()
    assert.equal('{"a":[],"b":{},"c":[1,2]}', json.encode{ c = { 1, 2 }, b = {}, a = json.list{} })
  end)

  it("writes whole numbers exactly", function()
    assert.equal("[9223372036854775807,-9223372036854775808,0]",
      json.encode{ math.maxinteger, math.mininteger, 0 })
  end)

  it("writes every byte string as ASCII without control characters (D24)", function()
    for byte = 0, 255 do
      local text = json.encode("a" .. string.char(byte))
      assert.is_nil(text:find "[^ -~]")
      if byte < 128 then assert.equal("a" .. string.char(byte), json.decode(text)) end
    end
    local plain = " !#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~"
    assert.equal('"' .. plain .. '"', json.encode(plain))
    assert.equal('"\\u00e9\\u20ac\\ud83d\\ude00"', json.encode "é€😀")
    assert.equal("é€😀", json.decode(json.encode "é€😀"))
  end)

  it("reads whole numbers as integers", function()
    assert.equal("integer", math.type(json.decode '{"a":[3]}'.a[1]))
    assert.equal(0.5, json.decode "[0.5]"[1])
  end)
end)
