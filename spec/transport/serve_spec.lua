local transport = require "teep.transport"

describe("teep.transport.serve and connect", function()
  local loop
  before_each(function() loop = assert(transport.loop {}) end)
  after_each(function() loop:close() end)

  local tam = {
    connect = function(_, session) return session.transport end,
    receive = function(_, _, bytes) return "re:" .. bytes end,
  }

  for scheme, name in pairs { ws = "websocket", http = "http" } do
    it("speaks " .. name .. " where the scheme is " .. scheme, function()
      local server = assert(transport.serve(loop, { tam = tam, path = "/tam" }))
      local connection = assert(transport.connect(loop, ("%s://127.0.0.1:%d/tam"):format(scheme, server.port)))
      assert.equal(name, connection:exchange "")
      assert.equal("re:x", connection:exchange "x")
      connection:close()
      assert.equal("not_connected", select(3, connection:exchange "x"))
    end)
  end

  it("says what is wrong with a URI", function()
    for _, uri in ipairs { "", "ftp://127.0.0.1/", "httpx://127.0.0.1/", "http://", "http://127.0.0.1:0/", "http://a b/" } do
      assert.equal("config_invalid", select(3, transport.connect(loop, uri)), uri)
    end
  end)

  it("says what keeps it from listening", function()
    local server = assert(transport.serve(loop, { tam = tam }))
    assert.equal("busy", select(3, transport.serve(loop, { tam = tam, port = server.port })))
  end)

  it("throws at unknown options and limits", function()
    for _, given in ipairs {
      {}, { tam = tam, http = print }, { tam = tam, limits = { download = 1 } }, { tam = tam, limits = { answers = 0 } },
      { tam = tam, limits = { answers_size = 1.5 } },
    } do
      assert.has_error(function() transport.serve(loop, given) end)
    end
    assert.has_error(function() transport.connect(loop, "http://127.0.0.1/", { timeout = 1 }) end)
    assert.has_error(function() transport.connect(loop, "http://127.0.0.1/", { limits = { answers = 1 } }) end)
  end)
end)
