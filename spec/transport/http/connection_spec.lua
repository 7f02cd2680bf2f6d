-- What a server makes of a connection: several requests, content in pieces, peers that leave or misbehave.
local pair <const> = require "transport.pair"
local support <const> = require "transport.support"

for _, engine in ipairs { "ev", "poll" } do
  describe("HTTP on " .. engine, function()
    local here
    before_each(function() here = pair.new(engine) end)
    after_each(function() here.loop:close() end)

    -- libwebsockets 4.3 takes what was read together with content for content: the answer is the last.
    local function is_last(answer, body)
      return answer == ("HTTP/1.1 200 \r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(#body, body)
    end

    it("drops what is not HTTP", function()
      here:serve_http(pair.echo)
      assert.is_nil((here:raw "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"))
      assert.is_nil((here:raw "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n"))
      assert.is_nil(here.asked)
    end)

    it("serves several requests on one connection, pipelined ones too", function()
      here:serve_http(function(given) given:respond { body = given.path } end, { limits = { keepalive = 0.5 } })
      local one = "POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
      local two = "GET /two HTTP/1.1\r\nHost: x\r\n\r\n"
      local _, answer = here:raw(one, two)
      assert.matches("/one.*HTTP/1.1 200.*/two", answer)
      _, answer = here:raw(two .. two .. two)
      assert.matches("/two.*/two.*/two", answer)
      _, answer = here:raw(one .. two .. two)
      assert.is_truthy(is_last(answer, "/one") or answer:match "/one.*/two.*/two", answer)
    end)

    it("takes content in every request that follows the answer to the one before, however it arrives", function()
      here:serve_http(pair.echo, { limits = { keepalive = 1 } })
      local post, pieces = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", {}
      for _, size in ipairs { 1, 3000, 0, 2 } do
        pieces[#pieces + 1] = post:format(size, ("x"):rep(size))
        pieces[#pieces + 1] = true
      end
      for piece in post:format(3, "abc"):gmatch ".?.?.?.?.?.?.?" do pieces[#pieces + 1] = piece ~= "" and piece or nil end
      local _, answer = here:raw(table.unpack(pieces))
      local _, answers = answer:gsub("HTTP/1.1 200", "")
      assert.equal(5, answers)
      assert.matches("abc$", answer)
    end)

    it("answers a peer that has sent all it will ever send", function()
      here:serve_http(pair.echo)
      local answer = support.shell(here.loop, ([[exec perl -MIO::Socket -e '
        my $peer = IO::Socket::INET->new("127.0.0.1:%d") or die;
        print $peer "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
        shutdown $peer, 1;
        print while <$peer>']]):format(here.server.port))
      assert.matches("\r\n\r\nab$", answer)
    end)

    it("closes a unix socket after the answer: nobody could tell what was read from it", function()
      local path = os.tmpname()
      os.remove(path)
      here:serve_http(pair.echo, { socket = path })
      local answer = support.shell(here.loop, ([[exec perl -MIO::Socket::UNIX -e '
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
      here:serve_http(pair.echo)
      assert.equal(200, (here:raw "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
      assert.equal(200, (here:raw "GET / HTTP/1.0\r\n\r\n"))
    end)

    it("lets the handler answer later while the peer sends the next request, and does not spin", function()
      here:serve_http(function(given)
        here.loop:timer(0.3, function() given:respond { body = given.path } end)
      end, { limits = { keepalive = 0.5 } })
      local get = "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
      local steps = support.count_steps(here.loop)
      local _, answer = here:raw(get:format "one", get:format "two")
      assert.matches("/one.*/two", answer)
      _, answer = here:raw("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", get:format "b")
      assert.matches("/a.*/b", answer)
      assert.is_true(steps() < 5000)
    end)

    it("gives up a peer that sends the next request together with one that takes time, and does not spin", function()
      here:serve_http(function(given)
        here.loop:timer(0.3, function() given:respond { body = given.path } end)
      end)
      local get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
      local steps = support.count_steps(here.loop)
      assert.is_nil((here:raw(get .. get)))
      local _, answer = here:raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx" .. get)
      assert.is_true(answer == "" or is_last(answer, "/"), answer)
      assert.is_true(steps() < 5000)
    end)

    it("drops a peer that sends its body too slowly (D3)", function()
      here:serve_http(pair.echo, { limits = { message_time = 0.1 } })
      assert.is_nil((here:raw "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"))
      assert.is_nil(here.asked)
    end)

    it("answers what is in work when the server closes, then is gone", function()
      here:serve_http(function(given)
        here.server:close()
        here.loop:timer(0.05, function() given:respond {} end)
      end)
      assert.equal(200, (here:request {}))
      assert.equal("not_connected", select(3, here:request {}))
    end)
  end)
end
