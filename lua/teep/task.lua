--- Asynchrony, decided once: coroutines and one `await`.
-- An operation is a function `operation(done)` that starts something and calls `done(...)` exactly
-- once, at once or later. No C frame may lie between the loop and the coroutine.
-- @module teep.task
local task = {}

--- Runs one turn of the event loop; set by the host's loop, used to block outside of a coroutine.
-- Without a loop every operation has to finish at once.
-- @treturn boolean false when nothing can ever happen any more
task.step = function() return false end

local function resume(thread, ...)
  local ok, reason = coroutine.resume(thread, ...)
  if not ok then error(debug.traceback(thread, tostring(reason)), 0) end
end

--- Run a function as a task.
-- An error in the task reaches whoever resumes it: the caller, or the event loop, which logs it.
-- @tparam function fn
-- @param ... its arguments
-- @treturn thread the coroutine
-- @usage task.run(function() connection:send(tam:receive(session, bytes) or "") end)
function task.run(fn, ...)
  local thread = coroutine.create(fn)
  resume(thread, ...)
  return thread
end

local function blocking(operation)
  local results
  operation(function(...) results = results or table.pack(...) end)
  while not results do
    if not task.step() then error("await: the operation never finishes and no loop runs", 3) end
  end
  return table.unpack(results, 1, results.n)
end

--- Wait for an operation: suspend the running task, or block outside of one.
-- @tparam function operation `operation(done)`
-- @return what `done` was called with
-- @usage local bytes, message, code = task.await(function(done) fetch(uri, done) end)
function task.await(operation)
  local thread, main = coroutine.running()
  if main then return blocking(operation) end
  local results, waiting
  operation(function(...)
    if results then return end
    results = table.pack(...)
    if waiting then resume(thread) end
  end)
  if not results then
    waiting = true
    coroutine.yield()
  end
  return table.unpack(results, 1, results.n)
end

return task
