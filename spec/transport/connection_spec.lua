local support = require "transport.support"
local transport = require "teep.transport"

local limit <const> = 1 << 20
local binary <const>, text <const>, continuation <const> = 2, 1, 0

for _, engine in ipairs { "ev", "poll" } do
  describe("a WebSocket on " .. engine, function()
    local loop, server, seen

    -- An echo server that notes what it sees.
    local function serve(limits, extra)
      seen = { closed = {}, messages = {}, open = 0 }
      local options = {
        limits = limits,
        websocket = {
          on_open = function(connection)
            seen.open, seen.connection = seen.open + 1, connection
          end,
          on_message = function(connection, bytes)
            table.insert(seen.messages, #bytes)
            connection:send(bytes)
          end,
          on_close = function(_, code, reason) table.insert(seen.closed, { code, reason }) end,
        },
      }
      for name, value in pairs(extra or {}) do options[name] = value end
      server = assert(loop:serve(options))
    end

    -- Connect and wait for the outcome: connection, or nil and what on_error got.
    local function connect(hooks, limits)
      local outcome
      local connection = assert(loop:connect {
        uri = ("ws://127.0.0.1:%d/teep"):format(server.port), limits = limits,
        on_open = function(connection) outcome = { connection } end,
        on_error = function(message, code) outcome = { nil, message, code } end,
        on_message = hooks and hooks.on_message, on_close = hooks and hooks.on_close,
      })
      support.wait(loop, function() return outcome end)
      if outcome[1] then assert.equal(connection, outcome[1]) end
      return table.unpack(outcome, 1, 3)
    end

    -- Send, wait for the answer or the close.
    local function exchange(bytes)
      local answer, code
      local connection = assert(connect {
        on_message = function(_, back) answer = back end,
        on_close = function(_, close_code) code = close_code end,
      })
      assert.is_true(connection:send(bytes))
      support.wait(loop, function() return answer or code end)
      connection:close()
      support.wait(loop, function() return code end)
      return answer, code
    end

    before_each(function() loop = assert(transport.loop { engine = engine }) end)
    after_each(function() loop:close() end)

    for _, size in ipairs { 0, 1, 4095, 4096, 4097, limit } do
      it(("carries a message of %d bytes there and back"):format(size), function()
        serve { message = limit }
        local bytes = ("0123456789abcdef"):rep(size // 16 + 1):sub(1, size)
        assert.is_true(exchange(bytes) == bytes)
      end)
    end

    it("closes with 1009 at limit + 1 bytes (D4)", function()
      serve { message = limit }
      local answer, code = exchange(("x"):rep(limit + 1))
      assert.is_nil(answer)
      assert.equal(1009, code)
      assert.same({}, seen.messages)
    end)

    it("closes with 1009 as soon as a frame announces too much, before it is there (D4)", function()
      serve { message = 100000 }
      local pieces = { support.frame(binary, ("x"):rep(5000), true, 100001) }
      assert.equal(1009, support.closes_with(loop, server.port, pieces))
    end)

    it("closes with 1009 when the fragments exceed the limit together (D4)", function()
      serve { message = 100 }
      local pieces = { support.frame(binary, ("x"):rep(60), false), support.frame(continuation, ("x"):rep(41)) }
      assert.equal(1009, support.closes_with(loop, server.port, pieces))
    end)

    it("closes with 1009 when a frame announces 2^63 - 1 bytes (D4, D6)", function()
      serve { message = 100 }
      local pieces = { support.frame(binary, ("x"):rep(5000), true, math.maxinteger) }
      assert.equal(1009, support.closes_with(loop, server.port, pieces))
    end)

    it("joins fragments up to the limit of 64 (D4)", function()
      serve { fragments = 64 }
      local pieces = { support.frame(binary, "x", false) }
      for _ = 2, 63 do table.insert(pieces, support.frame(continuation, "x", false)) end
      table.insert(pieces, support.frame(continuation, "x", true))
      table.insert(pieces, support.frame(8, string.pack(">I2", 1000)))
      assert.equal(1000, support.closes_with(loop, server.port, { table.concat(pieces) }))
      assert.same({ 64 }, seen.messages)
    end)

    it("closes with 1008 at the 65th fragment, empty ones counted (D4)", function()
      serve { fragments = 64 }
      local pieces = { support.frame(binary, "x", false) }
      for _ = 2, 65 do table.insert(pieces, support.frame(continuation, "", false)) end
      assert.equal(1008, support.closes_with(loop, server.port, { table.concat(pieces) }))
      assert.same({}, seen.messages)
    end)

    it("closes with 1003 at a text message", function()
      serve()
      assert.equal(1003, support.closes_with(loop, server.port, { support.frame(text, "hello") }))
      support.wait(loop, function() return seen.closed[1] end)
      assert.same({ { 1003, "only binary messages" } }, seen.closed)
    end)

    it("answers pings while a message is under way, and joins what surrounds them", function()
      serve()
      local answer = support.raw(loop, server.port, {
        support.handshake(), true,
        support.frame(binary, "ab", false) .. support.frame(9, "still there?"),
        support.frame(continuation, "cd", true) .. support.frame(8, string.pack(">I2", 1000)),
      })
      assert.matches("\x8a\x0cstill there?", answer, 1, true)
      assert.same({ 4 }, seen.messages)
    end)

    it("closes with 1008 when a message does not end in time (D3, D4)", function()
      serve { message_time = 0.1 }
      assert.equal(1008, support.closes_with(loop, server.port, { support.frame(binary, "x", false) }))
    end)

    it("drops a peer that stops inside a frame: it cannot answer the ping (D3, D4)", function()
      serve { ping = 0.1, pong = 0.1 }
      support.raw(loop, server.port, { support.handshake(), true, support.frame(binary, "x", true, 1 << 20) })
      assert.same({ { 1006, "no answer to a ping" } }, seen.closed)
    end)

    it("keeps a silent peer that answers pings, until it is idle for too long: 4001", function()
      serve { ping = 0.05, pong = 5, idle = 0.3 }
      local code
      assert(connect { on_close = function(_, close_code) code = close_code end })
      support.wait(loop, function() return code end)
      assert.equal(4001, code)
    end)

    it("drops a peer that does not finish its handshake (D3)", function()
      serve { handshake = 0.1 }
      local answer = support.raw(loop, server.port, { "GET /teep HTTP/1.1\r\nHost: loc" })
      assert.equal("", answer)
      support.wait(loop, function() return server:count() == 0 end)
    end)

    it("accepts as many connections from one address as the limit says and no more (D3)", function()
      serve { per_address = 2 }
      local first = assert(connect())
      assert(connect())
      local refused, _, code = connect()
      assert.is_nil(refused)
      assert.equal("not_connected", code)
      assert.equal(2, server:count())
      first:close()
      support.wait(loop, function() return server:count() == 1 end)
      assert(connect())
    end)

    it("accepts as many connections in total as the limit says and no more (D3)", function()
      serve { connections = 2 }
      assert(connect())
      assert(connect())
      assert.is_nil((connect()))
      assert.equal(2, server:count())
    end)

    it("tells both ends the code and reason of a close", function()
      serve()
      local closed
      local connection = assert(connect { on_close = function(_, ...) closed = { ... } end })
      connection:close(4003, "authentication required")
      support.wait(loop, function() return closed and seen.closed[1] end)
      assert.same({ 4003, "authentication required" }, closed)
      assert.same({ 4003, "authentication required" }, seen.closed[1])
    end)

    it("sends what is queued before it closes", function()
      serve()
      local connection = assert(connect())
      for i = 1, 3 do connection:send(("x"):rep(i * 100000)) end
      connection:close()
      support.wait(loop, function() return seen.closed[1] end)
      assert.same({ 100000, 200000, 300000 }, seen.messages)
    end)

    it("accepts as many bytes into its queue as the limit says and no more", function()
      serve()
      local connection = assert(connect(nil, { queue = 1000 }))
      assert.is_true(connection:send(("x"):rep(600)))
      assert.is_true(connection:send(("x"):rep(400)))
      local sent, _, code = connection:send "x"
      assert.is_nil(sent)
      assert.equal("limit_reached", code)
    end)

    it("answers not_connected on a closed connection, and closing again is harmless", function()
      serve()
      local closed
      local connection = assert(connect { on_close = function() closed = true end })
      connection:close()
      assert.equal("not_connected", select(3, connection:send "x"))
      support.wait(loop, function() return closed end)
      assert.equal("not_connected", select(3, connection:send "x"))
      connection:close()
      assert.is_nil(connection.peer)
    end)

    it("lets on_close use the connection, the server and the loop", function()
      local results
      server = assert(loop:serve {
        websocket = {
          on_close = function(connection)
            results = { select(3, connection:send "x"), connection.peer }
            connection:close()
            server:close()
            loop:close()
          end,
        },
      })
      local first = assert(connect())
      assert(connect())
      first:close()
      support.wait(loop, function() return results end)
      assert.same({ "not_connected" }, results)
    end)

    it("refuses close codes nobody may send, and long reasons", function()
      serve()
      local connection = assert(connect())
      for _, code in ipairs { 999, 1004, 1005, 1006, 1015, 2000, 5000 } do
        assert.has_error(function() connection:close(code) end)
      end
      assert.has_error(function() connection:close(1000, ("x"):rep(124)) end)
      connection:close(1000, ("x"):rep(123))
    end)

    it("knows its peer", function()
      serve()
      local connection = assert(connect())
      assert.equal(server.port, connection.peer.port)
      assert.equal("127.0.0.1", seen.connection.peer.address)
      assert.is_true(seen.connection.peer.port > 0)
    end)

    it("closes with 1011 when a callback throws, reports it and goes on", function()
      local reported
      loop.on_error = function(message) reported = message end
      serve(nil, { websocket = { on_message = function() error "what a mess" end } })
      local _, code = exchange "x"
      assert.equal(1011, code)
      assert.matches("what a mess", reported)
      assert(connect())
    end)

    it("hears 1001 when the server closes", function()
      serve()
      local code
      assert(connect { on_close = function(_, close_code) code = close_code end })
      server:close()
      support.wait(loop, function() return code end)
      assert.equal(1001, code)
    end)

    it("hears 1006 when the peer vanishes", function()
      serve()
      support.raw(loop, server.port, { support.handshake(), true }, function() return true end)
      support.wait(loop, function() return seen.closed[1] end)
      assert.equal(1006, seen.closed[1][1])
    end)

    it("cannot connect where nobody listens", function()
      serve()
      server:close()
      local _, message, code = connect()
      assert.equal("not_connected", code)
      assert.is_string(message)
    end)

    it("times out where somebody listens and does not answer", function()
      local mute = transport.loop {} -- nobody runs it
      server = assert(mute:serve { http = function() end })
      local _, _, code = connect(nil, { handshake = 0.1 })
      mute:close()
      assert.equal("timed_out", code)
    end)

    it("does not leak objects over many connections (D34)", function()
      serve()
      local function churn(count)
        for _ = 1, count do
          local done
          loop:connect {
            uri = ("ws://127.0.0.1:%d/teep"):format(server.port),
            on_open = function(connection) connection:close() end,
            on_close = function() done = true end,
          }
          support.wait(loop, function() return done end)
        end
        support.wait(loop, function() return server:count() == 0 end)
        seen.closed, seen.connection = {}, nil
        collectgarbage()
        collectgarbage()
        return collectgarbage "count"
      end
      local before = churn(100)
      local after = churn(1900)
      assert.is_true(after - before < 16, ("%.1f KiB grew"):format(after - before))
    end)
  end)
end
