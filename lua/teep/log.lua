--- Log lines: one event, one line, `time level event key=value ...`.
-- Whatever a peer or a file had a hand in may be passed as a value: it is cut and escaped, so a line
-- stays one line of printable ASCII and an entry cannot be forged. Payloads and secrets are never
-- passed here.
-- @module teep.log
local log = {}

local levels <const> = { debug = 1, info = 2, warning = 3, error = 4 }

--- The level names.
log.levels = levels

--- Bytes of a value that are shown; longer ones end in `...`.
log.value_limit = 200

local function escape_byte(byte)
  if byte == '"' or byte == "\\" then return "\\" .. byte end
  return ("\\x%02x"):format(byte:byte())
end

--- A value as it appears in a line: bare when it is one harmless word, else in double quotes with
-- `\xNN` for every byte that is not printable ASCII.
-- @param value string, number or boolean
-- @treturn string text
-- @usage log.escape("a\27[31m") --> "\"a\\x1b[31m\""
function log.escape(value)
  local text = tostring(value)
  if #text > log.value_limit then text = text:sub(1, log.value_limit) .. "..." end
  if text:find("^[%w_./:@+%%,~#*<>-]+$") then return text end
  return '"' .. text:gsub('[^ !#-[%]^-~]', escape_byte) .. '"'
end

--- One line without its end.
-- @tparam integer time seconds since 1970
-- @tparam string level
-- @tparam string event words fixed by the caller, such as `listening` or `tam -> update`
-- @param ... pairs of key (string) and value; a pair whose value is nil is left out
-- @treturn string line
function log.format(time, level, event, ...)
  local parts = { os.date("!%Y-%m-%dT%H:%M:%SZ", time), level }
  for word in tostring(event):gmatch("%S+") do parts[#parts + 1] = log.escape(word) end
  for i = 1, select("#", ...), 2 do
    local key, value = select(i, ...)
    if value ~= nil then parts[#parts + 1] = key .. "=" .. log.escape(value) end
  end
  return table.concat(parts, " ")
end

local Logger = {}
Logger.__index = Logger

for level, rank in pairs(levels) do
  Logger[level] = function(self, event, ...)
    if rank < self.rank then return end
    self.stream:write(log.format(os.time(), level, event, ...), "\n")
  end
end

--- Whether lines of this level are written: ask before preparing costly values.
function Logger:wants(level) return levels[level] >= self.rank end

--- A logger with the methods `debug`, `info`, `warning`, `error` (event, key, value, ...).
-- @tparam[opt] table options `level` (default `info`), `file` (path, appended to; default: standard error)
-- @treturn[1] table logger
-- @treturn[2] nil, string, string message and code `io_failed`
-- @usage local logger = log.new{ level = "info" }
-- logger:info("listening", "address", "127.0.0.1", "port", 8080)
function log.new(options)
  options = options or {}
  for name in pairs(options) do
    if name ~= "level" and name ~= "file" then error("log.new: unknown option " .. tostring(name), 2) end
  end
  local rank = levels[options.level or "info"] or error("log.new: unknown level", 2)
  local stream = io.stderr
  if options.file then
    local reason
    stream, reason = io.open(options.file, "a")
    if not stream then return nil, "log: " .. reason, "io_failed" end
  end
  stream:setvbuf("line")
  return setmetatable({ rank = rank, stream = stream }, Logger)
end

return log
