-- Policy files written for one spec and removed with it.
local scripts <const> = {}

local written = {}

function scripts.write(source)
  local path <const> = os.tmpname() .. ".lua"
  local file <const> = assert(io.open(path, "wb"))
  file:write(source)
  file:close()
  os.remove(path:sub(1, -5))
  written[#written + 1] = path
  return path
end

-- A whole policy around the text of its functions.
function scripts.policy(fields)
  return scripts.write(
    'return { api = 1, name = "sample", version = "1", summary = "A sample.", ' .. fields .. " }")
end

function scripts.remove()
  for _, path in ipairs(written) do os.remove(path) end
  written = {}
end

return scripts
