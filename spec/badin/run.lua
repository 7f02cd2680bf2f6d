-- make badin: bad inputs, each refused with the code that is expected of it (D5).
--   lua5.4 spec/badin/run.lua BUILD
-- Every rule is broken at every place of valid structures of every kind; what is printed are the numbers of inputs.
local build <const> = arg[1]
package.path = ("./spec/?.lua;%s/lua/?.lua;%s/lua/?/init.lua;"):format(build, build) .. package.path
package.cpath = ("%s/lua/?.so;"):format(build) .. package.cpath

local fields <const> = require "badin.fields"
local rules <const> = require "badin.rules"
local structures <const> = require "badin.structures"
local tree <const> = require "badin.tree"

local SHOWN <const> = 20
local ITEMS <const>, BYTES <const> = 65536, 1 << 20 -- the limits: an array of so many items is one too many
local counts <const>, order <const> = {}, {}
local failed = 0

local function hex(bytes) return (bytes:sub(1, 60):gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

local function complain(what, bytes, found)
  failed = failed + 1
  if failed <= SHOWN then io.stderr:write(("%s: %s\n  %s\n"):format(what, found, hex(bytes))) end
end

-- Refused, with this code, and with one line of printable ASCII whatever the input holds (D24).
local function try(rule, what, decode, bytes, code)
  if not counts[rule] then order[#order + 1], counts[rule] = rule, 0 end
  counts[rule] = counts[rule] + 1
  local called <const>, value, message, found = pcall(decode, bytes)
  if not called then return complain(what, bytes, "throws: " .. tostring(value)) end
  if value ~= nil and code == "any" then return end
  if value ~= nil then return complain(what, bytes, "accepted, want " .. code) end
  if found ~= code and code ~= "any" then return complain(what, bytes, ("%s (%s), want %s"):format(found, message, code)) end
  if not message:find "^[ -~]+$" then complain(what, bytes, "message of more than one printable line") end
end

local function try_encoding(structure, root, node)
  local encoded <const> = tree.encode(node)
  node.allows_empty = structure.allows_empty
  for _, rule in ipairs(rules) do
    rule.apply(node, encoded, function(replacement)
      local code <const> = structure.judge and structure.judge(node.path, replacement) or rule.code
      try(rule.name, structure.name .. node.path, structure.decode, tree.encode(root, node, replacement), code)
    end)
  end
end

local function try_ends(structure)
  local bytes <const> = structure.bytes
  for size = 0, #bytes - 1 do try("nothing cut off", structure.name, structure.decode, bytes:sub(1, size), "truncated") end
  for more = 0, 255 do
    try("nothing follows", structure.name, structure.decode, bytes .. string.char(more), "trailing_bytes")
  end
  local many <const>, large <const> = "\x9a\0\1\0\0" .. ("\0"):rep(ITEMS), tree.head(2, structure.most or BYTES)
  try("items", structure.name, structure.decode, many, "too_many_items")
  try("size", structure.name, structure.decode, large .. ("\0"):rep(structure.most or BYTES), "too_large")
end

local function places_of(structure)
  for kind, list in pairs(fields) do
    if structure[kind] then return list(structure), kind end
  end
  return {}
end

local function try_meaning(structure, root, nodes)
  local list <const>, kind = places_of(structure)
  local by_path <const> = {}
  for _, node in ipairs(nodes) do by_path[node.path] = by_path[node.path] or node end
  for _, place in ipairs(list) do
    local node <const> = by_path[place.path]
    if node then
      place.kind(function(bytes, code)
        try("meaning: " .. kind, structure.name .. node.path, structure.decode, tree.encode(root, node, bytes), code)
      end)
    end
  end
end

for _, structure in ipairs(structures) do
  local root <const> = tree.parse(structure.bytes, structure.opened)
  assert(tree.encode(root) == structure.bytes and structure.decode(structure.bytes) ~= nil, structure.name)
  local nodes <const> = tree.nodes(root)
  for _, node in ipairs(nodes) do try_encoding(structure, root, node) end
  try_ends(structure)
  try_meaning(structure, root, nodes)
end
require "badin.schema"(function(decode, bytes, code) try("meaning: schema", "schema", decode, bytes, code) end)

local total = 0
for _, rule in ipairs(order) do
  print(("%8d  %s"):format(counts[rule], rule))
  total = total + counts[rule]
end
print(("%d bad inputs, %d not refused as expected"):format(total, failed))
os.exit(failed == 0 and 0 or 1)
