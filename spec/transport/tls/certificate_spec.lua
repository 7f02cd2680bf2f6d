-- Which certificates a client takes, and with which files a server starts.
local secure <const> = require "transport.secure"
local transport <const> = require "teep.transport"

for _, engine in ipairs { "ev", "poll" } do
  describe("TLS on " .. engine, function()
    local here
    before_each(function() here = secure.new(engine) end)
    after_each(function() here.loop:close() end)

    local function serve(...) return secure.serve(here, ...) end
    local function exchange(...) return secure.exchange(here, ...) end

    -- Over both protocols; the server must not have been asked anything.
    local function refused(pattern, code, tls, host)
      host = host or "127.0.0.1"
      for _, outcome in ipairs {
        table.pack(here:request { tls = tls, address = host }),
        table.pack(exchange("wss://" .. (host:find ":" and "[" .. host .. "]" or host), tls)),
      } do
        assert.is_nil(outcome[1])
        assert.equal(code, outcome[3], outcome[2])
        assert.matches(pattern, outcome[2])
      end
      assert.equal(0, here.asked + here.heard)
    end

    it("refuses a server that has no certificate of an authority known (T-137, T-149)", function()
      serve "good"
      refused("unknown authority", "tls_failed", { authorities = secure.fixtures .. "stranger.pem" })
    end)

    it("trusts the authorities of the system when told no others", function()
      serve "good"
      refused("unknown authority", "tls_failed", {})
    end)

    it("refuses a certificate that has expired", function()
      serve "expired"
      refused("expired", "tls_failed", secure.root)
    end)

    it("refuses a certificate that is not yet valid", function()
      serve "future"
      refused("not yet valid", "tls_failed", secure.root)
    end)

    it("tells the server that it has expired or is not yet valid", function()
      assert.equal("expired on 2021-01-01T00:00:00Z", serve("expired"):certificate_flaw())
      assert.equal("is not valid before 2100-01-01T00:00:00Z", serve("future"):certificate_flaw())
      assert.is_nil(serve("good"):certificate_flaw())
    end)

    it("refuses a certificate for another name or address (T-137, T-149)", function()
      serve "names"
      refused("not for 127%.0%.0%.1", "tls_failed", secure.root)
      serve("names", { address = "::1" })
      refused("not for ::1", "tls_failed", secure.root, "::1")
    end)

    it("takes no name from the subject where alternative names are given", function()
      serve "localhost"
      refused("not for localhost", "tls_failed", secure.root, "localhost")
    end)

    it("goes on refusing after a good connection: nothing is remembered", function()
      serve "good"
      assert.equal(200, (here:request { tls = secure.root }))
      here.asked = 0
      refused("unknown authority", "tls_failed", { authorities = secure.fixtures .. "stranger.pem" })
    end)

    it("says which file of authorities is missing or unfit", function()
      serve "good"
      for path, problem in pairs { ["none.pem"] = "No such file", ["good.key"] = "no certificate" } do
        refused(path .. ": " .. problem, "config_invalid", { authorities = secure.fixtures .. path })
      end
    end)

    it("verifies names, and addresses of IPv4 and IPv6", function()
      serve "good"
      assert.equal("hello", (exchange("wss://localhost", secure.root)))
      assert.equal("hello", (exchange("wss://127.0.0.1", secure.root)))
      assert.equal(200, (here:request { address = "localhost", tls = secure.root }))
      serve("good", { address = "::1" })
      assert.equal("hello", (exchange("wss://[::1]", secure.root)))
    end)

    it("sends the chain that follows the certificate", function()
      serve "chain"
      assert.equal(200, (here:request { tls = secure.root }))
    end)

    it("reads a file of authorities again that has changed", function()
      local path = os.tmpname()
      serve "good"
      assert(os.execute(("cp %sstranger.pem %s"):format(secure.fixtures, path)))
      assert.equal("tls_failed", select(3, here:request { tls = { authorities = path } }))
      assert(os.execute(("cp %sroot.pem %s"):format(secure.fixtures, path)))
      assert.equal(200, (here:request { tls = { authorities = path } }))
      os.remove(path)
    end)
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
        http = print, tls = { certificate = secure.fixtures .. given[1], key = secure.fixtures .. given[2] },
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
      { tls = secure.files "good", socket = "/tmp/x" },
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
