-- Connections over TLS: what they carry, what is refused, versions and cipher suites.
local secure <const> = require "transport.secure"
local support <const> = require "transport.support"

for _, engine in ipairs { "ev", "poll" } do
  describe("TLS on " .. engine, function()
    local here
    before_each(function() here = secure.new(engine) end)
    after_each(function() here.loop:close() end)

    local function serve(...) return secure.serve(here, ...) end
    local function exchange(...) return secure.exchange(here, ...) end

    it("refuses a server that speaks no TLS", function()
      serve(nil)
      local tls = { authorities = secure.fixtures .. "root.pem" }
      for _, outcome in ipairs { table.pack(here:request { tls = tls }), table.pack(exchange("wss://127.0.0.1", tls)) } do
        assert.is_nil(outcome[1])
        assert.equal("tls_failed", outcome[3])
        assert.matches("no TLS with the server", outcome[2])
      end
      assert.equal(0, here.asked + here.heard)
      assert.equal(200, (here:request {}))
    end)

    it("fails as not_connected where nobody listens", function()
      serve("good"):close()
      assert.equal("not_connected", select(3, here:request { tls = secure.root }))
    end)

    it("drops a client that speaks no TLS, and serves the next one", function()
      serve "good"
      assert.equal("not_connected", select(3, here:request {}))
      local _, message, code = exchange "ws://127.0.0.1"
      assert.equal("not_connected", code, message)
      assert.equal(0, here.asked + here.heard)
      assert.equal(200, (here:request { tls = secure.root }))
    end)

    it("drops a client that stalls in the TLS handshake (D3)", function()
      serve("good", { limits = { handshake = 0.1 } })
      assert.equal("", (support.raw(here.loop, here.server.port, { "\x16\x03\x01\x02\x00" })))
      assert.equal("", (support.raw(here.loop, here.server.port, { "" })))
      support.wait(here.loop, function() return here.server:count() == 0 end)
    end)

    it("counts a connection in its TLS handshake", function()
      serve("good", { limits = { connections = 1 } })
      local first, counted
      local process = io.popen(("exec timeout 10 bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d; read <&3'"):format(here.server.port))
      support.wait(here.loop, function() return here.server:count() == 1 end)
      first, counted = here:request { tls = secure.root }, here.server:count()
      assert.is_nil(first)
      assert.equal(1, counted)
      here.server:close()
      here.loop:close()
      process:close()
    end)

    for _, size in ipairs { 0, 1, 5000, 100000 } do
      it(("carries %d bytes there and back (T-148)"):format(size), function()
        serve "good"
        local content = ("0123456789abcdef"):rep(size // 16 + 1):sub(1, size)
        local status, body = here:request { tls = secure.root, method = "POST", body = content }
        assert.equal(200, status, body)
        assert.is_true(body == content)
        assert.is_true(exchange("wss://127.0.0.1", secure.root, content) == content)
      end)
    end

    it("serves with several certificates and without any in one loop", function()
      local servers = { serve "good", serve "chain", serve "names", serve(nil) }
      for i, outcome in ipairs { 200, 200, false, false } do
        here.server = servers[i]
        assert.equal(outcome, here:request { tls = secure.root } or false)
        here.server = servers[i]
      end
      assert.equal(200, (here:request {}))
      servers[1]:close()
      here.server = servers[2]
      assert.equal("hello", (exchange("wss://localhost", secure.root)))
    end)

    -- Send a shell script's output through TLS; returns what the server sends until it closes.
    local function raw(script)
      return (support.shell(here.loop, ("{ %s } | timeout 5 openssl s_client -quiet -verify_quiet -connect 127.0.0.1:%d")
        :format(script, here.server.port)))
    end

    it("takes content in every request that follows the answer to the one before", function()
      serve("good", { limits = { keepalive = 1 } })
      local post = [[printf 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s'; sleep 0.2;]]
      local answer = raw(post:format(3, "abc") .. post:format(0, "") .. post:format(2, "de"))
      local _, answers = answer:gsub("HTTP/1.1 200", "")
      assert.equal(3, answers)
      assert.matches("abcHTTP.*de$", answer)
    end)

    it("hangs up on content behind another request", function()
      serve "good"
      local post = [[POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc]]
      local _, answers = raw(("printf '%s%s'; sleep 1;"):format(post, post)):gsub("HTTP/1.1 200", "")
      assert.equal(1, answers)
      assert.equal(1, here.asked)
    end)

    for host, sent in pairs { localhost = true, ["127.0.0.1"] = false } do
      it(("sends %s server name to %s (RFC 6066)"):format(sent and "the" or "no", host), function()
        local process = assert(io.popen(("exec timeout 10 openssl s_server -accept 127.0.0.1:0 -naccept 1 -www" ..
          " -tlsextdebug -cert %sgood.pem -key %sgood.key 2>&1"):format(secure.fixtures, secure.fixtures)))
        local port
        repeat port = process:read "l":match "^ACCEPT.*:(%d+)$" until port
        assert.equal(200, (here:request { address = host, port = tonumber(port), tls = secure.root }))
        assert.equal(sent, process:read "a":find("server name", 1, true) ~= nil)
        process:close()
      end)
    end

    for name, version in pairs { ["TLS 1.2"] = "-tls1_2", ["TLS 1.3"] = "-tls1_3" } do
      it("speaks " .. name, function()
        serve "good"
        local out = support.shell(here.loop, ([[printf 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
          timeout 5 openssl s_client -quiet -verify_quiet %s -connect 127.0.0.1:%d 2>&1]]):format(version, here.server.port))
        assert.matches("HTTP/1.1 200", out)
      end)
    end

    for name, options in pairs {
      ["TLS 1.1"] = "-tls1_1 -cipher ALL:@SECLEVEL=0", ["TLS 1.0"] = "-tls1 -cipher ALL:@SECLEVEL=0",
      ["CBC"] = "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256",
      ["RSA key exchange"] = "-tls1_2 -cipher kRSA", ["DHE"] = "-tls1_2 -cipher kDHE",
      ["NULL"] = "-tls1_2 -cipher NULL:@SECLEVEL=0",
    } do
      it("does not speak " .. name .. " (RFC 9325)", function()
        serve "good"
        local out = support.shell(here.loop, ("timeout 5 openssl s_client %s -connect 127.0.0.1:%d 2>&1")
          :format(options, here.server.port))
        assert.matches("alert", out)
      end)
    end
  end)
end
