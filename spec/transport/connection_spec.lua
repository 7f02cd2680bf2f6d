-- The life of a WebSocket: messages, callbacks and how it ends.
local pair <const> = require "transport.pair"
local support <const> = require "transport.support"
local transport <const> = require "teep.transport"

local binary <const>, text <const>, continuation <const> = 2, 1, 0

for _, engine in ipairs { "ev", "poll" } do
  describe("a WebSocket on " .. engine, function()
    local here
    before_each(function() here = pair.new(engine) end)
    after_each(function() here.loop:close() end)

    it("closes with 1003 at a text message", function()
      here:serve_websocket()
      assert.equal(1003, support.closes_with(here.loop, here.server.port, { support.frame(text, "hello") }))
      support.wait(here.loop, function() return here.seen.closed[1] end)
      assert.same({ { 1003, "only binary messages" } }, here.seen.closed)
    end)

    it("answers pings while a message is under way, and joins what surrounds them", function()
      here:serve_websocket()
      local answer = support.raw(here.loop, here.server.port, {
        support.handshake(), true,
        support.frame(binary, "ab", false) .. support.frame(9, "still there?"),
        support.frame(continuation, "cd", true) .. support.frame(8, string.pack(">I2", 1000)),
      })
      assert.matches("\x8a\x0cstill there?", answer, 1, true)
      assert.same({ 4 }, here.seen.messages)
    end)

    it("tells both ends the code and reason of a close", function()
      here:serve_websocket()
      local closed
      local connection = assert(here:connect { on_close = function(_, ...) closed = { ... } end })
      connection:close(4003, "authentication required")
      support.wait(here.loop, function() return closed and here.seen.closed[1] end)
      assert.same({ 4003, "authentication required" }, closed)
      assert.same({ 4003, "authentication required" }, here.seen.closed[1])
    end)

    it("sends what is queued before it closes", function()
      here:serve_websocket()
      local connection = assert(here:connect())
      for i = 1, 3 do connection:send(("x"):rep(i * 100000)) end
      connection:close()
      support.wait(here.loop, function() return here.seen.closed[1] end)
      assert.same({ 100000, 200000, 300000 }, here.seen.messages)
    end)

    it("answers not_connected on a closed connection, and closing again is harmless", function()
      here:serve_websocket()
      local closed
      local connection = assert(here:connect { on_close = function() closed = true end })
      connection:close()
      assert.equal("not_connected", select(3, connection:send "x"))
      support.wait(here.loop, function() return closed end)
      assert.equal("not_connected", select(3, connection:send "x"))
      connection:close()
      assert.is_nil(connection.peer)
    end)

    it("lets on_close use the connection, the server and the loop", function()
      local results
      here.server = assert(here.loop:serve {
        websocket = {
          on_close = function(connection)
            results = { select(3, connection:send "x"), connection.peer }
            connection:close()
            here.server:close()
            here.loop:close()
          end,
        },
      })
      local first = assert(here:connect())
      assert(here:connect())
      first:close()
      support.wait(here.loop, function() return results end)
      assert.same({ "not_connected" }, results)
    end)

    it("refuses close codes nobody may send, and long reasons", function()
      here:serve_websocket()
      local connection = assert(here:connect())
      for _, code in ipairs { 999, 1004, 1005, 1006, 1015, 2000, 5000 } do
        assert.has_error(function() connection:close(code) end)
      end
      assert.has_error(function() connection:close(1000, ("x"):rep(124)) end)
      connection:close(1000, ("x"):rep(123))
    end)

    it("knows its peer", function()
      here:serve_websocket()
      local connection = assert(here:connect())
      assert.equal(here.server.port, connection.peer.port)
      assert.equal("127.0.0.1", here.seen.connection.peer.address)
      assert.is_true(here.seen.connection.peer.port > 0)
    end)

    it("closes with 1011 when a callback throws, reports it and goes on", function()
      local reported
      here.loop.on_error = function(message) reported = message end
      here:serve_websocket(nil, { websocket = { on_message = function() error "what a mess" end } })
      local _, code = here:exchange "x"
      assert.equal(1011, code)
      assert.matches("what a mess", reported)
      assert(here:connect())
    end)

    it("hears 1001 when the server closes", function()
      here:serve_websocket()
      local code
      assert(here:connect { on_close = function(_, close_code) code = close_code end })
      here.server:close()
      support.wait(here.loop, function() return code end)
      assert.equal(1001, code)
    end)

    it("hears 1006 when the peer vanishes", function()
      here:serve_websocket()
      support.raw(here.loop, here.server.port, { support.handshake(), true }, function() return true end)
      support.wait(here.loop, function() return here.seen.closed[1] end)
      assert.equal(1006, here.seen.closed[1][1])
    end)

    it("cannot connect where nobody listens", function()
      here:serve_websocket()
      here.server:close()
      local _, message, code = here:connect()
      assert.equal("not_connected", code)
      assert.is_string(message)
    end)

    it("times out where somebody listens and does not answer", function()
      local mute = transport.loop {} -- nobody runs it
      here.server = assert(mute:serve { http = function() end })
      local _, _, code = here:connect(nil, { handshake = 0.1 })
      mute:close()
      assert.equal("timed_out", code)
    end)

    it("does not leak objects over many connections (D34)", function()
      here:serve_websocket()
      local function churn(count)
        for _ = 1, count do
          local done
          here.loop:connect {
            uri = ("ws://127.0.0.1:%d/teep"):format(here.server.port),
            on_open = function(connection) connection:close() end,
            on_close = function() done = true end,
          }
          support.wait(here.loop, function() return done end)
        end
        support.wait(here.loop, function() return here.server:count() == 0 end)
        here.seen.closed, here.seen.connection = {}, nil
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
