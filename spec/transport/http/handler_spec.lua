-- What a server makes of its handler: one that is late, silent, broken or careless.
local pair <const> = require "transport.pair"
local support <const> = require "transport.support"

for _, engine in ipairs { "ev", "poll" } do
  describe("HTTP on " .. engine, function()
    local here
    before_each(function() here = pair.new(engine) end)
    after_each(function() here.loop:close() end)

    it("lets the handler answer later", function()
      here:serve_http(function(given)
        here.loop:timer(0.05, function() given:respond { body = "late " .. given.body } end)
      end)
      local status, body = here:request { method = "POST", body = "content" }
      assert.equal(200, status)
      assert.equal("late content", body)
    end)

    it("lets the handler answer an empty POST later", function()
      here:serve_http(function(given) here.loop:timer(0.05, function() given:respond { status = 204 } end) end)
      assert.equal(204, (here:request { method = "POST" }))
      assert.equal(204, (here:request { method = "PUT" }))
    end)

    it("ignores the late answer to a peer that is gone", function()
      local result
      here:serve_http(function(given)
        here.loop:timer(0.3, function() result = table.pack(given:respond { body = "late" }) end)
      end)
      local status, _, code = here:request { timeout = 0.1 }
      assert.is_nil(status)
      assert.equal("timed_out", code)
      support.wait(here.loop, function() return result end)
      support.wait(here.loop, function() return here.server:count() == 0 end)
    end)

    it("answers 503 for a handler that never answers", function()
      here:serve_http(function() end, { limits = { response = 0.1 } })
      assert.same({ 503, "", { content_length = "0", retry_after = "5" } }, { here:request {} })
      assert.equal("not_connected", select(3, here.asked:respond {}))
    end)

    it("adds Retry-After to a 503 of the handler that does not say, and to nothing else", function()
      local function field(status, headers)
        here:serve_http(function(given) given:respond { status = status, headers = headers } end)
        return select(3, here:request {}).retry_after
      end
      assert.equal("5", field(503))
      assert.equal("7", field(503, { ["Retry-After"] = "7" }))
      assert.equal("7", field(503, { ["retry-after"] = "7" }))
      assert.is_nil(field(500))
    end)

    it("answers 500 for a handler that throws, reports it and goes on", function()
      local reported
      here.loop.on_error = function(message) reported = message end
      here:serve_http(function(given)
        if given.path == "/throw" then error "what a mess" end
        given:respond {}
      end)
      assert.equal(500, (here:request { path = "/throw" }))
      assert.matches("what a mess", reported)
      assert.equal(200, (here:request {}))
    end)

    it("throws when a request is answered twice", function()
      local good
      here:serve_http(function(given)
        given:respond {}
        good = pcall(given.respond, given, {})
      end)
      here:request {}
      assert.is_false(good)
    end)

    it("refuses header fields with line ends (D29)", function()
      here:serve_http(function(given)
        for name, value in pairs { ["X-A"] = "b\r\nX-C: d", ["X\r\n"] = "a", ["X:"] = "a", [""] = "a" } do
          assert.has_error(function() given:respond { headers = { [name] = value } } end)
        end
        given:respond {}
      end)
      assert.equal(200, (here:request {}))
      assert.has_error(function() here:request { headers = { A = "b\nC: d" } } end)
    end)
  end)
end
