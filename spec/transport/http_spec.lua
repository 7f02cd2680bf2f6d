local lfs = require "lfs"
local support = require "transport.support"
local transport = require "teep.transport"

for _, engine in ipairs { "ev", "poll" } do
  describe("HTTP on " .. engine, function()
    local loop, server, asked

    local function serve(handler, extra)
      local options = {
        http = function(request)
          asked = request
          handler(request)
        end,
      }
      for name, value in pairs(extra or {}) do options[name] = value end
      server = assert(loop:serve(options))
    end

    -- Send a request; returns status, body, headers or nil, message, code.
    local function request(given)
      local outcome
      if not given.socket and not given.address then given.address, given.port = "127.0.0.1", server.port end
      given.on_response = function(status, headers, body) outcome = { status, body, headers } end
      given.on_error = function(message, code) outcome = { nil, message, code } end
      loop:request(given)
      assert.is_nil(outcome)
      support.wait(loop, function() return outcome end)
      return table.unpack(outcome, 1, 3)
    end

    local function raw(...)
      local answer = support.raw(loop, server.port, { ... })
      return support.status(answer), answer
    end

    -- libwebsockets 4.3 takes what was read together with content for content: the answer is the last.
    local function is_last(answer, body)
      return answer == ("HTTP/1.1 200 \r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(#body, body)
    end

    local function echo(given) given:respond { body = given.body } end

    before_each(function() loop, asked = assert(transport.loop { engine = engine }), nil end)
    after_each(function() loop:close() end)

    for _, method in ipairs { "GET", "POST", "PUT", "DELETE" } do
      it("hands over a " .. method .. " and brings the answer back", function()
        serve(function(given)
          given:respond { status = 201, headers = { ["Content-Type"] = "text/plain" }, body = "made" }
        end)
        local content = method ~= "GET" and "content" or nil
        local status, body, headers = request {
          method = method, path = "/things/1", body = content,
          headers = { ["Content-Type"] = "application/json", Accept = "text/plain" },
        }
        assert.equal(201, status)
        assert.equal("made", body)
        assert.equal("text/plain", headers.content_type)
        assert.equal(method, asked.method)
        assert.equal("/things/1", asked.path)
        assert.equal(content or "", asked.body)
        assert.equal(content and 7, asked.headers.content_length)
        assert.equal("application/json", asked.headers.content_type)
        assert.equal("text/plain", asked.headers.accept)
        assert.equal("127.0.0.1", asked.peer.address)
      end)
    end

    it("takes an empty POST with Content-Length 0", function()
      serve(function(given) given:respond { status = 204 } end)
      local status, body = request { method = "POST" }
      assert.equal(204, status)
      assert.equal("", body)
      assert.equal(0, asked.headers.content_length)
    end)

    for _, status in ipairs { 404, 405, 500 } do
      it(("brings status %d as the handler says"):format(status), function()
        serve(function(given) given:respond { status = status, body = "{}" } end)
        assert.same({ status, "{}", { content_length = "2" } }, { request {} })
      end)
    end

    it("does not follow redirects", function()
      serve(function(given) given:respond { status = 302, headers = { Location = "http://127.0.0.1:1/" } } end)
      local status, _, headers = request {}
      assert.equal(302, status)
      assert.equal("http://127.0.0.1:1/", headers.location)
    end)

    it("answers 404 where there is no handler", function()
      server = assert(loop:serve { websocket = {} })
      assert.equal(404, (request {}))
      assert.equal(404, (request { method = "POST", body = "x" }))
    end)

    for _, size in ipairs { 1, 4096, 1 << 20 } do
      it(("carries a body of %d bytes there and back"):format(size), function()
        serve(echo)
        local content = ("0123456789abcdef"):rep(size // 16 + 1):sub(1, size)
        local status, body = request { method = "POST", body = content }
        assert.equal(200, status)
        assert.is_true(body == content)
      end)
    end

    it("accepts a body at the limit and answers 413 at limit + 1", function()
      serve(echo, { limits = { message = 100000 } })
      assert.equal(200, (request { method = "POST", body = ("x"):rep(100000) }))
      asked = nil
      assert.equal(413, (request { method = "POST", body = ("x"):rep(100001) }))
      assert.is_nil(asked)
    end)

    it("answers 413 to an announced body before it comes (D3)", function()
      serve(echo, { limits = { message = 1000 } })
      assert.equal(413, (raw "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\nsome"))
    end)

    it("answers 400 to a Content-Length that is no number (D6)", function()
      serve(echo)
      for _, length in ipairs { "-1", "1x", "0x10", "1,1", "18446744073709551616" } do
        local status = raw(("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n"):format(length))
        assert.equal(400, status, length)
      end
      assert.is_nil(asked)
    end)

    it("answers 411 to a body without length, chunked ones included", function()
      serve(echo)
      assert.equal(411, (raw "POST / HTTP/1.1\r\nHost: x\r\n\r\n"))
      for _, method in ipairs { "POST", "GET" } do
        local head = method .. " / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert.equal(411, (raw(head .. "1\r\nx\r\n0\r\n\r\n")))
        local steps = support.count_steps(loop)
        assert.equal(411, (raw(head, "1\r\nx\r\n", "0\r\n\r\n")))
        assert.is_true(steps() < 5000)
      end
      assert.is_nil(asked)
    end)

    it("answers 414 to a path and 431 to a field that is too long", function()
      serve(echo)
      assert.equal(414, (raw(("GET /%s HTTP/1.1\r\nConnection: close\r\n\r\n"):format(("p"):rep(1100)))))
      assert.equal(431, (raw(("GET / HTTP/1.1\r\nConnection: close\r\nAccept: %s\r\n\r\n"):format(("a"):rep(300)))))
    end)

    it("drops what is not HTTP", function()
      serve(echo)
      assert.is_nil((raw "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"))
      assert.is_nil((raw "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n"))
      assert.is_nil(asked)
    end)

    it("serves several requests on one connection, pipelined ones too", function()
      serve(function(given) given:respond { body = given.path } end, { limits = { keepalive = 0.5 } })
      local one = "POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
      local two = "GET /two HTTP/1.1\r\nHost: x\r\n\r\n"
      local _, answer = raw(one, two)
      assert.matches("/one.*HTTP/1.1 200.*/two", answer)
      _, answer = raw(two .. two .. two)
      assert.matches("/two.*/two.*/two", answer)
      _, answer = raw(one .. two .. two)
      assert.is_truthy(is_last(answer, "/one") or answer:match "/one.*/two.*/two", answer)
    end)

    it("takes content in every request that follows the answer to the one before, however it arrives", function()
      serve(echo, { limits = { keepalive = 1 } })
      local post, pieces = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", {}
      for _, size in ipairs { 1, 3000, 0, 2 } do
        pieces[#pieces + 1] = post:format(size, ("x"):rep(size))
        pieces[#pieces + 1] = true
      end
      for piece in post:format(3, "abc"):gmatch ".?.?.?.?.?.?.?" do pieces[#pieces + 1] = piece ~= "" and piece or nil end
      local _, answer = raw(table.unpack(pieces))
      local _, answers = answer:gsub("HTTP/1.1 200", "")
      assert.equal(5, answers)
      assert.matches("abc$", answer)
    end)

    it("answers a peer that has sent all it will ever send", function()
      serve(echo)
      local answer = support.shell(loop, ([[exec perl -MIO::Socket -e '
        my $peer = IO::Socket::INET->new("127.0.0.1:%d") or die;
        print $peer "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
        shutdown $peer, 1;
        print while <$peer>']]):format(server.port))
      assert.matches("\r\n\r\nab$", answer)
    end)

    it("closes a unix socket after the answer: nobody could tell what was read from it", function()
      local path = os.tmpname()
      os.remove(path)
      serve(echo, { socket = path })
      local answer = support.shell(loop, ([[exec perl -MIO::Socket::UNIX -e '
        my $peer = IO::Socket::UNIX->new(Peer => "%s") or die;
        print $peer "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        print while <$peer>']]):format(path))
      assert.matches("\r\nConnection: close\r\n", answer, 1, true)
    end)

    -- In a process of its own, killed in time: libwebsockets by itself would never return.
    for _, sort in ipairs { "http", "websocket" } do
      it("hangs up on content behind another request, with " .. sort, function()
        local path = os.tmpname()
        local script = assert(io.open(path, "w"))
        script:write(("package.path, package.cpath = %q, %q\n"):format(package.path, package.cpath), ([[
          local support = require "transport.support"
          local loop = require "teep.transport".loop { engine = %q }
          local asked = 0
          local function http(request)
            asked = asked + 1
            request:respond { body = request.body }
          end
          local sort = %q
          local server = assert(loop:serve { [sort] = sort == "http" and http or {} })
          local get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
          local post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %%d\r\n\r\n%%s"
          for _, size in ipairs { 3, 100, 5000 } do
            local answer = support.raw(loop, server.port, { get .. post:format(size, ("x"):rep(size)) })
            local _, answers = answer:gsub("HTTP/1%%.1 ", "")
            assert(answers == 1, answer)
            support.raw(loop, server.port, { get .. post:format(size, "") })
            support.raw(loop, server.port, { get:gsub("\r\n\r\n", "\r\nUpgrade: websocket\r\n\r\n")
              .. post:format(size, ("x"):rep(size)) })
          end
          assert(asked == (sort == "http" and 6 or 0), asked)
        ]]):format(engine, sort))
        script:close()
        assert.is_true((os.execute("exec timeout -s KILL 20 lua5.4 " .. path)))
        os.remove(path)
      end)
    end

    it("closes after an answer when the peer asks for it", function()
      serve(echo)
      assert.equal(200, (raw "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
      assert.equal(200, (raw "GET / HTTP/1.0\r\n\r\n"))
    end)

    it("lets the handler answer later", function()
      serve(function(given)
        loop:timer(0.05, function() given:respond { body = "late " .. given.body } end)
      end)
      local status, body = request { method = "POST", body = "content" }
      assert.equal(200, status)
      assert.equal("late content", body)
    end)

    it("lets the handler answer an empty POST later", function()
      serve(function(given) loop:timer(0.05, function() given:respond { status = 204 } end) end)
      assert.equal(204, (request { method = "POST" }))
      assert.equal(204, (request { method = "PUT" }))
    end)

    it("lets the handler answer later while the peer sends the next request, and does not spin", function()
      serve(function(given)
        loop:timer(0.3, function() given:respond { body = given.path } end)
      end, { limits = { keepalive = 0.5 } })
      local get = "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
      local steps = support.count_steps(loop)
      local _, answer = raw(get:format "one", get:format "two")
      assert.matches("/one.*/two", answer)
      _, answer = raw("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", get:format "b")
      assert.matches("/a.*/b", answer)
      assert.is_true(steps() < 5000)
    end)

    it("gives up a peer that sends the next request together with one that takes time, and does not spin", function()
      serve(function(given)
        loop:timer(0.3, function() given:respond { body = given.path } end)
      end)
      local get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
      local steps = support.count_steps(loop)
      assert.is_nil((raw(get .. get)))
      local _, answer = raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx" .. get)
      assert.is_true(answer == "" or is_last(answer, "/"), answer)
      assert.is_true(steps() < 5000)
    end)

    it("ignores the late answer to a peer that is gone", function()
      local result
      serve(function(given)
        loop:timer(0.3, function() result = table.pack(given:respond { body = "late" }) end)
      end)
      local status, _, code = request { timeout = 0.1 }
      assert.is_nil(status)
      assert.equal("timed_out", code)
      support.wait(loop, function() return result end)
      support.wait(loop, function() return server:count() == 0 end)
    end)

    it("answers 503 for a handler that never answers", function()
      serve(function() end, { limits = { response = 0.1 } })
      assert.same({ 503, "", { content_length = "0", retry_after = "5" } }, { request {} })
      assert.equal("not_connected", select(3, asked:respond {}))
    end)

    it("adds Retry-After to a 503 of the handler that does not say, and to nothing else", function()
      local function field(status, headers)
        serve(function(given) given:respond { status = status, headers = headers } end)
        return select(3, request {}).retry_after
      end
      assert.equal("5", field(503))
      assert.equal("7", field(503, { ["Retry-After"] = "7" }))
      assert.equal("7", field(503, { ["retry-after"] = "7" }))
      assert.is_nil(field(500))
    end)

    it("answers 500 for a handler that throws, reports it and goes on", function()
      local reported
      loop.on_error = function(message) reported = message end
      serve(function(given)
        if given.path == "/throw" then error "what a mess" end
        given:respond {}
      end)
      assert.equal(500, (request { path = "/throw" }))
      assert.matches("what a mess", reported)
      assert.equal(200, (request {}))
    end)

    it("throws when a request is answered twice", function()
      local good
      serve(function(given)
        given:respond {}
        good = pcall(given.respond, given, {})
      end)
      request {}
      assert.is_false(good)
    end)

    it("refuses header fields with line ends (D29)", function()
      serve(function(given)
        for name, value in pairs { ["X-A"] = "b\r\nX-C: d", ["X\r\n"] = "a", ["X:"] = "a", [""] = "a" } do
          assert.has_error(function() given:respond { headers = { [name] = value } } end)
        end
        given:respond {}
      end)
      assert.equal(200, (request {}))
      assert.has_error(function() request { headers = { A = "b\nC: d" } } end)
    end)

    it("drops a peer that sends its body too slowly (D3)", function()
      serve(echo, { limits = { message_time = 0.1 } })
      assert.is_nil((raw "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"))
      assert.is_nil(asked)
    end)

    it("answers what is in work when the server closes, then is gone", function()
      serve(function(given)
        server:close()
        loop:timer(0.05, function() given:respond {} end)
      end)
      assert.equal(200, (request {}))
      assert.equal("not_connected", select(3, request {}))
    end)

    for name, sent in pairs {
      nothing = "", ["half a header"] = "HTTP/1.1 200 OK\r\nContent-Le",
      ["half a body"] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
      ["half a chunk"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
    } do
      it("fails as not_connected when the server closes after " .. name, function()
        local process = support.careless_server(sent)
        local status, _, code = request { address = "127.0.0.1", port = process:read "n" }
        process:close()
        assert.is_nil(status)
        assert.equal("not_connected", code)
      end)
    end

    it("takes an answer in chunks, and one that ends with the connection", function()
      for _, sent in ipairs {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nwhole",
      } do
        local process = support.careless_server(sent)
        local status, body = request { address = "127.0.0.1", port = process:read "n" }
        process:close()
        assert.equal(200, status)
        assert.equal("whole", body)
      end
    end)

    it("fails as too_large at limit + 1 bytes of answer", function()
      serve(function(given) given:respond { body = ("x"):rep(1000) } end)
      assert.equal(200, (request { limits = { message = 1000 } }))
      local status, _, code = request { limits = { message = 999 } }
      assert.is_nil(status)
      assert.equal("too_large", code)
    end)

    it("does not spin once a server has closed", function()
      serve(echo)
      request {}
      server:close()
      local steps, over = support.count_steps(loop), false
      loop:timer(0.2, function() over = true end)
      support.wait(loop, function() return over end)
      assert.is_true(steps() < 5000)
    end)

    it("waits without end when told so", function()
      serve(function(given) loop:timer(0.05, function() given:respond {} end) end, { limits = { response = math.huge } })
      assert.equal(200, (request { timeout = math.huge }))
    end)

    it("fails as timed_out when nothing comes", function()
      serve(function() end)
      local status, _, code = request { timeout = 0.05 }
      assert.is_nil(status)
      assert.equal("timed_out", code)
    end)

    it("leaves http_proxy of the environment alone", function()
      serve(echo)
      local script = ([[http_proxy=http://127.0.0.1:9 exec lua5.4 -e '
        package.path, package.cpath = %q, %q
        local loop = require "teep.transport".loop { engine = %q }
        loop:request { address = "127.0.0.1", port = %d, on_response = print, on_error = print }
        loop:run()']]):format(package.path, package.cpath, engine, server.port)
      assert.matches("^200", (support.shell(loop, script)))
    end)

    describe("over a unix socket", function()
      local folder, path
      before_each(function()
        folder = os.tmpname()
        os.remove(folder)
        lfs.mkdir(folder)
        path = folder .. "/admin"
      end)
      after_each(function()
        loop:close()
        os.execute("rm -r " .. folder)
      end)

      it("brings the credentials of the peer", function()
        serve(echo, { socket = path })
        local status, body = request { socket = path, method = "POST", body = "content" }
        assert.equal(200, status)
        assert.equal("content", body)
        assert.equal(lfs.attributes(path, "uid"), asked.peer.uid)
        assert.is_true(asked.peer.pid > 0)
        assert.is_nil(asked.peer.address)
      end)

      it("takes a list of users only where it holds for everybody who connects", function()
        assert.has_error(function() loop:serve { http = echo, allowed_uids = { 0 } } end)
        assert.has_error(function() loop:serve { socket = path, http = echo, websocket = {}, allowed_uids = { 0 } } end)
      end)

      it("answers 403 to a user that is not listed (D29, D32)", function()
        serve(echo, { socket = path, allowed_uids = { 12345 } })
        assert.equal(403, (request { socket = path }))
        assert.is_nil(asked)
      end)

      it("serves a user that is listed", function()
        local me = lfs.attributes(folder, "uid")
        serve(echo, { socket = path, allowed_uids = { 12345, me } })
        assert.equal(200, (request { socket = path }))
      end)

      it("makes the file for its owner only and removes it at close", function()
        serve(echo, { socket = path })
        assert.equal("rw-------", lfs.attributes(path, "permissions"))
        server:close()
        assert.is_nil(lfs.attributes(path))
        local _, _, code = request { socket = path }
        assert.equal("not_connected", code)
      end)

      it("removes the file when the loop closes", function()
        serve(echo, { socket = path })
        loop:close()
        assert.is_nil(lfs.attributes(path))
      end)

      it("is busy when somebody listens there", function()
        serve(echo, { socket = path })
        local second, message, code = loop:serve { socket = path, http = echo }
        assert.is_nil(second)
        assert.equal("busy", code)
        assert.matches(path, message, 1, true)
        assert.equal(200, (request { socket = path }))
      end)

      it("replaces a stale file", function()
        support.shell(loop, ([[exec perl -MSocket -e 'socket S, AF_UNIX, SOCK_STREAM, 0; bind S, sockaddr_un("%s")']])
          :format(path))
        assert.equal("socket", lfs.attributes(path, "mode"))
        serve(echo, { socket = path })
        assert.equal(200, (request { socket = path }))
      end)

      it("leaves a file alone that is no socket", function()
        io.open(path, "w"):close()
        assert.equal("exists", select(3, loop:serve { socket = path, http = echo }))
        assert.equal("file", lfs.attributes(path, "mode"))
      end)

      it("leaves a file alone that another daemon has made since", function()
        serve(echo, { socket = path })
        os.rename(path, path .. ".old")
        io.open(path, "w"):close()
        server:close()
        assert.equal("file", lfs.attributes(path, "mode"))
      end)

      it("says which folder is missing and which path is too long", function()
        assert.equal("not_found", select(3, loop:serve { socket = folder .. "/none/admin", http = echo }))
        local long = "/tmp/" .. ("x"):rep(103)
        assert.equal("config_invalid", select(3, loop:serve { socket = long, http = echo }))
        assert.equal("config_invalid", select(3, request { socket = long }))
        long = long:sub(1, -2)
        serve(echo, { socket = long })
        assert.equal(200, (request { socket = long }))
      end)
    end)
  end)
end

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
