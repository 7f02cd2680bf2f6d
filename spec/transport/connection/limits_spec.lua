-- What a WebSocket bears: sizes, fragments, times, how many there are.
local pair <const> = require "transport.pair"
local support <const> = require "transport.support"

local limit <const> = 1 << 20
local binary <const>, continuation <const> = 2, 0

for _, engine in ipairs { "ev", "poll" } do
  describe("a WebSocket on " .. engine, function()
    local here
    before_each(function() here = pair.new(engine) end)
    after_each(function() here.loop:close() end)

    for _, size in ipairs { 0, 1, 4095, 4096, 4097, limit } do
      it(("carries a message of %d bytes there and back"):format(size), function()
        here:serve_websocket { message = limit }
        local bytes = ("0123456789abcdef"):rep(size // 16 + 1):sub(1, size)
        assert.is_true(here:exchange(bytes) == bytes)
      end)
    end

    it("closes with 1009 at limit + 1 bytes (D4)", function()
      here:serve_websocket { message = limit }
      local answer, code = here:exchange(("x"):rep(limit + 1))
      assert.is_nil(answer)
      assert.equal(1009, code)
      assert.same({}, here.seen.messages)
    end)

    it("closes with 1009 as soon as a frame announces too much, before it is there (D4)", function()
      here:serve_websocket { message = 100000 }
      local pieces = { support.frame(binary, ("x"):rep(5000), true, 100001) }
      assert.equal(1009, support.closes_with(here.loop, here.server.port, pieces))
    end)

    it("closes with 1009 when the fragments exceed the limit together (D4)", function()
      here:serve_websocket { message = 100 }
      local pieces = { support.frame(binary, ("x"):rep(60), false), support.frame(continuation, ("x"):rep(41)) }
      assert.equal(1009, support.closes_with(here.loop, here.server.port, pieces))
    end)

    it("closes with 1009 when a frame announces 2^63 - 1 bytes (D4, D6)", function()
      here:serve_websocket { message = 100 }
      local pieces = { support.frame(binary, ("x"):rep(5000), true, math.maxinteger) }
      assert.equal(1009, support.closes_with(here.loop, here.server.port, pieces))
    end)

    it("joins fragments up to the limit of 64 (D4)", function()
      here:serve_websocket { fragments = 64 }
      local pieces = { support.frame(binary, "x", false) }
      for _ = 2, 63 do table.insert(pieces, support.frame(continuation, "x", false)) end
      table.insert(pieces, support.frame(continuation, "x", true))
      table.insert(pieces, support.frame(8, string.pack(">I2", 1000)))
      assert.equal(1000, support.closes_with(here.loop, here.server.port, { table.concat(pieces) }))
      assert.same({ 64 }, here.seen.messages)
    end)

    it("closes with 1008 at the 65th fragment, empty ones counted (D4)", function()
      here:serve_websocket { fragments = 64 }
      local pieces = { support.frame(binary, "x", false) }
      for _ = 2, 65 do table.insert(pieces, support.frame(continuation, "", false)) end
      assert.equal(1008, support.closes_with(here.loop, here.server.port, { table.concat(pieces) }))
      assert.same({}, here.seen.messages)
    end)

    it("closes with 1008 when a message does not end in time (D3, D4)", function()
      here:serve_websocket { message_time = 0.1 }
      assert.equal(1008, support.closes_with(here.loop, here.server.port, { support.frame(binary, "x", false) }))
    end)

    it("drops a peer that stops inside a frame: it cannot answer the ping (D3, D4)", function()
      here:serve_websocket { ping = 0.1, pong = 0.1 }
      support.raw(here.loop, here.server.port, { support.handshake(), true, support.frame(binary, "x", true, 1 << 20) })
      assert.same({ { 1006, "no answer to a ping" } }, here.seen.closed)
    end)

    it("keeps a silent peer that answers pings, until it is idle for too long: 4001", function()
      here:serve_websocket { ping = 0.05, pong = 5, idle = 0.3 }
      local code
      assert(here:connect { on_close = function(_, close_code) code = close_code end })
      support.wait(here.loop, function() return code end)
      assert.equal(4001, code)
    end)

    it("drops a peer that does not finish its handshake (D3)", function()
      here:serve_websocket { handshake = 0.1 }
      local answer = support.raw(here.loop, here.server.port, { "GET /teep HTTP/1.1\r\nHost: loc" })
      assert.equal("", answer)
      support.wait(here.loop, function() return here.server:count() == 0 end)
    end)

    it("accepts as many connections from one address as the limit says and no more (D3)", function()
      here:serve_websocket { per_address = 2 }
      local first = assert(here:connect())
      assert(here:connect())
      local refused, _, code = here:connect()
      assert.is_nil(refused)
      assert.equal("not_connected", code)
      assert.equal(2, here.server:count())
      first:close()
      support.wait(here.loop, function() return here.server:count() == 1 end)
      assert(here:connect())
    end)

    it("accepts as many connections in total as the limit says and no more (D3)", function()
      here:serve_websocket { connections = 2 }
      assert(here:connect())
      assert(here:connect())
      assert.is_nil((here:connect()))
      assert.equal(2, here.server:count())
    end)

    it("accepts as many bytes into its queue as the limit says and no more", function()
      here:serve_websocket()
      local connection = assert(here:connect(nil, { queue = 1000 }))
      assert.is_true(connection:send(("x"):rep(600)))
      assert.is_true(connection:send(("x"):rep(400)))
      local sent, _, code = connection:send "x"
      assert.is_nil(sent)
      assert.equal("limit_reached", code)
    end)
  end)
end
