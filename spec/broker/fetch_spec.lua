-- Payloads by URI: a real broker, with a line and a device that the spec plays; at the end with a real agent.
local broker = require "teep.broker"
local crypto = require "teep.crypto"
local download = require "teep.broker.download"
local scene = require "agent.scene"
local task = require "teep.task"

describe("teep.broker fetch", function()
  teardown(scene.clean)

  local URI <const> = "https://user:secret@files.example/a/b.bin?key=hidden"
  local SHOWN <const> = "https://files.example/a/b.bin"
  local PAYLOAD <const> = "0123456789"

  -- A line that breaks: the n-th attempt delivers `steps[n]` bytes, then fails; without a step it delivers all.
  -- `failure` is { message, code }.
  local function line(steps, failure)
    local seen = { offsets = {} }
    function seen.download(uri, offset, sink)
      assert.equal(URI, uri)
      table.insert(seen.offsets, offset)
      local step = steps[#seen.offsets]
      for position = offset + 1, step and offset + step or #PAYLOAD do
        local ok, message, code = sink(PAYLOAD:sub(position, position))
        if not ok then return nil, message, code end
      end
      if not step then return true end
      return nil, table.unpack(failure or { "reset by peer", "not_connected" })
    end
    return seen
  end

  local function device()
    local got = { bytes = "" }
    function got.sink(bytes)
      got.bytes = got.bytes .. bytes
      return true
    end
    return got
  end

  local function new(given)
    local options = {
      agents = { {} }, connect = function() error "connect" end, sleep = function() end,
      random = function(n) return ("\xff"):rep(n) end,
    }
    for name, value in pairs(given) do options[name] = value end
    return assert(broker.new(options))
  end

  local function flow(fetch)
    return { api = 1, name = "mine", version = "1", summary = "s", run = function() return true end, fetch = fetch }
  end

  local function fails(code, pattern, one, sink, uri)
    local ok, message, found = one:fetch(uri or URI, 0, sink or device().sink)
    assert.is_nil(ok)
    assert.equal(code, found)
    assert.matches(pattern, message, 1, true)
    assert.same({}, one.downloads)
  end

  describe("by the default flow", function()
    it("goes on where a broken line stopped: no byte reaches the device twice", function()
      local path, got = line { 3, 4 }, device()
      assert.is_true(new{ download = path.download }:fetch(URI, 0, got.sink))
      assert.same({ 0, 3, 7 }, path.offsets)
      assert.equal(PAYLOAD, got.bytes)
    end)

    it("begins at the offset asked for", function()
      local path, got = line { 2 }, device()
      assert.is_true(new{ download = path.download }:fetch(URI, 5, got.sink))
      assert.same({ 5, 7 }, path.offsets)
      assert.equal("56789", got.bytes)
    end)

    it("gives up when nothing arrives, after growing waits, with the last reason (T-128)", function()
      local slept = {}
      fails("not_connected", "reset by peer", new{ download = line({ 0, 0, 0, 0, 0, 0, 0 }).download,
        limits = { attempts = 4 }, sleep = function(seconds) slept[#slept + 1] = seconds end })
      assert.same({ 1.0, 2.0, 4.0 }, slept)
    end)

    it("counts anew whenever something has arrived", function()
      local path, slept = line { 0, 1, 0, 1, 0, 1 }, {}
      assert.is_true(new{ download = path.download, limits = { attempts = 3 },
        sleep = function(seconds) slept[#slept + 1] = seconds end }:fetch(URI, 0, device().sink))
      assert.same({ 0, 0, 1, 1, 2, 2, 3 }, path.offsets)
      assert.same({ 1.0, 1.0, 2.0, 1.0, 2.0, 1.0 }, slept)
    end)

    it("does not try again what cannot succeed", function()
      for _, code in ipairs{ "payload_not_found", "denied", "unsupported", "config_invalid", "too_large", "refused" } do
        local path = line({ 0 }, { "no", code })
        fails(code, "no", new{ download = path.download })
        assert.equal(1, #path.offsets)
      end
    end)

    for _, code in ipairs{ "not_connected", "timed_out", "busy", "truncated" } do
      it("tries again after " .. code, function()
        local path = line({ 0 }, { "later", code })
        assert.is_true(new{ download = path.download }:fetch(URI, 0, device().sink))
        assert.equal(2, #path.offsets)
      end)
    end

    it("serves a flow that has no fetch", function()
      local path, got = line { 3 }, device()
      assert.is_true(new{ download = path.download, flow = flow() }:fetch(URI, 0, got.sink))
      assert.equal(PAYLOAD, got.bytes)
    end)
  end)

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
        fails("no_space", "the device is full", new{ download = function(...)
          attempts = attempts + 1
          return attempt(...)
        end }, full)
        assert.equal(1, attempts)
      end
    end)

    it("and gives the device nothing more after it refused", function()
      local calls = 0
      fails("no_space", "full", new{ download = function(_, _, sink)
        return sink "x" or sink "y"
      end }, function()
        calls = calls + 1
        return nil, "full", "no_space"
      end)
      assert.equal(1, calls)
    end)

    it("at one byte more than the limit, and not at the limit", function()
      local got = device()
      assert.is_true(new{ download = line({}).download, limits = { fetch_size = 10 } }:fetch(URI, 0, got.sink))
      assert.equal(PAYLOAD, got.bytes)
      got = device()
      fails("too_large", "the payload exceeds 9 bytes",
        new{ download = line({}).download, limits = { fetch_size = 9 } }, got.sink)
      assert.equal("012345678", got.bytes)
    end)

    it("at the limit of bytes however many attempts bring them", function()
      local path = line { 6 }
      fails("too_large", "exceeds 9 bytes", new{ download = path.download, limits = { fetch_size = 9 } })
      assert.same({ 0, 6 }, path.offsets)
    end)

    it("at one attempt more than the limit, and not at the limit", function()
      local path = line { 1, 1 }
      assert.is_true(new{ download = path.download, limits = { fetch_attempts = 3 } }:fetch(URI, 0, device().sink))
      path = line { 1, 1 }
      fails("limit_reached", "2 attempts, the last: reset by peer",
        new{ download = path.download, limits = { fetch_attempts = 2 } })
      assert.same({ 0, 1 }, path.offsets)
    end)

    -- A line that brings a byte every 10 seconds, `broken` after each; the clock and the broker behind it.
    local function slow(broken, given)
      local now = 1000
      local options = { clock = function() return now end, sleep = function(seconds) now = now + seconds end,
        download = function(_, offset, sink)
          for position = offset + 1, #PAYLOAD do
            now = now + 10
            local ok, message, code = sink(PAYLOAD:sub(position, position))
            if not ok then return nil, message, code end
            if broken and position < #PAYLOAD then return nil, "reset", "not_connected" end
          end
          return true
        end }
      for name, value in pairs(given) do options[name] = value or nil end
      return new(options)
    end

    it("at one second more than the limit, in the middle of an attempt, and not at the limit (D3)", function()
      local got = device()
      assert.is_true(slow(false, { limits = { fetch_time = 100 } }):fetch(URI, 0, got.sink))
      assert.equal(PAYLOAD, got.bytes)
      got = device()
      fails("timed_out", "9 bytes in 99 seconds, no more time", slow(false, { limits = { fetch_time = 99 } }), got.sink)
      assert.equal("012345678", got.bytes)
    end)

    it("at the limit of time however many attempts there were, waits included (D3)", function()
      assert.is_true(slow(true, { limits = { fetch_time = 109 } }):fetch(URI, 0, device().sink))
      fails("timed_out", "9 bytes in 108 seconds", slow(true, { limits = { fetch_time = 108 } }))
      fails("timed_out", "1 bytes in 10 seconds", slow(true, { limits = { fetch_time = 10 } }))
    end)

    it("at no time without a clock", function()
      assert.is_true(slow(false, { clock = false, limits = { fetch_time = 1 } }):fetch(URI, 0, device().sink))
    end)

    it("without a way to download", function() fails("unsupported", "fetches no payloads", new{}) end)
  end)

  describe("by a flow of its own", function()
    it("gives it URI and count, wait, retry and nothing of a session", function()
      local path, slept = line { 3 }, {}
      local mine = flow(function(given, verbs)
        assert.same({ uri = URI, received = 0 }, given)
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
      assert.is_true(new{ download = path.download, flow = mine,
        sleep = function(seconds) slept[#slept + 1] = seconds end }:fetch(URI, 0, device().sink))
      assert.same({ 7, 1.0 }, slept)
      assert.same({ 0, 3 }, path.offsets)
    end)

    it("keeps its own count of what the device has, whatever the flow writes", function()
      local path, got = line { 3 }, device()
      local mine = flow(function(given, verbs)
        verbs.fetch(given)
        given.received, given.uri = 0, "https://elsewhere.example/"
        return verbs.fetch(given)
      end)
      assert.is_true(new{ download = path.download, flow = mine }:fetch(URI, 0, got.sink))
      assert.equal(PAYLOAD, got.bytes)
    end)

    local function refused() return nil, "full", "no_space" end

    it("refuses it another attempt after the device has refused", function()
      local path, answers = line {}, {}
      fails("no_space", "mine", new{ download = path.download, flow = flow(function(given, verbs)
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
      ["fetches something else"] = { function(_, verbs) return verbs.fetch { uri = URI } end, "want the download" },
    } do
      it("fails when it " .. name, function()
        fails("policy_failed", case[2], new{ download = line({ 1 }).download, flow = flow(case[1]) })
      end)
    end

    it("fails when it gives up, with its reason or the last one", function()
      local function give_up(reason)
        return new{ download = line({ 1 }).download, flow = flow(function(given, verbs)
          verbs.fetch(given)
          return nil, reason
        end) }
      end
      fails("not_connected", "roaming costs too much", give_up "roaming costs too much")
      fails("not_connected", "reset by peer", give_up())
      fails("not_connected", "gave up", new{ download = error, flow = flow(function() end) })
    end)

    it("does not begin with one whose fetch is no function", function()
      local made, message, code = broker.new{ agents = { {} }, connect = error, sleep = error, random = error,
        flow = flow "yes" }
      assert.is_nil(made)
      assert.equal("policy_failed", code)
      assert.matches("fetch: want a function, got string", message, 1, true)
    end)
  end)

  describe("shows people", function()
    for uri, shown in pairs {
      [URI] = SHOWN,
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
      one = new{ download = function(_, _, sink)
        sink "0123"
        assert.same({ { uri = SHOWN, received = 4, attempts = 1 } }, one.downloads[1] and { one.downloads[1]:status() })
        return true
      end }
      assert.is_true(one:fetch(URI, 0, device().sink))
      assert.same({}, one.downloads)
    end)

    it("begin, failed attempts, waits and end, and no secret of the URI in any of them", function()
      local events = {}
      local failure = { URI .. ": GET /a/b.bin?key=hidden of user:secret@files.example: reset", "not_connected" }
      local one = new{ download = line({ 3 }, failure).download,
        observe = function(event, details) table.insert(events, { event, details }) end }
      assert.is_true(one:fetch(URI, 0, device().sink))
      local reason = SHOWN .. ": GET /a/b.bin of files.example: reset"
      assert.same({
        { "fetch", { uri = SHOWN, state = "begun" } },
        { "fetch_failed", { uri = SHOWN, received = 3, code = "not_connected", reason = reason } },
        { "retry", { uri = SHOWN, attempt = 1, seconds = 1.0 } },
        { "fetch", { uri = SHOWN, state = "ended", received = 10, attempts = 2 } },
      }, events)
    end)

    it("why it failed in the end", function()
      local events = {}
      fails("denied", "http: not allowed", new{ download = line({ 0 }, { "http: not allowed", "denied" }).download,
        observe = function(event, details) events[event] = details end })
      assert.same({ uri = SHOWN, state = "failed", received = 0, attempts = 1, message = "http: not allowed",
        code = "denied" }, events.fetch)
    end)
  end)

  describe("for a real agent", function()
    local APP <const> = { "app" }

    local function remote(payload, size)
      local digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", payload) }
      return scene.envelope { components = { { APP, uri = URI, digest = digest, size = size or #payload } } }
    end

    -- A TAM that offers the envelope once per connection.
    local function tam(envelope)
      return function()
        local answers = { scene.query(), { type = "update", token = "87654321", manifest_list = { envelope } } }
        return {
          exchange = function()
            local answer = table.remove(answers, 1)
            return answer and scene.message(answer) or ""
          end,
          close = function() end,
        }
      end
    end

    local function site(envelope, attempt, given)
      local one
      local here = scene.new { fetch = function(...) return one:fetch(...) end }
      local options = { agents = { here.agent }, connect = tam(envelope), download = attempt }
      for name, value in pairs(given or {}) do options[name] = value end
      one = new(options)
      return one, here
    end

    it("suspends inside of the exchange, lets others in, and installs (T-172)", function()
      local arrive, slept
      local one, here = site(remote(PAYLOAD), function(_, offset, sink)
        if not task.await(function(done) arrive = done end) then return nil, "reset", "not_connected" end
        return sink(PAYLOAD:sub(offset + 1))
      end, { sleep = function() task.await(function(done) slept = done end) end })
      local outcomes = {}
      task.run(function() outcomes[1] = one:request "app" end)
      task.run(function() outcomes[2] = one:request "app" end)
      task.run(function() outcomes[3] = one:check() end)
      assert.same({ { uri = SHOWN, received = 0, attempts = 1 } }, one:status().downloads)
      assert.equal(2, one:status().waiting)
      assert.is_nil(here:installed(APP))
      arrive(false)
      assert.is_nil(outcomes[1])
      slept()
      arrive(true)
      assert.equal("installed", outcomes[1].outcome)
      assert.equal("installed", outcomes[2].outcome)
      assert.equal("checked", outcomes[3].outcome)
      assert.equal(PAYLOAD, here:read(APP))
      local status = one:status()
      assert.same({ {}, {}, 0 }, { status.downloads, status.sessions, status.waiting })
    end)

    for name, case in pairs {
      ["other bytes than the manifest says"] = { remote "ABCDEFGHIJ", "digest" },
      ["more bytes than the manifest says"] = { remote(PAYLOAD, 9), "exceeds 9 bytes" },
      ["fewer bytes than the manifest says"] = { remote(PAYLOAD .. "x"), "" },
    } do
      it("stays as it was when it gets " .. name, function()
        local attempts = 0
        local one, here = site(case[1], function(_, _, sink)
          attempts = attempts + 1
          return sink(PAYLOAD)
        end)
        here.agent:request(APP)
        local before = here:snapshot(APP)
        local outcome = assert(one:request "app")
        assert.equal("not_installed", outcome.outcome)
        assert.matches(case[2], outcome.message, 1, true)
        assert.matches("manifest_processing_failed", outcome.message, 1, true)
        assert.equal(1, attempts)
        assert.is_nil(here:read(APP))
        assert.same(before[2], here:snapshot(APP)[2])
        assert.same({}, here.agent:status().components)
      end)
    end
  end)
end)
