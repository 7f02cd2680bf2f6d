-- A driver around a driver: every step that changes something is counted and can be made to fail.
local faults = {}

local function proxy(real, changing, step, wrap_result)
  return setmetatable({}, { __index = function(_, name)
    local method = real[name]
    if type(method) ~= "function" then return method end
    return function(_, ...)
      if not changing[name] then return method(real, ...) end
      local failed = table.pack(step(name, "before"))
      if failed.n > 0 then return table.unpack(failed, 1, failed.n) end
      local results = table.pack(method(real, ...))
      step(name, "after")
      local wrapped = wrap_result[name]
      if wrapped and results[1] then results[1] = wrapped(results[1]) end
      return table.unpack(results, 1, results.n)
    end
  end })
end

-- `step(name, when)` is called around every changing call. It may throw (the device dies there), or,
-- before the call, return `nil, message, code` in its place.
function faults.wrap(real, step)
  local function slot(one) return proxy(one, { write = true, finish = true }, step, {}) end
  local function txn(one)
    return proxy(one, { stage = true, remove = true, commit = true }, step, { stage = slot })
  end
  return proxy(real, { seal_put = true, txn = true }, step, { txn = txn })
end

return faults
