local task = require "teep.task"
local transport = require "teep.transport"

-- Run a script in a process of its own, with the same modules.
local function child(script)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(("package.path, package.cpath = %q, %q\n"):format(package.path, package.cpath), script)
  file:close()
  return path
end

for _, engine in ipairs { "ev", "poll" } do
  describe("teep.transport.loop on " .. engine, function()
    local loop
    before_each(function() loop = assert(transport.loop { engine = engine }) end)
    after_each(function() loop:close() end)

    it("says which engine it runs on", function() assert.equal(engine, loop.engine) end)

    it("does not step when nothing can ever happen", function()
      assert.is_false(loop:step())
      loop:run()
    end)

    it("fires timers in the order of their time", function()
      local order = {}
      for _, name in ipairs { 3, 1, 2 } do
        loop:timer(name / 100, function() order[#order + 1] = name end)
      end
      loop:run()
      assert.same({ 1, 2, 3 }, order)
    end)

    it("fires an earlier timer that was set while a later one was waiting", function()
      local order = {}
      loop:timer(0.2, function() order[#order + 1] = "late" end)
      loop:timer(0.01, function()
        loop:timer(0.01, function() order[#order + 1] = "early" end)
      end)
      loop:run()
      assert.same({ "early", "late" }, order)
    end)

    it("does not fire a cancelled timer, and cancelling twice is harmless", function()
      local timer = loop:timer(0.01, function() error "fired" end)
      timer:cancel()
      timer:cancel()
      assert.is_false(loop:step())
    end)

    it("outlives a timer that cancels itself, throws, and is collected before the error is told", function()
      local told
      loop.on_error = function(message)
        collectgarbage()
        told = message
      end
      do
        local timer
        timer = loop:timer(0, function()
          timer:cancel()
          timer = nil
          error "cancelled"
        end)
      end
      loop:run()
      assert.matches("cancelled", told)
    end)

    it("lets a finalizer cancel a timer after the loop was collected", function()
      local path = child(([[
        local timer
        KEPT = setmetatable({}, { __gc = function() timer:cancel() end })
        timer = require "teep.transport".loop { engine = %q }:timer(20, print)
      ]]):format(engine))
      assert.is_true((os.execute("exec lua5.4 " .. path)))
      os.remove(path)
    end)

    it("stops from a callback and can run again", function()
      local count = 0
      local function tick()
        count = count + 1
        loop:timer(0, tick)
        if count % 3 == 0 then loop:stop() end
      end
      loop:timer(0, tick)
      loop:run()
      assert.equal(3, count)
      loop:run()
      assert.equal(6, count)
    end)

    it("reports an error of a callback and goes on", function()
      local reported, later
      loop.on_error = function(message) reported = message end
      loop:timer(0, function() error "what a mess" end)
      loop:timer(0.01, function() later = true end)
      loop:run()
      assert.matches("what a mess", reported)
      assert.is_true(later)
    end)

    it("survives an error of on_error itself", function()
      local later
      loop.on_error = function() error "again" end
      loop:timer(0, function() error "once" end)
      loop:timer(0.01, function() later = true end)
      loop:run()
      assert.is_true(later)
    end)

    it("lets await block outside of a coroutine", function()
      assert.equal("done", task.await(function(done) loop:timer(0.01, function() done "done" end) end))
    end)

    it("refuses to run inside of its own callback", function()
      local good, reason
      loop:timer(0, function() good, reason = pcall(loop.step, loop) end)
      loop:run()
      assert.is_false(good)
      assert.matches("runs already", reason)
    end)

    it("may be closed from a callback, and refuses everything then", function()
      loop:timer(0, function() loop:close() end)
      loop:timer(1, function() error "fired" end)
      loop:run()
      assert.has_error(function() loop:timer(0, print) end)
      loop:close()
    end)

    it("returns from run at SIGTERM", function()
      local path = child(([[
        local loop = require "teep.transport".loop { engine = %q }
        loop:timer(20, function() os.exit(3) end)
        loop:timer(0.05, function() io.popen("kill -TERM $PPID"):close() end)
        loop:run()
        print "returned"
        loop:close()
      ]]):format(engine))
      local process = io.popen("exec lua5.4 " .. path)
      assert.equal("returned\n", process:read "a")
      assert.is_true(process:close())
      os.remove(path)
    end)

    it("hands SIGINT and SIGTERM to on_signal", function()
      local path = child(([[
        local loop = require "teep.transport".loop { engine = %q }
        loop:timer(20, function() os.exit(3) end)
        loop:on_signal(function(name)
          print(name)
          if name == "SIGTERM" then loop:stop() end
        end)
        loop:timer(0.05, function() io.popen("kill -INT $PPID"):close() end)
        loop:timer(0.15, function() io.popen("kill -TERM $PPID"):close() end)
        loop:run()
      ]]):format(engine))
      local process = io.popen("exec lua5.4 " .. path)
      assert.equal("SIGINT\nSIGTERM\n", process:read "a")
      process:close()
      os.remove(path)
    end)
  end)
end

describe("teep.transport.loop", function()
  it("refuses unknown options and engines", function()
    assert.has_error(function() transport.loop { motor = "ev" } end, "unknown option: motor")
    assert.has_error(function() transport.loop { engine = "uv" } end, "option engine: want ev or poll")
  end)

  it("can be forgotten without being closed", function()
    do
      local loop = transport.loop {}
      assert(loop:serve { http = function() end })
      loop:timer(1, function() end)
    end
    collectgarbage()
    collectgarbage()
  end)
end)
