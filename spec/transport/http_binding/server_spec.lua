-- TEEP over HTTP at the server: which requests it takes, and how it answers them.
local service <const> = require "transport.service"
local task <const> = require "teep.task"
local transport <const> = require "teep.transport"

describe("TEEP over HTTP", function()
  local here
  before_each(function() here = service.new "http" end)
  after_each(function() here.loop:close() end)

  describe("at the server", function()
    for _, method in ipairs { "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH" } do
      it("answers 405 with Allow to " .. method, function()
        here:serve(here.echo)
        local status, fields = here:raw(method, { Accept = service.media_type, ["Content-Length"] = 0 })
        assert.equal(405, status)
        assert.same({ "Allow: POST", "Content-Length: 0" }, fields)
      end)
    end

    it("answers 404 at other paths", function()
      here:serve(here.echo)
      for _, path in ipairs { "/", "/teep/", "/teepx", "/Teep" } do
        assert.equal(404, (here:raw("POST", { Accept = service.media_type, ["Content-Length"] = 0 }, "", path)), path)
      end
    end)

    it("answers 415 to content that is not TEEP (T-159)", function()
      here:serve(here.echo)
      assert.equal(415, (here:post("x", { ["Content-Type"] = false })))
      assert.equal(415, (here:post("x", { ["Content-Type"] = "text/plain" })))
      assert.equal(415, (here:post("x", { ["Content-Type"] = "application/cbor" })))
      assert.same({}, here.received)
      assert.equal(200, (here:post("x", { ["Content-Type"] = "Application/TEEP+cbor; v=1" })))
    end)

    it("answers 406 when TEEP is not acceptable, at start and later (T-160)", function()
      here:serve(here.echo)
      for _, accept in ipairs { "text/html", "application/teep+cbor;q=0, */*" } do
        assert.equal(406, (here:post("", { Accept = accept })))
        assert.equal(406, (here:post("x", { Accept = accept })))
      end
      assert.same({}, here.received)
      for _, accept in ipairs {
        false, "*/*", "application/*, text/html;q=0.5", "text/html\r\nAccept: application/teep+cbor",
      } do
        assert.equal(200, (here:post("", { Accept = accept })))
      end
    end)

    it("answers 413 at limit + 1 bytes (D3)", function()
      here:serve(here.echo, { message = 1000 })
      assert.equal(200, (here:post(("x"):rep(1000))))
      assert.equal(413, (here:post(("x"):rep(1001))))
      assert.equal(1, #here.received)
    end)

    it("starts a session at an empty POST, with exactly these fields (A-33, T-146, T-147, T-161, T-163)", function()
      here:serve(here.echo)
      local status, fields, body = here:post ""
      assert.equal(200, status)
      assert.same({
        "Content-Length: 13", "Content-Security-Policy: default-src 'none'",
        "Content-Type: application/teep+cbor", "Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff",
      }, fields)
      assert.equal("query-request", body)
    end)

    it("hands a message to the TAM and answers with its message (T-146, T-161, T-163)", function()
      here:serve(here.echo)
      local status, fields, body = here:post "query-response"
      assert.equal(200, status)
      assert.equal(5, #fields)
      assert.equal("re:query-response", body)
    end)

    it("answers 204 when there is nothing more, and to what was dropped, alike (T-074, T-162)", function()
      local drop = false
      here:serve {
        receive = function()
          if drop then return nil, "no signature", "bad_signature" end
        end,
        connect = function() return nil, "not today", "policy_denied" end,
      }
      local said = { here:post "one" }
      drop = true
      assert.same(said, { here:post "two" })
      assert.same(said, { here:post "" })
      assert.same({ 204, {}, "" }, said)
    end)

    it("answers 503 with Retry-After when the TAM cannot at present, 500 when it never will (T-164)", function()
      local code
      here:serve { receive = function() return nil, "flaw", code end, connect = function() return nil, "flaw", code end }
      for _, passing in ipairs { "busy", "store_failed", "io_failed", "no_space", "no_memory", "timed_out" } do
        code = passing
        for _, body in ipairs { "x", "" } do
          local status, fields = here:post(body)
          assert.equal(503, status)
          assert.same({ "Content-Length: 0", "Retry-After: 5" }, fields)
        end
      end
      for _, lasting in ipairs {
        "policy_failed", "hard_rule", "corrupt", "crypto_failed", "attestation_unsupported",
      } do
        code = lasting
        assert.same({ 500, { "Content-Length: 0" }, "" }, { here:post "x" })
      end
    end)

    it("answers 500 when the TAM throws, observes it, and serves on (T-164)", function()
      local broken = true
      here:serve {
        receive = function()
          if broken then error "store is gone" end
          return "fine"
        end,
      }
      assert.equal(500, (here:post "x"))
      assert.equal("failed", here.observed[1][1])
      assert.matches("store is gone", here.observed[1][2].message)
      assert.is_nil(here.observed[1][2].message:find "\n")
      broken = false
      assert.equal(200, (here:post "x"))
    end)

    it("lets the TAM wait, at the start of a session and later", function()
      local function later(bytes)
        return task.await(function(done) here.loop:timer(0.02, function() done(bytes) end) end)
      end
      here:serve { connect = function() return later "started" end, receive = function(_, _, bytes) return later(bytes) end }
      assert.equal("started", select(3, here:post ""))
      assert.equal("x", select(3, here:post "x"))
    end)

    it("gives each request a session of its own, with its peer", function()
      local sessions = {}
      here:serve {
        connect = function(_, session)
          table.insert(sessions, session)
          return session.transport .. " " .. session.peer.address
        end,
      }
      assert.equal("http 127.0.0.1", select(3, here:post ""))
      here:post ""
      assert.not_equal(sessions[1], sessions[2])
    end)

    it("tells its host every TEEP message, and no empty one", function()
      here:serve(here.echo)
      here:post ""
      here:post "a"
      assert.same({ "out query-request", "in a", "out re:a" }, here.noted)
    end)

    it("serves a WebSocket at the same port and path", function()
      here:serve(here.echo)
      local connection = assert(transport.connect(here.loop, ("ws://127.0.0.1:%d/teep"):format(here.server.port)))
      assert.equal("query-request", connection:exchange "")
      assert.equal("re:a", connection:exchange "a")
    end)
  end)
end)
