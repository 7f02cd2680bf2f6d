-- Payloads by URI, by a flow of the owner.
local broker <const> = require "teep.broker"
local line <const> = require "broker.line"

describe("teep.broker fetch", function()
  describe("by a flow of its own", function()
    it("gives it URI and count, wait, retry and nothing of a session", function()
      local path, slept = line.new { 3 }, {}
      local mine = line.flow(function(given, verbs)
        assert.same({ uri = line.URI, received = 0 }, given)
        assert.is_nil(verbs.connect)
        local done, reason = verbs.fetch(given)
        assert.is_nil(done)
        assert.equal("reset by peer", reason)
        assert.equal(3, given.received)
        verbs.wait(7)
        assert.is_true(verbs.retry(1))
        assert.is_false(verbs.retry(6))
        return verbs.fetch(given) and verbs.fetch(given)
      end)
      assert.is_true(line.broker{ download = path.download, flow = mine,
        sleep = function(seconds) slept[#slept + 1] = seconds end }:fetch(line.URI, 0, line.device().sink))
      assert.same({ 7, 1.0 }, slept)
      assert.same({ 0, 3 }, path.offsets)
    end)

    it("keeps its own count of what the device has, whatever the flow writes", function()
      local path, got = line.new { 3 }, line.device()
      local mine = line.flow(function(given, verbs)
        verbs.fetch(given)
        given.received, given.uri = 0, "https://elsewhere.example/"
        return verbs.fetch(given)
      end)
      assert.is_true(line.broker{ download = path.download, flow = mine }:fetch(line.URI, 0, got.sink))
      assert.equal(line.PAYLOAD, got.bytes)
    end)

    local function refused() return nil, "full", "no_space" end

    it("refuses it another attempt after the device has refused", function()
      local path, answers = line.new {}, {}
      line.fails("no_space", "mine", line.broker{ download = path.download, flow = line.flow(function(given, verbs)
        for i = 1, 3 do answers[i] = { verbs.fetch(given) } end
        answers[4] = { verbs.retry(1) }
        return nil, "mine"
      end) }, refused)
      assert.same({ { nil, "full" }, { nil, "full" }, { nil, "full" }, { false } }, answers)
      assert.equal(1, #path.offsets)
    end)

    for name, case in pairs {
      ["throws"] = { function() error "oops" end, "oops" },
      ["returns a number"] = { function() return 5 end, "fetch returns a number" },
      ["returns true without having fetched"] = { function() return true end, "the payload is not there" },
      ["returns true though the line broke"] = { function(given, verbs)
        verbs.fetch(given)
        return true
      end, "the payload is not there" },
      ["fetches something else"] = { function(_, verbs) return verbs.fetch { uri = line.URI } end, "want the download" },
    } do
      it("fails when it " .. name, function()
        line.fails("policy_failed", case[2], line.broker{ download = line.new({ 1 }).download, flow = line.flow(case[1]) })
      end)
    end

    it("fails when it gives up, with its reason or the last one", function()
      local function give_up(reason)
        return line.broker{ download = line.new({ 1 }).download, flow = line.flow(function(given, verbs)
          verbs.fetch(given)
          return nil, reason
        end) }
      end
      line.fails("not_connected", "roaming costs too much", give_up "roaming costs too much")
      line.fails("not_connected", "reset by peer", give_up())
      line.fails("not_connected", "gave up", line.broker{ download = error, flow = line.flow(function() end) })
    end)

    it("does not begin with one whose fetch is no function", function()
      local made, message, code = broker.new{ agents = { {} }, connect = error, sleep = error, random = error,
        flow = line.flow "yes" }
      assert.is_nil(made)
      assert.equal("policy_failed", code)
      assert.matches("fetch: want a function, got string", message, 1, true)
    end)
  end)
end)
