--- Inputs in files: Lua tables, which load as they were.
local crypto <const> = require "teep.crypto"
local encode <const> = require "fuzz.suit.encode"
local hex <const> = require "teep.hex"

local keep = {}

local MADE <const> = { bytes = true, envelope = true, offset = true } -- by encoding

local function text(value)
  if type(value) == "string" then return ("%q"):format(value):gsub("\\\n", "\\n") .. "" end
  if math.type(value) == "integer" then return ("%q"):format(value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts <const> = {}
  for _, key in ipairs(encode.keys(value)) do
    if not MADE[key] then parts[#parts + 1] = ("[%s]=%s"):format(text(key), text(value[key])) end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function write(path, content)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(content))
end

--- Load an input.
function keep.load(path)
  return assert(loadfile(path, "t", {}))()
end

--- All inputs of a folder.
function keep.load_all(folder)
  local list <const>, names <const> = {}, {}
  local listing <close> = assert(io.popen(("ls %s/corpus 2>/dev/null"):format(folder)))
  for name in listing:lines() do names[#names + 1] = name end
  for i, name in ipairs(names) do list[i] = keep.load(("%s/corpus/%s"):format(folder, name)) end
  return list
end

--- Write inputs, each under its digest.
function keep.save_all(folder, inputs)
  assert(os.execute(("mkdir -p %s/corpus"):format(folder)))
  for _, input in ipairs(inputs) do
    local content <const> = "return " .. text(input)
    local name <const> = hex.encode(crypto.digest("SHA-256", content)):sub(1, 16)
    write(("%s/corpus/%s.lua"):format(folder, name), content)
  end
end

--- Write a finding: what is wrong, the bytes in hexadecimal, the input.
-- @treturn string path
function keep.finding(folder, input, wrong, bytes)
  assert(os.execute("mkdir -p " .. folder))
  local encoded <const> = hex.encode(bytes)
  local path <const> = ("%s/found-%s.lua"):format(folder, hex.encode(crypto.digest("SHA-256", bytes)):sub(1, 16))
  write(path, ("-- %s\n-- %s\nreturn %s\n"):format(wrong:gsub("[^ -~]", "?"), encoded, text(input)))
  return path
end

return keep
