-- Payloads by URI: what status and events show of them, and what they keep to themselves.
local download <const> = require "teep.broker.download"
local line <const> = require "broker.line"

describe("teep.broker fetch", function()
  describe("shows people", function()
    for uri, shown in pairs {
      [line.URI] = line.SHOWN,
      ["https://host"] = "https://host",
      ["https://host?key=1"] = "https://host",
      ["https://host#key"] = "https://host",
      ["http://a@b:c@host:8080/x@y"] = "http://host:8080/x@y",
      ["coap://[::1]:5683/a"] = "coap://[::1]:5683/a",
      ["data:,secret"] = "data:...",
      ["secret"] = "...",
    } do
      it(shown .. " of " .. uri, function() assert.equal(shown, download.public(uri)) end)
    end

    it("the download under way, and none afterwards", function()
      local one
      one = line.broker{ download = function(_, _, sink)
        sink "0123"
        assert.same({ { uri = line.SHOWN, received = 4, attempts = 1 } }, one.downloads[1] and { one.downloads[1]:status() })
        return true
      end }
      assert.is_true(one:fetch(line.URI, 0, line.device().sink))
      assert.same({}, one.downloads)
    end)

    it("begin, failed attempts, waits and end, and no secret of the URI in any of them", function()
      local events = {}
      local failure = { line.URI .. ": GET /a/b.bin?key=hidden of user:secret@files.example: reset", "not_connected" }
      local one = line.broker{ download = line.new({ 3 }, failure).download,
        observe = function(event, details) table.insert(events, { event, details }) end }
      assert.is_true(one:fetch(line.URI, 0, line.device().sink))
      local reason = line.SHOWN .. ": GET /a/b.bin of files.example: reset"
      assert.same({
        { "fetch", { uri = line.SHOWN, state = "begun" } },
        { "fetch_failed", { uri = line.SHOWN, received = 3, code = "not_connected", reason = reason } },
        { "retry", { uri = line.SHOWN, attempt = 1, seconds = 1.0 } },
        { "fetch", { uri = line.SHOWN, state = "ended", received = 10, attempts = 2 } },
      }, events)
    end)

    it("why it failed in the end", function()
      local events = {}
      local path = line.new({ 0 }, { "http: not allowed", "denied" })
      line.fails("denied", "http: not allowed", line.broker{ download = path.download,
        observe = function(event, details) events[event] = details end })
      assert.same({ uri = line.SHOWN, state = "failed", received = 0, attempts = 1, message = "http: not allowed",
        code = "denied" }, events.fetch)
    end)
  end)
end)
