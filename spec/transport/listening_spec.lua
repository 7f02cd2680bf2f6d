local transport <const> = require "teep.transport"

describe("listening", function()
  local loop
  before_each(function() loop = assert(transport.loop {}) end)
  after_each(function() loop:close() end)

  it("is busy on a port somebody listens on", function()
    local server = assert(loop:serve { http = print })
    assert.equal("busy", select(3, loop:serve { port = server.port, http = print }))
    local other = transport.loop {}
    assert.equal("busy", select(3, other:serve { port = server.port, http = print }))
    other:close()
  end)

  it("can take a port again at once after close", function()
    local server = assert(loop:serve { http = print })
    server:close()
    assert(loop:serve { port = server.port, http = print })
  end)

  it("takes numeric addresses only", function()
    assert.equal("config_invalid", select(3, loop:serve { address = "localhost", http = print }))
    assert.equal("config_invalid", select(3, loop:serve { address = "192.0.2.1", http = print }))
  end)

  it("throws at unknown and contradicting options", function()
    for _, options in ipairs {
      { htp = print }, { socket = "/tmp/x", port = 1 }, { port = -1 }, { port = 65536 }, { port = 1.5 },
      { websocket = { on_text = print } }, { limits = { size = 1 } }, { limits = { message = 0 } },
      { limits = { message = 1.5 } }, { limits = { idle = -1 } }, { limits = { message = 1 << 41 } },
    } do
      assert.has_error(function() loop:serve(options) end)
    end
  end)
end)
