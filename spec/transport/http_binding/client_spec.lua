-- TEEP over HTTP at the client: what it sends, and what it takes for an answer.
local http_binding <const> = require "teep.transport.http_binding"
local service <const> = require "transport.service"
local support <const> = require "transport.support"
local task <const> = require "teep.task"

describe("TEEP over HTTP", function()
  local here
  before_each(function() here = service.new "http" end)
  after_each(function() here.loop:close() end)

  describe("at the client", function()
    local function connect(port, given) return assert(http_binding.connect(here.loop, here:uri(port), given)) end

    -- What exchange("") makes of just these bytes; and the header of the request.
    local function hear(bytes, stays, message)
      local process = support.careless_server(bytes, stays)
      local port = process:read "n"
      local outcome = table.pack(connect(port):exchange(message or ""))
      local head = process:read "a"
      process:close()
      return outcome, head, port
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
        local fields = ("Location: http://127.0.0.1:1/teep\r\nContent-Type: %s\r\n"):format(service.media_type)
        local outcome = hear(support.answer(status, fields, "x"))
        assert.is_nil(outcome[1])
        assert.equal("refused", outcome[3])
        assert.equal("the TAM answers with status " .. status:match "%d+", outcome[2])
      end)
    end

    it("names Retry-After", function()
      local outcome = hear(support.answer("503 Busy", "Retry-After: 30\27\r\n"))
      assert.equal("the TAM answers with status 503, retry after 30?", outcome[2])
    end)

    it("fails at content that is not TEEP", function()
      for _, fields in ipairs { "", "Content-Type: text/html\r\n" } do
        local outcome = hear(support.answer("200 OK", fields, "<html>"))
        assert.is_nil(outcome[1])
        assert.equal("unexpected_message", outcome[3])
      end
    end)

    it("is done at any 2xx without content (T-153)", function()
      for _, status in ipairs { "200 OK", "202 Accepted", "204 No Content" } do
        assert.same({ "", n = 1 }, (hear(support.answer(status))))
      end
    end)

    it("is done at a 204 though the server does not close", function()
      assert.same({ "", n = 1 }, (hear("HTTP/1.1 204 No Content\r\n\r\n", true)))
    end)

    it("takes any 2xx with a message", function()
      local fields = "Content-Type: application/teep+cbor; v=1\r\n"
      assert.same({ "hello", n = 1 }, (hear(support.answer("200 OK", fields, "hello"))))
      assert.same({ "hello", n = 1 }, (hear(support.answer("201 Created", fields, "hello"))))
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
      here:serve(here.echo)
      local connection = connect(nil, { limits = { message = 13 } })
      assert.equal("query-request", connection:exchange "")
      connection = connect(nil, { limits = { message = 12 } })
      assert.equal("too_large", select(3, connection:exchange ""))
    end)

    it("runs a session, one exchange after the other, and notes its messages (T-153)", function()
      local at_client = {}
      here:serve(here.echo)
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
      here:serve { connect = function() return task.await(function() end) end }
      local connection = connect(nil, { limits = { idle = 0.05 } })
      assert.equal("timed_out", select(3, connection:exchange ""))
    end)

    it("ends an exchange as not_connected at close", function()
      here:serve { connect = function() return task.await(function() end) end }
      local connection = connect()
      here.loop:timer(0.02, function() connection:close() end)
      local reply, message, code = connection:exchange ""
      assert.same({ nil, "cancelled", "not_connected" }, { reply, message, code })
      assert.same({ nil, "connection closed", "not_connected" }, { connection:exchange "" })
      connection:close()
    end)

    it("throws at a second exchange before the first has ended", function()
      here:serve { connect = function() return task.await(function() end) end }
      local connection = connect()
      task.run(function() connection:exchange "" end)
      assert.has_error(function() connection:exchange "" end, "exchange: one message at a time")
    end)

    it("ends as not_connected when nobody listens (T-157)", function()
      here:serve(here.echo)
      here.server:close()
      assert.equal("not_connected", select(3, connect():exchange ""))
    end)
  end)
end)
