local cose = require "teep.cose"
local http_binding = require "teep.transport.http_binding"
local messages = require "teep.message"
local support = require "transport.support"
local task = require "teep.task"
local transport = require "teep.transport"
local world = require "tam.world"

local teep <const> = "application/teep+cbor"

describe("TEEP over HTTP", function()
  local loop, server, observed, noted, received

  -- A TAM of two functions.
  local function serve(tam, limits)
    server = assert(transport.serve(loop, {
      tam = tam, limits = limits,
      observe = function(event, details)
        if event ~= "message" then return table.insert(observed, { event, details }) end
        table.insert(noted, details.direction .. " " .. details.bytes)
      end,
    }))
  end

  local echo = {
    connect = function() return "query-request" end,
    receive = function(_, _, bytes)
      table.insert(received, bytes)
      return "re:" .. bytes
    end,
  }

  local function uri(port) return ("http://127.0.0.1:%d/teep"):format(port or server.port) end

  -- Send a request as it stands; returns status, header fields (lines, sorted, without Connection) and body.
  local function raw(method, fields, body, path)
    local lines = { ("%s %s HTTP/1.1"):format(method, path or "/teep"), "Host: x", "Connection: close" }
    for name, value in pairs(fields) do lines[#lines + 1] = name .. ": " .. value end
    local head = table.concat(lines, "\r\n") .. "\r\n\r\n"
    local answer = support.raw(loop, server.port, { head .. (body or "") })
    local answer_head, content = answer:match "^(.-)\r\n\r\n(.*)$"
    local found = {}
    for line in (answer_head or ""):gmatch "[^\r\n]+" do
      if not line:find "^HTTP/" and not line:find "^Connection:" then found[#found + 1] = line end
    end
    table.sort(found)
    return support.status(answer), found, content
  end

  local function post(body, fields)
    local all = { Accept = teep, ["Content-Length"] = #body, ["Content-Type"] = body ~= "" and teep or nil }
    for name, value in pairs(fields or {}) do all[name] = value or nil end
    return raw("POST", all, body)
  end

  before_each(function()
    loop, observed, noted, received = assert(transport.loop {}), {}, {}, {}
  end)
  after_each(function() loop:close() end)

  describe("at the server", function()
    for _, method in ipairs { "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH" } do
      it("answers 405 with Allow to " .. method, function()
        serve(echo)
        local status, fields = raw(method, { Accept = teep, ["Content-Length"] = 0 })
        assert.equal(405, status)
        assert.same({ "Allow: POST", "Content-Length: 0" }, fields)
      end)
    end

    it("answers 404 at other paths", function()
      serve(echo)
      for _, path in ipairs { "/", "/teep/", "/teepx", "/Teep" } do
        assert.equal(404, (raw("POST", { Accept = teep, ["Content-Length"] = 0 }, "", path)), path)
      end
    end)

    it("answers 415 to content that is not TEEP (T-159)", function()
      serve(echo)
      assert.equal(415, (post("x", { ["Content-Type"] = false })))
      assert.equal(415, (post("x", { ["Content-Type"] = "text/plain" })))
      assert.equal(415, (post("x", { ["Content-Type"] = "application/cbor" })))
      assert.same({}, received)
      assert.equal(200, (post("x", { ["Content-Type"] = "Application/TEEP+cbor; v=1" })))
    end)

    it("answers 406 when TEEP is not acceptable, at start and later (T-160)", function()
      serve(echo)
      for _, accept in ipairs { "text/html", "application/teep+cbor;q=0, */*" } do
        assert.equal(406, (post("", { Accept = accept })))
        assert.equal(406, (post("x", { Accept = accept })))
      end
      assert.same({}, received)
      for _, accept in ipairs {
        false, "*/*", "application/*, text/html;q=0.5", "text/html\r\nAccept: application/teep+cbor",
      } do
        assert.equal(200, (post("", { Accept = accept })))
      end
    end)

    it("answers 413 at limit + 1 bytes (D3)", function()
      serve(echo, { message = 1000 })
      assert.equal(200, (post(("x"):rep(1000))))
      assert.equal(413, (post(("x"):rep(1001))))
      assert.equal(1, #received)
    end)

    it("starts a session at an empty POST, with exactly these fields (A-33, T-146, T-147, T-161, T-163)", function()
      serve(echo)
      local status, fields, body = post ""
      assert.equal(200, status)
      assert.same({
        "Content-Length: 13", "Content-Security-Policy: default-src 'none'",
        "Content-Type: application/teep+cbor", "Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff",
      }, fields)
      assert.equal("query-request", body)
    end)

    it("hands a message to the TAM and answers with its message (T-146, T-161, T-163)", function()
      serve(echo)
      local status, fields, body = post "query-response"
      assert.equal(200, status)
      assert.equal(5, #fields)
      assert.equal("re:query-response", body)
    end)

    it("answers 204 when there is nothing more, and to what was dropped, alike (T-074, T-162)", function()
      local drop = false
      serve {
        receive = function()
          if drop then return nil, "no signature", "bad_signature" end
        end,
        connect = function() return nil, "not today", "policy_denied" end,
      }
      local said = { post "one" }
      drop = true
      assert.same(said, { post "two" })
      assert.same(said, { post "" })
      assert.same({ 204, {}, "" }, said)
    end)

    it("answers 503 with Retry-After when the TAM cannot at present, 500 when it never will (T-164)", function()
      local code
      serve { receive = function() return nil, "flaw", code end, connect = function() return nil, "flaw", code end }
      for _, passing in ipairs { "busy", "store_failed", "io_failed", "no_space", "no_memory", "timed_out" } do
        code = passing
        for _, body in ipairs { "x", "" } do
          local status, fields = post(body)
          assert.equal(503, status)
          assert.same({ "Content-Length: 0", "Retry-After: 5" }, fields)
        end
      end
      for _, lasting in ipairs {
        "policy_failed", "hard_rule", "corrupt", "crypto_failed", "attestation_unsupported",
      } do
        code = lasting
        assert.same({ 500, { "Content-Length: 0" }, "" }, { post "x" })
      end
    end)

    it("answers 500 when the TAM throws, observes it, and serves on (T-164)", function()
      local broken = true
      serve {
        receive = function()
          if broken then error "store is gone" end
          return "fine"
        end,
      }
      assert.equal(500, (post "x"))
      assert.equal("failed", observed[1][1])
      assert.matches("store is gone", observed[1][2].message)
      assert.is_nil(observed[1][2].message:find "\n")
      broken = false
      assert.equal(200, (post "x"))
    end)

    it("lets the TAM wait, at the start of a session and later", function()
      local function later(bytes)
        return task.await(function(done) loop:timer(0.02, function() done(bytes) end) end)
      end
      serve { connect = function() return later "started" end, receive = function(_, _, bytes) return later(bytes) end }
      assert.equal("started", select(3, post ""))
      assert.equal("x", select(3, post "x"))
    end)

    it("gives each request a session of its own, with its peer", function()
      local sessions = {}
      serve {
        connect = function(_, session)
          table.insert(sessions, session)
          return session.transport .. " " .. session.peer.address
        end,
      }
      assert.equal("http 127.0.0.1", select(3, post ""))
      post ""
      assert.not_equal(sessions[1], sessions[2])
    end)

    it("tells its host every TEEP message, and no empty one", function()
      serve(echo)
      post ""
      post "a"
      assert.same({ "out query-request", "in a", "out re:a" }, noted)
    end)

    it("serves a WebSocket at the same port and path", function()
      serve(echo)
      local connection = assert(transport.connect(loop, ("ws://127.0.0.1:%d/teep"):format(server.port)))
      assert.equal("query-request", connection:exchange "")
      assert.equal("re:a", connection:exchange "a")
    end)
  end)

  describe("at a message that comes again", function()
    -- Numbers its answers; "drop" is dropped, "end" needs no more, "busy" cannot be served, "slow" waits.
    local count, finish
    local counting = {
      connect = function()
        count = count + 1
        return "start " .. count
      end,
      receive = function(_, _, bytes)
        count = count + 1
        if bytes == "slow" then task.await(function(done) finish = done end) end
        if bytes == "drop" then return nil, "spent", "token_spent" end
        if bytes == "busy" then return nil, "locked", "busy" end
        return bytes ~= "end" and "answer " .. count or nil
      end,
    }

    before_each(function() count, finish = 0, nil end)

    it("never asks the TAM twice, and repeats the answer of the first", function()
      serve(counting)
      for _ = 1, 2 do
        assert.equal("answer 1", select(3, post "a"))
        assert.equal(204, (post "end"))
      end
      assert.equal(2, count)
      assert.equal("answer 3", select(3, post "b"))
    end)

    it("asks the TAM again about an empty one, one it dropped, and one it could not serve", function()
      serve(counting)
      assert.equal("start 1", select(3, post ""))
      assert.equal("start 2", select(3, post ""))
      assert.equal(204, (post "drop"))
      assert.equal(204, (post "drop"))
      assert.equal(503, (post "busy"))
      assert.equal(503, (post "busy"))
      assert.equal(6, count)
    end)

    it("lets it wait while the first is in work", function()
      serve(counting)
      local answers = {}
      for i = 1, 3 do
        task.run(function() answers[i] = assert(http_binding.connect(loop, uri())):exchange "slow" end)
      end
      support.wait(loop, function() return finish and #noted >= 3 end)
      assert.same({}, answers)
      finish()
      support.wait(loop, function() return answers[1] and answers[2] and answers[3] end)
      assert.same({ "answer 1", "answer 1", "answer 1" }, answers)
    end)

    it("answers the others when the first was given up, and when one that waits was", function()
      serve(counting, { response = 0.5 })
      local outcomes = {}
      for i = 1, 2 do
        task.run(function() outcomes[i] = select(2, assert(http_binding.connect(loop, uri())):exchange "slow") end)
      end
      support.wait(loop, function() return outcomes[1] and outcomes[2] end)
      assert.matches("503", outcomes[1])
      assert.matches("503", outcomes[2])
      task.run(function() outcomes[3] = assert(http_binding.connect(loop, uri())):exchange "slow" end)
      support.wait(loop, function() return #noted == 3 end)
      finish()
      support.wait(loop, function() return outcomes[3] end)
      assert.equal("answer 1", outcomes[3])
    end)

    it("holds as many answers as the limit says", function()
      serve(counting, { answers = 2 })
      for _, bytes in ipairs { "a", "b", "a", "c", "b", "a" } do post(bytes) end
      assert.equal(4, count)
    end)
  end)

  describe("with a TAM, at a message that comes again", function()
    local w
    before_each(function() w = world.new() end)
    after_each(world.clean)

    -- A QueryResponse that asks for a component there is a manifest for.
    local function response()
      assert(w.tam:add_manifest(world.envelope { sequence_number = 1 }))
      local token <const> = world.open(select(3, post "")).token
      return world.signed {
        type = "query-response", token = token, tc_list = {}, requested_tc_list = { { component_id = { "app" } } },
      }
    end

    it("sends the very same Update, and writes nothing (D7)", function()
      serve(w.tam)
      local bytes = response()
      local first = select(3, post(bytes))
      local before = w:dump()
      assert.equal("update", world.open(first).type)
      assert.is_true(first == select(3, post(bytes)))
      assert.same(before, w:dump())
    end)

    it("has nothing for the same token in other bytes, nor once the answer is forgotten (T-017, D7)", function()
      serve(w.tam)
      local bytes = response()
      assert.equal(200, (post(bytes)))
      local token = assert(messages.decode(cose.parse(bytes).payload, { wire = "v26" })).token
      assert.equal(204, (post(world.signed { type = "query-response", token = token, tc_list = {} })))
      server:close()
      serve(w.tam)
      assert.equal(204, (post(bytes)))
      assert.equal("token_spent", w:event("dropped").code)
    end)
  end)

  describe("at the client", function()
    local function connect(port, given) return assert(http_binding.connect(loop, uri(port), given)) end

    -- What exchange("") makes of just these bytes; and the header of the request.
    local function hear(bytes, stays, message)
      local process = support.careless_server(bytes, stays)
      local port = process:read "n"
      local outcome = table.pack(connect(port):exchange(message or ""))
      local head = process:read "a"
      process:close()
      return outcome, head, port
    end

    local function answer(status, fields, body)
      return ("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s"):format(status, fields or "", #(body or ""), body or "")
    end

    it("starts with an empty POST that has exactly these fields (T-145, T-147, T-151)", function()
      local outcome, head, port = hear "HTTP/1.1 204 \r\n\r\n"
      assert.same({ "", n = 1 }, outcome)
      assert.equal(("\nPOST /teep HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nconnection: close\r\n"):format(port)
        .. "Accept: application/teep+cbor\r\nContent-Length: 0\r\n\r\n", head)
    end)

    it("sends a message with Accept and Content-Type (T-147, T-152)", function()
      local outcome, head, port = hear("HTTP/1.1 204 \r\n\r\n", false, "message")
      assert.same({ "", n = 1 }, outcome)
      assert.equal(("\nPOST /teep HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nconnection: close\r\n"):format(port)
        .. "Accept: application/teep+cbor\r\nContent-Type: application/teep+cbor\r\n"
        .. "Content-Length: 7\r\n\r\n", head)
    end)

    for _, status in ipairs {
      "300 Choices", "301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent", "400 Bad", "404 Not",
      "405 Not", "500 Error", "503 Busy", "599 Other",
    } do
      it("fails at status " .. status .. " without following anything (T-144, T-157)", function()
        local outcome = hear(answer(status, "Location: http://127.0.0.1:1/teep\r\nContent-Type: " .. teep .. "\r\n", "x"))
        assert.is_nil(outcome[1])
        assert.equal("refused", outcome[3])
        assert.equal("the TAM answers with status " .. status:match "%d+", outcome[2])
      end)
    end

    it("names Retry-After", function()
      local outcome = hear(answer("503 Busy", "Retry-After: 30\27\r\n"))
      assert.equal("the TAM answers with status 503, retry after 30?", outcome[2])
    end)

    it("fails at content that is not TEEP", function()
      for _, fields in ipairs { "", "Content-Type: text/html\r\n" } do
        local outcome = hear(answer("200 OK", fields, "<html>"))
        assert.is_nil(outcome[1])
        assert.equal("unexpected_message", outcome[3])
      end
    end)

    it("is done at any 2xx without content (T-153)", function()
      for _, status in ipairs { "200 OK", "202 Accepted", "204 No Content" } do
        assert.same({ "", n = 1 }, (hear(answer(status))))
      end
    end)

    it("is done at a 204 though the server does not close", function()
      assert.same({ "", n = 1 }, (hear("HTTP/1.1 204 No Content\r\n\r\n", true)))
    end)

    it("takes any 2xx with a message", function()
      local fields = "Content-Type: application/teep+cbor; v=1\r\n"
      assert.same({ "hello", n = 1 }, (hear(answer("200 OK", fields, "hello"))))
      assert.same({ "hello", n = 1 }, (hear(answer("201 Created", fields, "hello"))))
    end)

    for name, sent in pairs {
      ["a header with two lengths"] = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
      ["a negative length"] = "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
      ["a length that is no number"] = "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\nx",
      ["a length beyond 63 bits"] = "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\nx",
      ["length and chunks"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n1\r\nx\r\n0\r\n\r\n",
      ["a transfer coding we did not ask for"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      ["a status that is none"] = "HTTP/1.1 99 What\r\nContent-Length: 0\r\n\r\n",
      ["an interim status"] = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    } do
      it("refuses " .. name, function()
        local outcome = hear(sent)
        assert.is_nil(outcome[1])
        assert.equal("refused", outcome[3])
      end)
    end

    for name, sent in pairs {
      nothing = "", ["half a header"] = "HTTP/1.1 200 OK\r\nContent-",
      ["half a body"] = "HTTP/1.1 200 OK\r\nContent-Type: application/teep+cbor\r\nContent-Length: 9\r\n\r\nhalf",
      ["a chunk of bad size"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    } do
      it("ends as not_connected when the server closes after " .. name .. " (T-157)", function()
        local outcome = hear(sent)
        assert.is_nil(outcome[1])
        assert.equal("not_connected", outcome[3])
      end)
    end

    it("survives chunk sizes of 32 bits and more", function()
      for _, size in ipairs { "ffffffff", "80000000", "fffffffff", "100000001" } do
        local outcome = hear("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .. size .. "\r\n" .. ("x"):rep(100))
        assert.is_nil(outcome[1], size)
      end
    end)

    it("ends as too_large at limit + 1 bytes of answer (D4)", function()
      serve(echo)
      local connection = connect(nil, { limits = { message = 13 } })
      assert.equal("query-request", connection:exchange "")
      connection = connect(nil, { limits = { message = 12 } })
      assert.equal("too_large", select(3, connection:exchange ""))
    end)

    it("runs a session, one exchange after the other, and notes its messages (T-153)", function()
      local at_client = {}
      serve(echo)
      local connection = connect(nil, {
        observe = function(event, details)
          table.insert(at_client, event .. " " .. details.direction .. " " .. details.bytes)
        end,
      })
      assert.equal("query-request", connection:exchange "")
      assert.equal("re:a", connection:exchange "a")
      assert.same({ "message in query-request", "message out a", "message in re:a" }, at_client)
    end)

    it("waits for the TAM, up to limit idle (T-158)", function()
      serve { connect = function() return task.await(function() end) end }
      local connection = connect(nil, { limits = { idle = 0.05 } })
      assert.equal("timed_out", select(3, connection:exchange ""))
    end)

    it("ends an exchange as not_connected at close", function()
      serve { connect = function() return task.await(function() end) end }
      local connection = connect()
      loop:timer(0.02, function() connection:close() end)
      local reply, message, code = connection:exchange ""
      assert.same({ nil, "cancelled", "not_connected" }, { reply, message, code })
      assert.same({ nil, "connection closed", "not_connected" }, { connection:exchange "" })
      connection:close()
    end)

    it("throws at a second exchange before the first has ended", function()
      serve { connect = function() return task.await(function() end) end }
      local connection = connect()
      task.run(function() connection:exchange "" end)
      assert.has_error(function() connection:exchange "" end, "exchange: one message at a time")
    end)

    it("ends as not_connected when nobody listens (T-157)", function()
      serve(echo)
      server:close()
      assert.equal("not_connected", select(3, connect():exchange ""))
    end)
  end)
end)
