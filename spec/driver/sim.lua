--- The simulated TEE as an engine of the driver contract, and what its specs do to its files.
local assert = require "luassert"
local child = require "child"

local engine = {}

local function output(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read("a")
  pipe:close()
  return text
end

--- What a shell command prints, line by line.
function engine.lines(command)
  local list = {}
  for line in output(command):gmatch("[^\n]+") do list[#list + 1] = line end
  return list
end

function engine.options()
  engine.folder = child.folder()
  return { name = "sim", path = engine.folder .. "/tee" }
end

function engine.remove() child.remove(engine.folder) end

function engine.check_staged(count)
  assert.are.equal(count, #engine.lines("find " .. engine.folder .. "/tee/staged -mindepth 1"))
end

-- Every file is below the root, with a name of our making and for its owner only.
function engine.check_place(components)
  local names = engine.lines("ls -A " .. engine.folder .. "/tee/components")
  assert.are.equal(components, #names)
  for _, name in ipairs(names) do assert.is_truthy(name:find("^" .. ("[0-9a-f]"):rep(64) .. "$")) end
  assert.are.same({ "tee" }, engine.lines("ls -A " .. engine.folder))
  assert.are.same({ "components", "keys", "lock", "sealed", "staged" }, engine.lines("ls -A " .. engine.folder .. "/tee"))
  assert.are.same({}, engine.lines("find " .. engine.folder .. "/tee -type f ! -perm 600 -o -type d ! -perm 700"))
end

function engine.read_file(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("a")
  file:close()
  return content
end

function engine.write_file(path, content)
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
end

return engine
