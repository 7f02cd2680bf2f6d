--- Lua programs in processes of their own, for specs that kill or race them.
local child = {}

local Child = {}
Child.__index = Child

local function quote(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end

--- Start a Lua program with the module paths of this one.
-- @tparam string program Lua source; `...` are the arguments
-- @tparam[opt] table settings `before`: shell commands, say "ulimit -f 8;"; further entries of the list
--   part are the arguments
function child.start(program, settings)
  settings = settings or {}
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write("io.stdout:setvbuf('no')\n", program)
  file:close()
  local words = { "exec", "lua5.4", quote(path) }
  for _, argument in ipairs(settings) do words[#words + 1] = quote(argument) end
  local command = ("echo $$; %s LUA_PATH=%s LUA_CPATH=%s; export LUA_PATH LUA_CPATH; %s 2>&1"):format(
    settings.before or "", quote(package.path), quote(package.cpath), table.concat(words, " "))
  local pipe = assert(io.popen(command))
  return setmetatable({ path = path, pipe = pipe, pid = pipe:read("l") }, Child)
end

--- The next line that the program prints; nil at its end.
function Child:line() return self.pipe:read("l") end

--- Everything else it prints.
function Child:rest() return self.pipe:read("a") end

--- Wait for its end: true, "exit"/"signal", number as `file:close`.
function Child:wait()
  os.remove(self.path)
  return self.pipe:close()
end

--- SIGKILL, and wait.
function Child:kill()
  os.execute("kill -9 " .. self.pid)
  return self:wait()
end

--- A fresh empty folder with mode 0700; remove it with @{child.remove}.
function child.folder()
  local pipe = assert(io.popen("mktemp -d"))
  local path = pipe:read("l")
  pipe:close()
  return path
end

--- Remove a folder and all it holds.
function child.remove(path) os.execute("rm -rf " .. quote(path)) end

return child
