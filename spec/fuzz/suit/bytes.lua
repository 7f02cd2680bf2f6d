--- Encoded inputs changed by their structure: values, lengths, labels, nesting, in byte strings that hold CBOR as well.
local cbor <const> = require "teep.cbor"
local tree <const> = require "badin.tree"
local vocabulary <const> = require "fuzz.suit.vocabulary"

local bytes = {}

local BYTES <const>, ARRAY <const>, MAP <const>, TAG <const> = 2, 4, 5, 6

--- The tree of well-formed bytes; nil of others.
function bytes.parse(data)
  if not cbor.scan(data) then return nil end
  local root <const> = tree.parse(data, function() return false end)
  for _, node in ipairs(tree.nodes(root)) do
    if node.major == BYTES then node.wrapped = node.content ~= "" and bytes.parse(node.content) or nil end
  end
  return root
end

local changes <const> = {}

function changes.value(random) return random.one(vocabulary.items).item end

function changes.number(random)
  local number <const> = random.one(vocabulary.numbers)
  return number < 0 and tree.head(1, ~number) or tree.head(0, number)
end

-- A head that says one more or one less, or takes more bytes than it has to.
function changes.length(random, node)
  local encoded <const> = tree.encode(node)
  local rest <const> = encoded:sub(#tree.head(node.major, node.argument) + 1)
  if node.major > TAG then return encoded end
  if random.chance(25) then return tree.head(node.major, node.argument, 8) .. rest end
  return tree.head(node.major, math.max(0, node.argument + (random.chance(50) and 1 or -1))) .. rest
end

local function rebuilt(node, parts)
  return tree.head(node.major, node.major == MAP and #parts // 2 or #parts) .. table.concat(parts)
end

-- Children come and go, in a map by twos.
local function change_children(change)
  return function(random, node, other)
    if node.major ~= ARRAY and node.major ~= MAP or #node.children == 0 then return changes.value(random) end
    local parts <const>, step <const> = {}, node.major == MAP and 2 or 1
    for i, child in ipairs(node.children) do parts[i] = tree.encode(child) end
    change(random, parts, step, 1 + step * random.below(#parts // step), other)
    return rebuilt(node, parts)
  end
end

changes.remove = change_children(function(_, parts, step, at)
  for _ = 1, step do table.remove(parts, at) end
end)

changes.insert = change_children(function(random, parts, step, at, other)
  for i = 1, step do
    table.insert(parts, at + i - 1, i < step and changes.number(random) or tree.encode(random.one(other)))
  end
end)

changes.duplicate = change_children(function(_, parts, step, at)
  for i = 0, step - 1 do table.insert(parts, at + step + i, parts[at + i]) end
end)

changes.swap = change_children(function(random, parts, step, at)
  local with <const> = 1 + step * random.below(#parts // step)
  for i = 0, step - 1 do parts[at + i], parts[with + i] = parts[with + i], parts[at + i] end
end)

function changes.splice(random, _, other) return tree.encode(random.one(other)) end

function changes.wrap(random, node)
  local encoded <const> = tree.encode(node)
  return random.one{ "\x81", "\xd8\x6b", "\xa1\0", tree.head(BYTES, #encoded) } .. encoded
end

function changes.flip(random, node)
  local encoded <const> = tree.encode(node)
  local at <const> = 1 + random.below(#encoded)
  return encoded:sub(1, at - 1) .. string.char(encoded:byte(at) ~ 1 << random.below(8)) .. encoded:sub(at + 1)
end

local names <const> = { "value", "number", "length", "remove", "insert", "duplicate", "swap", "splice", "wrap", "flip" }

local function by_position(random, data)
  local at <const> = random.below(#data + 1)
  return data:sub(1, at) .. random.one(vocabulary.insertions) .. data:sub(at + 1 + random.below(3))
end

--- Change bytes.
-- @tparam table random
-- @tparam string data
-- @tparam string other to take from
-- @treturn string
function bytes.mutate(random, data, other)
  repeat
    local root <const> = bytes.parse(data)
    if root and random.chance(95) then
      local node <const>, from <const> = random.one(tree.nodes(root)), bytes.parse(other) or root
      data = tree.encode(root, node, changes[random.one(names)](random, node, tree.nodes(from)))
    else
      data = by_position(random, data)
    end
  until random.chance(60)
  return data
end

--- The value of a key in a map, by its text form.
function bytes.member(map, key)
  for i = 1, map.major == MAP and #map.children or 0, 2 do
    if map.children[i].text == key then return map.children[i + 1] end
  end
end

return bytes
