local support = require "transport.support"
local transport = require "teep.transport"

local fixtures <const> = "spec/fixtures/tls/"

local function pair(name) return { certificate = fixtures .. name .. ".pem", key = fixtures .. name .. ".key" } end

for _, engine in ipairs { "ev", "poll" } do
  describe("TLS on " .. engine, function()
    local loop, server, asked, heard

    local function serve(name, extra)
      local options = {
        tls = name and pair(name),
        http = function(request)
          asked = asked + 1
          request:respond { body = request.body }
        end,
        websocket = { on_message = function(connection, bytes)
          heard = heard + 1
          connection:send(bytes)
        end },
      }
      for field, value in pairs(extra or {}) do options[field] = value end
      server = assert(loop:serve(options))
      return server
    end

    -- Status and body, or nil, message and code.
    local function request(given)
      local outcome
      given.address, given.port = given.address or "127.0.0.1", given.port or server.port
      given.on_response = function(status, _, body) outcome = { status, body } end
      given.on_error = function(message, code) outcome = { nil, message, code } end
      loop:request(given)
      support.wait(loop, function() return outcome end)
      return table.unpack(outcome, 1, 3)
    end

    -- What a WebSocket answers to a message, or nil, message and code.
    local function exchange(host, tls, message)
      local outcome
      local connection = assert(loop:connect {
        uri = ("%s:%d/teep"):format(host, server.port), tls = tls,
        on_open = function(opened) opened:send(message or "hello") end,
        on_message = function(opened, bytes)
          outcome = { bytes }
          opened:close()
        end,
        on_error = function(text, code) outcome = { nil, text, code } end,
        on_close = function(_, code) outcome = outcome or { nil, "closed", code } end,
      })
      support.wait(loop, function() return outcome end)
      connection:close()
      return table.unpack(outcome, 1, 3)
    end

    local root <const> = { authorities = fixtures .. "root.pem" }

    before_each(function() loop, asked, heard = assert(transport.loop { engine = engine }), 0, 0 end)
    after_each(function() loop:close() end)

    -- Over both protocols; the server must not have been asked anything.
    local function refused(pattern, code, tls, host)
      host = host or "127.0.0.1"
      for _, outcome in ipairs {
        table.pack(request { tls = tls, address = host }),
        table.pack(exchange("wss://" .. (host:find ":" and "[" .. host .. "]" or host), tls)),
      } do
        assert.is_nil(outcome[1])
        assert.equal(code, outcome[3], outcome[2])
        assert.matches(pattern, outcome[2])
      end
      assert.equal(0, asked + heard)
    end

    it("refuses a server that has no certificate of an authority known (T-137, T-149)", function()
      serve "good"
      refused("unknown authority", "tls_failed", { authorities = fixtures .. "stranger.pem" })
    end)

    it("trusts the authorities of the system when told no others", function()
      serve "good"
      refused("unknown authority", "tls_failed", {})
    end)

    it("refuses a certificate that has expired", function()
      serve "expired"
      refused("expired", "tls_failed", root)
    end)

    it("refuses a certificate that is not yet valid", function()
      serve "future"
      refused("not yet valid", "tls_failed", root)
    end)

    it("tells the server that it has expired or is not yet valid", function()
      assert.equal("expired on 2021-01-01T00:00:00Z", serve("expired"):certificate_flaw())
      assert.equal("is not valid before 2100-01-01T00:00:00Z", serve("future"):certificate_flaw())
      assert.is_nil(serve("good"):certificate_flaw())
    end)

    it("refuses a certificate for another name or address (T-137, T-149)", function()
      serve "names"
      refused("not for 127%.0%.0%.1", "tls_failed", root)
      serve("names", { address = "::1" })
      refused("not for ::1", "tls_failed", root, "::1")
    end)

    it("takes no name from the subject where alternative names are given", function()
      serve "localhost"
      refused("not for localhost", "tls_failed", root, "localhost")
    end)

    it("goes on refusing after a good connection: nothing is remembered", function()
      serve "good"
      assert.equal(200, (request { tls = root }))
      asked = 0
      refused("unknown authority", "tls_failed", { authorities = fixtures .. "stranger.pem" })
    end)

    it("says which file of authorities is missing or unfit", function()
      serve "good"
      for path, problem in pairs { ["none.pem"] = "No such file", ["good.key"] = "no certificate" } do
        refused(path .. ": " .. problem, "config_invalid", { authorities = fixtures .. path })
      end
    end)

    it("refuses a server that speaks no TLS", function()
      serve(nil)
      local tls = { authorities = fixtures .. "root.pem" }
      for _, outcome in ipairs { table.pack(request { tls = tls }), table.pack(exchange("wss://127.0.0.1", tls)) } do
        assert.is_nil(outcome[1])
        assert.equal("tls_failed", outcome[3])
        assert.matches("no TLS with the server", outcome[2])
      end
      assert.equal(0, asked + heard)
      assert.equal(200, (request {}))
    end)

    it("fails as not_connected where nobody listens", function()
      serve("good"):close()
      assert.equal("not_connected", select(3, request { tls = root }))
    end)

    it("drops a client that speaks no TLS, and serves the next one", function()
      serve "good"
      assert.equal("not_connected", select(3, request {}))
      local _, message, code = exchange "ws://127.0.0.1"
      assert.equal("not_connected", code, message)
      assert.equal(0, asked + heard)
      assert.equal(200, (request { tls = root }))
    end)

    it("drops a client that stalls in the TLS handshake (D3)", function()
      serve("good", { limits = { handshake = 0.1 } })
      assert.equal("", (support.raw(loop, server.port, { "\x16\x03\x01\x02\x00" })))
      assert.equal("", (support.raw(loop, server.port, { "" })))
      support.wait(loop, function() return server:count() == 0 end)
    end)

    it("counts a connection in its TLS handshake", function()
      serve("good", { limits = { connections = 1 } })
      local first, counted
      local process = io.popen(("exec timeout 10 bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d; read <&3'"):format(server.port))
      support.wait(loop, function() return server:count() == 1 end)
      first, counted = request { tls = root }, server:count()
      assert.is_nil(first)
      assert.equal(1, counted)
      server:close()
      loop:close()
      process:close()
    end)

    for _, size in ipairs { 0, 1, 5000, 100000 } do
      it(("carries %d bytes there and back (T-148)"):format(size), function()
        serve "good"
        local content = ("0123456789abcdef"):rep(size // 16 + 1):sub(1, size)
        local status, body = request { tls = root, method = "POST", body = content }
        assert.equal(200, status, body)
        assert.is_true(body == content)
        assert.is_true(exchange("wss://127.0.0.1", root, content) == content)
      end)
    end

    it("verifies names, and addresses of IPv4 and IPv6", function()
      serve "good"
      assert.equal("hello", (exchange("wss://localhost", root)))
      assert.equal("hello", (exchange("wss://127.0.0.1", root)))
      assert.equal(200, (request { address = "localhost", tls = root }))
      serve("good", { address = "::1" })
      assert.equal("hello", (exchange("wss://[::1]", root)))
    end)

    it("sends the chain that follows the certificate", function()
      serve "chain"
      assert.equal(200, (request { tls = root }))
    end)

    it("serves with several certificates and without any in one loop", function()
      local servers = { serve "good", serve "chain", serve "names", serve(nil) }
      for i, outcome in ipairs { 200, 200, false, false } do
        server = servers[i]
        assert.equal(outcome, request { tls = root } or false)
        server = servers[i]
      end
      assert.equal(200, (request {}))
      servers[1]:close()
      server = servers[2]
      assert.equal("hello", (exchange("wss://localhost", root)))
    end)

    it("reads a file of authorities again that has changed", function()
      local path = os.tmpname()
      serve "good"
      assert(os.execute(("cp %sstranger.pem %s"):format(fixtures, path)))
      assert.equal("tls_failed", select(3, request { tls = { authorities = path } }))
      assert(os.execute(("cp %sroot.pem %s"):format(fixtures, path)))
      assert.equal(200, (request { tls = { authorities = path } }))
      os.remove(path)
    end)

    -- Send a shell script's output through TLS; returns what the server sends until it closes.
    local function raw(script)
      return (support.shell(loop, ("{ %s } | timeout 5 openssl s_client -quiet -verify_quiet -connect 127.0.0.1:%d")
        :format(script, server.port)))
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
      assert.equal(1, asked)
    end)

    for host, sent in pairs { localhost = true, ["127.0.0.1"] = false } do
      it(("sends %s server name to %s (RFC 6066)"):format(sent and "the" or "no", host), function()
        local process = assert(io.popen(("exec timeout 10 openssl s_server -accept 127.0.0.1:0 -naccept 1 -www" ..
          " -tlsextdebug -cert %sgood.pem -key %sgood.key 2>&1"):format(fixtures, fixtures)))
        local port
        repeat port = process:read "l":match "^ACCEPT.*:(%d+)$" until port
        assert.equal(200, (request { address = host, port = tonumber(port), tls = root }))
        assert.equal(sent, process:read "a":find("server name", 1, true) ~= nil)
        process:close()
      end)
    end

    for name, version in pairs { ["TLS 1.2"] = "-tls1_2", ["TLS 1.3"] = "-tls1_3" } do
      it("speaks " .. name, function()
        serve "good"
        local out = support.shell(loop, ([[printf 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
          timeout 5 openssl s_client -quiet -verify_quiet %s -connect 127.0.0.1:%d 2>&1]]):format(version, server.port))
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
        local out = support.shell(loop, ("timeout 5 openssl s_client %s -connect 127.0.0.1:%d 2>&1")
          :format(options, server.port))
        assert.matches("alert", out)
      end)
    end
  end)
