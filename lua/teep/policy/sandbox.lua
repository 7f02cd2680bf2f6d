--- Where policies and flows run: a small pure environment and an instruction budget.
-- This is the `trusted` isolation: it keeps an honest author from mistakes (I/O, clocks, randomness,
-- shared state, endless loops, endless tables). It does not contain a hostile one: pattern matching and
-- concatenation are not interrupted, and memory is looked at between steps.
-- @module teep.policy.sandbox
local frozen <const> = require "teep.policy.frozen"

local sandbox = {}

--- VM instructions one call may take before it is stopped.
sandbox.BUDGET = 10000000

--- KiB that one call may hold at a time.
sandbox.MEMORY = 64 * 1024

-- VM instructions from one look at budget and memory to the next: `string.rep` makes 100 MiB in them.
local STEP <const> = 1000

--- Bytes that `string.rep` may produce.
sandbox.REP_MAX = 1 << 20

local function subset(library, names)
  local result <const> = {}
  for name in names:gmatch("%S+") do result[name] = library[name] end
  return result
end

-- Text without addresses, which differ from run to run.
local function text(value)
  local kind <const> = type(value)
  if kind == "table" or kind == "function" or kind == "userdata" or kind == "thread" then return kind end
  return tostring(value)
end

local function format(pattern, ...)
  if pattern:find("%%[^%a%%]*p") then error("string.format: %p is not available", 2) end
  local values <const> = table.pack(...)
  for i = 1, values.n do
    local kind <const> = type(values[i])
    if kind ~= "string" and kind ~= "number" then values[i] = text(values[i]) end
  end
  return string.format(pattern, table.unpack(values, 1, values.n))
end

local function rep(subject, count, separator)
  local size <const> = #subject + #(separator or "")
  if count > 0 and size > sandbox.REP_MAX // count then
    error(("string.rep: the result exceeds %d bytes"):format(sandbox.REP_MAX), 2)
  end
  return string.rep(subject, count, separator)
end

local safe_string <const> = subset(string, "byte char find gmatch gsub len lower match reverse sub upper")
safe_string.format, safe_string.rep = format, rep

local libraries <const> = {
  string = frozen.freeze(safe_string),
  table = frozen.freeze(subset(table, "concat insert pack remove sort unpack")),
  math = frozen.freeze(subset(math, "abs ceil floor fmod huge max maxinteger min mininteger modf pi sqrt " ..
    "tointeger type ult")),
  utf8 = frozen.freeze(subset(utf8, "char charpattern codepoint codes len offset")),
}

local basic <const> = subset(_G, "assert error ipairs select tonumber type")
basic.pairs, basic.tostring = frozen.pairs, text

--- The globals of one script: verbs and a pure subset of the standard library, all read-only.
-- @tparam {[string]=any} verbs name -> function
-- @treturn table environment for `load`
function sandbox.environment(verbs)
  local globals <const> = {}
  for _, set in ipairs { basic, libraries, verbs } do
    for name, value in pairs(set) do globals[name] = value end
  end
  return setmetatable({}, {
    __index = globals,
    __newindex = function(_, name) error("global " .. text(name) .. ": scripts keep no global state", 2) end,
    __metatable = false,
  })
end

-- Called every STEP instructions.
local function watch()
  local left, most <const> = sandbox.BUDGET // STEP, collectgarbage "count" + sandbox.MEMORY
  return function()
    left = left - 1
    if left <= 0 then error("stopped after " .. sandbox.BUDGET .. " instructions", 0) end
    if collectgarbage "count" <= most then return end
    collectgarbage()
    if collectgarbage "count" <= most then return end
    error("stopped: holds more than " .. sandbox.MEMORY .. " KiB", 0)
  end
end

local strings <const> = getmetatable("")

--- Call a function of a script: within the budget, with string methods limited to the safe subset.
-- It must not yield.
-- @tparam function fn
-- @param ... its arguments
-- @return[1] true and the first result
-- @return[2] false and a sentence without line breaks
function sandbox.run(fn, ...)
  local hook <const>, mask <const>, count <const> = debug.gethook()
  local methods <const> = strings.__index
  strings.__index = safe_string
  debug.sethook(watch(), "", STEP)
  local ok <const>, result <const> = pcall(fn, ...)
  debug.sethook(hook, mask, count)
  strings.__index = methods
  if ok then return true, result end
  return false, (text(result):gsub("%c+", " "))
end

return sandbox
