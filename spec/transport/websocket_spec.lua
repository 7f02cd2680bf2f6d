local service <const> = require "transport.service"
local support <const> = require "transport.support"
local task <const> = require "teep.task"
local transport <const> = require "teep.transport"
local websocket <const> = require "teep.transport.websocket"

local binary <const> = 2

describe("TEEP over WebSocket", function()
  local here
  before_each(function() here = service.new "ws" end)
  after_each(function() here.loop:close() end)

  -- What the server's binary messages say, behind the header.
  local function messages(answer)
    local found, at = {}, answer:match "^HTTP/1%.1 101.-\r\n\r\n()"
    while at and answer:byte(at) == 0x82 do
      local size = answer:byte(at + 1)
      table.insert(found, answer:sub(at + 2, at + 1 + size))
      at = at + 2 + size
    end
    return found
  end

  it("starts with a zero-length message and exchanges messages", function()
    here:serve(here.echo)
    local connection = assert(websocket.connect(here.loop, here:uri()))
    assert.equal("query-request", connection:exchange "")
    assert.equal("re:query-response", connection:exchange "query-response")
    connection:close()
  end)

  it("tells both hosts every TEEP message, and no empty one", function()
    local at_client <const> = {}
    here:serve(here.echo)
    local connection = assert(websocket.connect(here.loop, here:uri(), {
      observe = function(event, details)
        table.insert(at_client, event .. " " .. details.direction .. " " .. details.bytes)
      end,
    }))
    connection:exchange ""
    connection:exchange "a"
    assert.same({ "out query-request", "in a", "out re:a" }, here.noted)
    assert.same({ "message in query-request", "message out a", "message in re:a" }, at_client)
  end)

  it("gives each connection a session of its own, with its peer", function()
    local sessions = {}
    here:serve {
      connect = function(_, session)
        sessions[session] = (sessions[session] or 0) + 1
        return session.peer.address
      end,
    }
    local one, two = assert(websocket.connect(here.loop, here:uri())), assert(websocket.connect(here.loop, here:uri()))
    assert.equal("127.0.0.1", one:exchange "")
    one:exchange ""
    two:exchange ""
    local counts = {}
    for _, count in pairs(sessions) do table.insert(counts, count) end
    table.sort(counts)
    assert.same({ 1, 2 }, counts)
  end)

  it("answers with a zero-length message when there is nothing more, also to what was dropped", function()
    here:serve {
      connect = function() return nil end,
      receive = function() return nil, "no signature", "bad_signature" end,
    }
    local connection = assert(websocket.connect(here.loop, here:uri()))
    assert.equal("", connection:exchange "")
    assert.equal("", connection:exchange "rubbish")
    assert.same({}, here.observed)
  end)

  it("lets the TAM wait", function()
    here:serve {
      connect = function()
        return task.await(function(done) here.loop:timer(0.02, function() done "after a while" end) end)
      end,
    }
    local connection = assert(websocket.connect(here.loop, here:uri()))
    assert.equal("after a while", connection:exchange "")
  end)

  it("serves others while the TAM waits for one", function()
    local finish
    here:serve {
      connect = function() return task.await(function(done) finish = done end) end,
      receive = function() return "quick" end,
    }
    local first
    task.run(function() first = assert(websocket.connect(here.loop, here:uri())):exchange "" end)
    local second = assert(websocket.connect(here.loop, here:uri()))
    assert.equal("quick", second:exchange "x")
    support.wait(here.loop, function() return finish end)
    assert.is_nil(first)
    finish "slow"
    support.wait(here.loop, function() return first end)
    assert.equal("slow", first)
  end)

  it("closes with 1002 when a message comes before the answer (D32)", function()
    here:serve { connect = function() return task.await(function() end) end }
    local pieces = { support.frame(binary, "") .. support.frame(binary, "x") }
    assert.equal(1002, support.closes_with(here.loop, here.server.port, pieces))
  end)

  it("takes the next message once the answer is out", function()
    here:serve(here.echo)
    local answer = support.raw(here.loop, here.server.port, {
      support.handshake(), true, support.frame(binary, ""), support.frame(binary, "x"),
    }, function(sent) return #messages(sent) == 2 end)
    assert.same({ "query-request", "re:x" }, messages(answer))
  end)

  it("closes with 1011 when the TAM throws, observes it and serves on", function()
    local broken = true
    here:serve {
      connect = function()
        if broken then error "store is gone" end
        return "fine"
      end,
    }
    local connection = assert(websocket.connect(here.loop, here:uri()))
    local answer, message, code = connection:exchange ""
    assert.is_nil(answer)
    assert.equal("not_connected", code)
    assert.matches("1011", message)
    assert.equal("failed", here.observed[1][1])
    assert.matches("store is gone", here.observed[1][2].message)
    assert.is_nil(here.observed[1][2].message:find "\n")
    broken = false
    assert.equal("fine", assert(websocket.connect(here.loop, here:uri())):exchange "")
  end)

  it("closes with 1011 when the TAM throws after it has waited", function()
    here:serve {
      connect = function()
        task.await(function(done) here.loop:timer(0.01, done) end)
        error "late"
      end,
    }
    local _, message = assert(websocket.connect(here.loop, here:uri())):exchange ""
    assert.matches("1011", message)
    assert.matches("late", here.observed[1][2].message)
  end)

  it("survives a peer that leaves while the TAM waits", function()
    local finish
    here:serve { connect = function() return task.await(function(done) finish = done end) end }
    support.raw(here.loop, here.server.port, { support.handshake(), true, support.frame(binary, "") },
      function() return finish end)
    support.wait(here.loop, function() return here.server:count() == 0 end)
    finish "too late"
    assert.same({}, here.observed)
  end)

  it("ends an exchange as not_connected when the server closes in the middle", function()
    here:serve { connect = function() return task.await(function() end) end }
    local connection = assert(websocket.connect(here.loop, here:uri()))
    here.loop:timer(0.05, function() here.server:close() end)
    local answer, message, code = connection:exchange ""
    assert.is_nil(answer)
    assert.equal("not_connected", code)
    assert.matches("1001 going away", message)
    assert.equal("not_connected", select(3, connection:exchange ""))
  end)

  it("keeps control characters of the peer out of the message (D24)", function()
    here.server = assert(here.loop:serve {
      websocket = { on_message = function(connection) connection:close(1000, "a\27[2J\nb") end },
    })
    local answer, message, code = assert(websocket.connect(here.loop, here:uri())):exchange ""
    assert.is_nil(answer)
    assert.equal("connection closed: 1000 a?[2J?b", message)
    assert.equal("not_connected", code)
  end)

  it("ends an exchange as not_connected at a message that is too big for the TAM (D4)", function()
    here:serve(here.echo, { message = 1000 })
    local connection = assert(websocket.connect(here.loop, here:uri()))
    assert.equal("re:" .. ("x"):rep(1000), connection:exchange(("x"):rep(1000)))
    local _, message, code = connection:exchange(("x"):rep(1001))
    assert.equal("not_connected", code)
    assert.matches("1009", message)
  end)

  it("ends an exchange as not_connected at an answer that is too big for the client (D4)", function()
    here:serve(here.echo)
    local connection = assert(websocket.connect(here.loop, here:uri(), { limits = { message = 1003 } }))
    assert.equal("re:" .. ("x"):rep(1000), connection:exchange(("x"):rep(1000)))
    local _, message, code = connection:exchange(("x"):rep(1001))
    assert.equal("not_connected", code)
    assert.matches("1009", message)
  end)

  it("answers not_connected after close", function()
    here:serve(here.echo)
    local connection = assert(websocket.connect(here.loop, here:uri()))
    connection:close()
    assert.equal("not_connected", select(3, connection:exchange ""))
    connection:close()
  end)

  it("throws at a second exchange before the first has ended", function()
    here:serve { connect = function() return task.await(function() end) end }
    local connection = assert(websocket.connect(here.loop, here:uri()))
    task.run(function() connection:exchange "" end)
    assert.has_error(function() connection:exchange "" end, "exchange: one message at a time")
  end)

  it("closes with 1002 when a server speaks without being asked", function()
    local code, spoken
    here.server = assert(here.loop:serve {
      websocket = {
        on_open = function(connection) spoken = connection:send "surprise" end,
        on_close = function(_, close_code) code = close_code end,
      },
    })
    assert(websocket.connect(here.loop, here:uri()))
    support.wait(here.loop, function() return code end)
    assert.is_true(spoken)
    assert.equal(1002, code)
  end)

  it("reports a failed connection", function()
    here:serve(here.echo)
    here.server:close()
    assert.equal("not_connected", select(3, websocket.connect(here.loop, here:uri())))
    assert.equal("config_invalid", select(3, websocket.connect(here.loop, "http://127.0.0.1/")))
  end)

  it("throws at unknown options", function()
    assert.has_error(function() transport.serve(here.loop, { tam = here.echo, portt = 1 }) end)
    assert.has_error(function() transport.serve(here.loop, {}) end)
    assert.has_error(function() websocket.connect(here.loop, "ws://x/", { timeout = 1 }) end)
  end)
end)