end

describe("a server with TLS", function()
  local loop
  before_each(function() loop = assert(transport.loop {}) end)
  after_each(function() loop:close() end)

  for problem, given in pairs {
    ["none.pem: No such file"] = { "none.pem", "good.key" }, ["none.key: No such file"] = { "good.pem", "none.key" },
    ["good.key: no usable certificate"] = { "good.key", "good.key" },
    ["good.pem: no private key"] = { "good.pem", "good.pem" },
    ["encrypted.key: no private key in PEM without passphrase"] = { "good.pem", "encrypted.key" },
    ["names.key: not the key of the certificate in .*good.pem"] = { "good.pem", "names.key" },
  } do
    it("does not start: " .. problem, function()
      local server, message, code = loop:serve {
        http = print, tls = { certificate = fixtures .. given[1], key = fixtures .. given[2] },
      }
      assert.is_nil(server)
      assert.equal("config_invalid", code)
      assert.matches(problem, message)
      assert.is_false(loop:step())
    end)
  end

  it("throws at unknown and missing options", function()
    for _, options in ipairs {
      { tls = {} }, { tls = { certificate = "x" } }, { tls = { certificate = "x", key = "y", verify = false } },
      { tls = pair "good", socket = "/tmp/x" },
    } do
      options.http = print
      assert.has_error(function() loop:serve(options) end)
    end
    for _, tls in ipairs { { verify = false }, { authorities = 1 } } do
      assert.has_error(function() loop:connect { uri = "wss://localhost/", tls = tls } end)
      assert.has_error(function()
        loop:request { address = "localhost", tls = tls, on_response = print }
      end)
    end
  end)
end)
