-- Payloads by URI, by the flow that a broker has of itself.
local line <const> = require "broker.line"

describe("teep.broker fetch", function()
  describe("by the default flow", function()
    it("goes on where a broken line stopped: no byte reaches the device twice", function()
      local path, got = line.new { 3, 4 }, line.device()
      assert.is_true(line.broker{ download = path.download }:fetch(line.URI, 0, got.sink))
      assert.same({ 0, 3, 7 }, path.offsets)
      assert.equal(line.PAYLOAD, got.bytes)
    end)

    it("begins at the offset asked for", function()
      local path, got = line.new { 2 }, line.device()
      assert.is_true(line.broker{ download = path.download }:fetch(line.URI, 5, got.sink))
      assert.same({ 5, 7 }, path.offsets)
      assert.equal("56789", got.bytes)
    end)

    it("gives up when nothing arrives, after growing waits, with the last reason (T-128)", function()
      local slept = {}
      line.fails("not_connected", "reset by peer", line.broker{ download = line.new({ 0, 0, 0, 0, 0, 0, 0 }).download,
        limits = { attempts = 4 }, sleep = function(seconds) slept[#slept + 1] = seconds end })
      assert.same({ 1.0, 2.0, 4.0 }, slept)
    end)

    it("counts anew whenever something has arrived", function()
      local path, slept = line.new { 0, 1, 0, 1, 0, 1 }, {}
      assert.is_true(line.broker{ download = path.download, limits = { attempts = 3 },
        sleep = function(seconds) slept[#slept + 1] = seconds end }:fetch(line.URI, 0, line.device().sink))
      assert.same({ 0, 0, 1, 1, 2, 2, 3 }, path.offsets)
      assert.same({ 1.0, 1.0, 2.0, 1.0, 2.0, 1.0 }, slept)
    end)

    it("does not try again what cannot succeed", function()
      for _, code in ipairs{ "payload_not_found", "denied", "unsupported", "config_invalid", "too_large", "refused" } do
        local path = line.new({ 0 }, { "no", code })
        line.fails(code, "no", line.broker{ download = path.download })
        assert.equal(1, #path.offsets)
      end
    end)

    for _, code in ipairs{ "not_connected", "timed_out", "busy", "truncated" } do
      it("tries again after " .. code, function()
        local path = line.new({ 0 }, { "later", code })
        assert.is_true(line.broker{ download = path.download }:fetch(line.URI, 0, line.device().sink))
        assert.equal(2, #path.offsets)
      end)
    end

    it("serves a flow that has no fetch", function()
      local path, got = line.new { 3 }, line.device()
      assert.is_true(line.broker{ download = path.download, flow = line.flow() }:fetch(line.URI, 0, got.sink))
      assert.equal(line.PAYLOAD, got.bytes)
    end)
  end)
end)
