local check <const> = require "teep.config.check"

describe("the nearest known name", function()
  it("is none when no name is near", function()
    assert.is_nil(check.nearest("colour", { port = 1, listen = 1 }))
  end)
  it("survives a slip", function()
    assert.equal("admin_socket", check.nearest("admin_sock", { admin_socket = 1, store = 1 }))
    assert.equal("keys", check.nearest("key", { keys = 1, wire = 1 }))
  end)
end)
