-- Payloads by URI: when a broker does not try any more.
local line <const> = require "broker.line"

describe("teep.broker fetch", function()
  describe("ends for good", function()
    it("when the device refuses the bytes, whatever the line makes of it", function()
      local function full() return nil, "the device is full", "no_space" end
      local careless = {
        passing = function(_, _, sink) return sink "x" end,
        silent = function(_, _, sink) return sink "x" and nil, "lost", "not_connected" end,
        deaf = function(_, _, sink) return sink "x" or true end,
      }
      for _, attempt in pairs(careless) do
        local attempts = 0
        line.fails("no_space", "the device is full", line.broker{ download = function(...)
          attempts = attempts + 1
          return attempt(...)
        end }, full)
        assert.equal(1, attempts)
      end
    end)

    it("and gives the device nothing more after it refused", function()
      local calls = 0
      line.fails("no_space", "full", line.broker{ download = function(_, _, sink)
        return sink "x" or sink "y"
      end }, function()
        calls = calls + 1
        return nil, "full", "no_space"
      end)
      assert.equal(1, calls)
    end)

    it("at one byte more than the limit, and not at the limit", function()
      local got = line.device()
      assert.is_true(line.broker{ download = line.new({}).download, limits = { fetch_size = 10 } }:fetch(line.URI, 0, got.sink))
      assert.equal(line.PAYLOAD, got.bytes)
      got = line.device()
      line.fails("too_large", "the payload exceeds 9 bytes",
        line.broker{ download = line.new({}).download, limits = { fetch_size = 9 } }, got.sink)
      assert.equal("012345678", got.bytes)
    end)

    it("at the limit of bytes however many attempts bring them", function()
      local path = line.new { 6 }
      line.fails("too_large", "exceeds 9 bytes", line.broker{ download = path.download, limits = { fetch_size = 9 } })
      assert.same({ 0, 6 }, path.offsets)
    end)

    it("at one attempt more than the limit, and not at the limit", function()
      local path = line.new { 1, 1 }
      local one = line.broker{ download = path.download, limits = { fetch_attempts = 3 } }
      assert.is_true(one:fetch(line.URI, 0, line.device().sink))
      path = line.new { 1, 1 }
      line.fails("limit_reached", "2 attempts, the last: reset by peer",
        line.broker{ download = path.download, limits = { fetch_attempts = 2 } })
      assert.same({ 0, 1 }, path.offsets)
    end)

    -- A line that brings a byte every 10 seconds, `broken` after each; the clock and the broker behind it.
    local function slow(broken, given)
      local now = 1000
      local options = { clock = function() return now end, sleep = function(seconds) now = now + seconds end,
        download = function(_, offset, sink)
          for position = offset + 1, #line.PAYLOAD do
            now = now + 10
            local ok, message, code = sink(line.PAYLOAD:sub(position, position))
            if not ok then return nil, message, code end
            if broken and position < #line.PAYLOAD then return nil, "reset", "not_connected" end
          end
          return true
        end }
      for name, value in pairs(given) do options[name] = value or nil end
      return line.broker(options)
    end

    it("at one second more than the limit, in the middle of an attempt, and not at the limit (D3)", function()
      local got = line.device()
      assert.is_true(slow(false, { limits = { fetch_time = 100 } }):fetch(line.URI, 0, got.sink))
      assert.equal(line.PAYLOAD, got.bytes)
      got = line.device()
      line.fails("timed_out", "9 bytes in 99 seconds, no more time", slow(false, { limits = { fetch_time = 99 } }), got.sink)
      assert.equal("012345678", got.bytes)
    end)

    it("at the limit of time however many attempts there were, waits included (D3)", function()
      assert.is_true(slow(true, { limits = { fetch_time = 109 } }):fetch(line.URI, 0, line.device().sink))
      line.fails("timed_out", "9 bytes in 108 seconds", slow(true, { limits = { fetch_time = 108 } }))
      line.fails("timed_out", "1 bytes in 10 seconds", slow(true, { limits = { fetch_time = 10 } }))
    end)

    it("at no time without a clock", function()
      assert.is_true(slow(false, { clock = false, limits = { fetch_time = 1 } }):fetch(line.URI, 0, line.device().sink))
    end)

    it("without a way to download", function() line.fails("unsupported", "fetches no payloads", line.broker{}) end)
  end)
end)
