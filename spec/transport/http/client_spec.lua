-- What a client makes of servers, careless ones included.
local pair <const> = require "transport.pair"
local support <const> = require "transport.support"

for _, engine in ipairs { "ev", "poll" } do
  describe("HTTP on " .. engine, function()
    local here
    before_each(function() here = pair.new(engine) end)
    after_each(function() here.loop:close() end)

    it("does not follow redirects", function()
      here:serve_http(function(given) given:respond { status = 302, headers = { Location = "http://127.0.0.1:1/" } } end)
      local status, _, headers = here:request {}
      assert.equal(302, status)
      assert.equal("http://127.0.0.1:1/", headers.location)
    end)

    for name, sent in pairs {
      nothing = "", ["half a header"] = "HTTP/1.1 200 OK\r\nContent-Le",
      ["half a body"] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
      ["half a chunk"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
    } do
      it("fails as not_connected when the server closes after " .. name, function()
        local process = support.careless_server(sent)
        local status, _, code = here:request { address = "127.0.0.1", port = process:read "n" }
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
        local status, body = here:request { address = "127.0.0.1", port = process:read "n" }
        process:close()
        assert.equal(200, status)
        assert.equal("whole", body)
      end
    end)

    it("fails as too_large at limit + 1 bytes of answer", function()
      here:serve_http(function(given) given:respond { body = ("x"):rep(1000) } end)
      assert.equal(200, (here:request { limits = { message = 1000 } }))
      local status, _, code = here:request { limits = { message = 999 } }
      assert.is_nil(status)
      assert.equal("too_large", code)
    end)

    it("does not spin once a server has closed", function()
      here:serve_http(pair.echo)
      here:request {}
      here.server:close()
      local steps, over = support.count_steps(here.loop), false
      here.loop:timer(0.2, function() over = true end)
      support.wait(here.loop, function() return over end)
      assert.is_true(steps() < 5000)
    end)

    it("waits without end when told so", function()
      here:serve_http(function(given)
        here.loop:timer(0.05, function() given:respond {} end)
      end, { limits = { response = math.huge } })
      assert.equal(200, (here:request { timeout = math.huge }))
    end)

    it("fails as timed_out when nothing comes", function()
      here:serve_http(function() end)
      local status, _, code = here:request { timeout = 0.05 }
      assert.is_nil(status)
      assert.equal("timed_out", code)
    end)

    it("leaves http_proxy of the environment alone", function()
      here:serve_http(pair.echo)
      local script = ([[http_proxy=http://127.0.0.1:9 exec lua5.4 -e '
        package.path, package.cpath = %q, %q
        local loop = require "teep.transport".loop { engine = %q }
        loop:request { address = "127.0.0.1", port = %d, on_response = print, on_error = print }
        loop:run()']]):format(package.path, package.cpath, engine, here.server.port)
      assert.matches("^200", (support.shell(here.loop, script)))
    end)
  end)
end
