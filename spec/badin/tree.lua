--- Valid CBOR as a tree whose nodes can be replaced one at a time, in byte strings that hold CBOR as well: the
-- heads around the replacement are written anew, so that nothing but the replacement is wrong.
-- Independent of the decoders that it serves to test.
local tree = {}

-- Arguments are Lua integers: those beyond 2^63-1 are negative.
local BYTES <const>, TEXT <const>, ARRAY <const>, MAP <const>, TAG <const> = 2, 3, 4, 5, 6

--- A head in its shortest form, or with `width` bytes of argument.
function tree.head(major, argument, width)
  width = width or argument < 0 and 8 or argument < 24 and 0 or argument < 0x100 and 1 or argument < 0x10000 and 2
    or argument < 0x100000000 and 4 or 8
  if width == 0 then return string.char(major << 5 | argument) end
  local information <const> = ({ [1] = 24, [2] = 25, [4] = 26, [8] = 27 })[width]
  return string.char(major << 5 | information) .. string.pack(">I" .. width, argument)
end

local function read_head(bytes, at)
  local initial <const> = bytes:byte(at)
  local information <const> = initial & 31
  if information < 24 then return initial >> 5, information, at + 1 end
  local argument <const>, after = string.unpack(">I" .. (1 << information - 24), bytes, at + 1)
  return initial >> 5, argument, after
end

local read

local function read_children(node, bytes, at, count, opened)
  node.children = {}
  for i = 1, count do
    -- Places of a map are named by its key, those of an array by number.
    local step <const> = node.major == MAP and (i % 2 == 0 and node.children[i - 1].text or "key") or i
    node.children[i], at = read(bytes, at, opened, node.path .. "/" .. step)
  end
  return at
end

local function read_string(node, bytes, at, opened)
  local content <const> = bytes:sub(at, at + node.argument - 1)
  node.content = content
  if node.major == BYTES and content ~= "" and opened(node.path) then
    node.wrapped = read(content, 1, opened, node.path .. "/<<>>")
  end
  return at + node.argument
end

function read(bytes, at, opened, path)
  local major <const>, argument <const>, after = read_head(bytes, at)
  local node <const> = { major = major, argument = argument, path = path }
  if major == BYTES or major == TEXT then after = read_string(node, bytes, after, opened) end
  if major == ARRAY then after = read_children(node, bytes, after, argument, opened) end
  if major == MAP then after = read_children(node, bytes, after, 2 * argument, opened) end
  if major == TAG then after = read_children(node, bytes, after, 1, opened) end
  node.head = bytes:sub(at, after - 1)
  node.text = major == 0 and tostring(argument) or major == 1 and tostring(-1 - argument) or node.content
  return node, after
end

--- Parse valid bytes.
-- @tparam string bytes
-- @tparam function opened `opened(path)`: does the byte string there hold CBOR, if anything?
function tree.parse(bytes, opened) return (read(bytes, 1, opened, "")) end

--- Encode a tree with one node replaced by bytes.
-- @tparam table node
-- @tparam[opt] table target node to replace
-- @tparam[opt] string replacement
function tree.encode(node, target, replacement)
  if node == target then return replacement end
  if node.wrapped then
    local content <const> = tree.encode(node.wrapped, target, replacement)
    return tree.head(BYTES, #content) .. content
  end
  if not node.children then return node.head end
  local parts <const> = { tree.head(node.major, node.argument) }
  for i, child in ipairs(node.children) do parts[i + 1] = tree.encode(child, target, replacement) end
  return table.concat(parts)
end

--- All nodes, those in wrapped bytes included.
function tree.nodes(node, list)
  list = list or {}
  list[#list + 1] = node
  for _, child in ipairs(node.children or { node.wrapped }) do tree.nodes(child, list) end
  return list
end

return tree
