--- The real teep command in child processes, for specs.
local lfs = require "lfs"

local command = {}

local teep = lfs.currentdir() .. "/" .. (os.getenv "LUATEEP_BUILD" or "build") .. "/bin/teep"

--- Where the command is.
command.path = teep

local function quote(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end

local function line(arguments)
  local words = { quote(arguments.program or teep) }
  for _, argument in ipairs(arguments) do words[#words + 1] = quote(argument) end
  return table.concat(words, " ")
end

function command.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local bytes = file:read("a")
  file:close()
  return bytes
end

function command.write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

--- A fresh folder; remove it with @{command.remove}.
function command.folder()
  local pipe = assert(io.popen "mktemp -d")
  local path = pipe:read("l")
  pipe:close()
  return path
end

function command.remove(path) os.execute("rm -rf " .. quote(path)) end

--- Run teep to its end.
-- @tparam {string,...} arguments; field `folder` (where to run), `input` (standard input), `before` (shell)
-- @treturn integer exit code
-- @treturn string standard output
-- @treturn string standard error
function command.run(arguments)
  local errors, input = os.tmpname(), os.tmpname()
  command.write(input, arguments.input or "")
  local pipe = assert(io.popen(("cd %s && %s %s < %s 2> %s"):format(quote(arguments.folder or "."),
    arguments.before or "", line(arguments), input, errors)))
  local output = pipe:read("a")
  local _, _, code = pipe:close()
  local complaint = command.read(errors)
  os.remove(errors)
  os.remove(input)
  return code, output, complaint
end

local Daemon = {}
Daemon.__index = Daemon

--- Start teep, or the program of field `program`, in the background; always @{Daemon:stop} it. Its log is
-- all it prints.
-- @tparam string folder where to run it and keep its log
-- @tparam {string,...} arguments
function command.start(folder, arguments)
  local log = os.tmpname()
  local pipe = assert(io.popen(("cd %s; %s > %s 2>&1 & echo $!"):format(quote(folder), line(arguments), log)))
  local pid = pipe:read("l")
  pipe:close()
  return setmetatable({ pid = pid, log_path = log }, Daemon)
end

function Daemon:log() return command.read(self.log_path) or "" end

-- A zombie that nobody has waited for yet is dead.
function Daemon:alive()
  local stat = command.read("/proc/" .. self.pid .. "/stat")
  return stat ~= nil and not stat:find "%) Z "
end

-- Poll until the condition holds; at most 10 seconds.
local function wait(condition)
  for _ = 1, 200 do
    if condition() then return true end
    os.execute "sleep 0.05"
  end
  return false
end
command.wait = wait

--- Wait for the ready line.
-- @treturn string|nil the line; nil when the daemon ended first
function Daemon:ready()
  wait(function() return self:log():find " ready " or not self:alive() end)
  return self:log():match "[^\n]* ready [^\n]*"
end

function Daemon:port() return self:log():match " ready .*port=(%d+)" end

--- Send a signal and wait for the end.
function Daemon:signal(name)
  os.execute(("kill -%s %s 2> /dev/null"):format(name, self.pid))
  return wait(function() return not self:alive() end)
end

--- Stop it if it runs, forget its log.
function Daemon:stop()
  if not self:signal "TERM" then self:signal "KILL" end
  os.remove(self.log_path)
end

return command
