-- Requests and answers over HTTP, and what a server refuses of a request.
local pair <const> = require "transport.pair"
local support <const> = require "transport.support"

for _, engine in ipairs { "ev", "poll" } do
  describe("HTTP on " .. engine, function()
    local here
    before_each(function() here = pair.new(engine) end)
    after_each(function() here.loop:close() end)

    for _, method in ipairs { "GET", "POST", "PUT", "DELETE" } do
      it("hands over a " .. method .. " and brings the answer back", function()
        here:serve_http(function(given)
          given:respond { status = 201, headers = { ["Content-Type"] = "text/plain" }, body = "made" }
        end)
        local content = method ~= "GET" and "content" or nil
        local status, body, headers = here:request {
          method = method, path = "/things/1", body = content,
          headers = { ["Content-Type"] = "application/json", Accept = "text/plain" },
        }
        assert.equal(201, status)
        assert.equal("made", body)
        assert.equal("text/plain", headers.content_type)
        assert.equal(method, here.asked.method)
        assert.equal("/things/1", here.asked.path)
        assert.equal(content or "", here.asked.body)
        assert.equal(content and 7, here.asked.headers.content_length)
        assert.equal("application/json", here.asked.headers.content_type)
        assert.equal("text/plain", here.asked.headers.accept)
        assert.equal("127.0.0.1", here.asked.peer.address)
      end)
    end

    it("takes an empty POST with Content-Length 0", function()
      here:serve_http(function(given) given:respond { status = 204 } end)
      local status, body = here:request { method = "POST" }
      assert.equal(204, status)
      assert.equal("", body)
      assert.equal(0, here.asked.headers.content_length)
    end)

    for _, status in ipairs { 404, 405, 500 } do
      it(("brings status %d as the handler says"):format(status), function()
        here:serve_http(function(given) given:respond { status = status, body = "{}" } end)
        assert.same({ status, "{}", { content_length = "2" } }, { here:request {} })
      end)
    end

    it("answers 404 where there is no handler", function()
      here.server = assert(here.loop:serve { websocket = {} })
      assert.equal(404, (here:request {}))
      assert.equal(404, (here:request { method = "POST", body = "x" }))
    end)

    for _, size in ipairs { 1, 4096, 1 << 20 } do
      it(("carries a body of %d bytes there and back"):format(size), function()
        here:serve_http(pair.echo)
        local content = ("0123456789abcdef"):rep(size // 16 + 1):sub(1, size)
        local status, body = here:request { method = "POST", body = content }
        assert.equal(200, status)
        assert.is_true(body == content)
      end)
    end

    it("accepts a body at the limit and answers 413 at limit + 1", function()
      here:serve_http(pair.echo, { limits = { message = 100000 } })
      assert.equal(200, (here:request { method = "POST", body = ("x"):rep(100000) }))
      here.asked = nil
      assert.equal(413, (here:request { method = "POST", body = ("x"):rep(100001) }))
      assert.is_nil(here.asked)
    end)

    it("answers 413 to an announced body before it comes (D3)", function()
      here:serve_http(pair.echo, { limits = { message = 1000 } })
      assert.equal(413, (here:raw "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\nsome"))
    end)

    it("answers 400 to a Content-Length that is no number (D6)", function()
      here:serve_http(pair.echo)
      for _, length in ipairs { "-1", "1x", "0x10", "1,1", "18446744073709551616" } do
        local status = here:raw(("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n"):format(length))
        assert.equal(400, status, length)
      end
      assert.is_nil(here.asked)
    end)

    it("answers 411 to a body without length, chunked ones included", function()
      here:serve_http(pair.echo)
      assert.equal(411, (here:raw "POST / HTTP/1.1\r\nHost: x\r\n\r\n"))
      for _, method in ipairs { "POST", "GET" } do
        local head = method .. " / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert.equal(411, (here:raw(head .. "1\r\nx\r\n0\r\n\r\n")))
        local steps = support.count_steps(here.loop)
        assert.equal(411, (here:raw(head, "1\r\nx\r\n", "0\r\n\r\n")))
        assert.is_true(steps() < 5000)
      end
      assert.is_nil(here.asked)
    end)

    it("answers 414 to a path and 431 to a field that is too long", function()
      here:serve_http(pair.echo)
      assert.equal(414, (here:raw(("GET /%s HTTP/1.1\r\nConnection: close\r\n\r\n"):format(("p"):rep(1100)))))
      assert.equal(431, (here:raw(("GET / HTTP/1.1\r\nConnection: close\r\nAccept: %s\r\n\r\n"):format(("a"):rep(300)))))
    end)
  end)
end
