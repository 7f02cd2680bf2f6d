--- Rules of RFC 8949 that every input of TEEP has to meet (D5): each with all ways we know to break it at one node of
-- a valid tree. `apply(node, encoded, emit)` calls `emit(replacement)` for each.
local tree <const> = require "badin.tree"

local BYTES <const>, TEXT <const>, ARRAY <const>, MAP <const>, TAG <const> = 2, 3, 4, 5, 6
local DEPTH <const>, UNSORTED <const> = 16, 64

local function is_container(node) return node.major == ARRAY or node.major == MAP end

-- All but the head of a node.
local function content(node, encoded) return encoded:sub(#tree.head(node.major, node.argument) + 1) end

local function each(list)
  return function(_, _, emit)
    for _, bytes in ipairs(list) do emit(bytes) end
  end
end

local function long_heads(node, encoded, emit)
  if node.major > TAG then return end
  for _, width in ipairs{ 1, 2, 4, 8 } do
    if #tree.head(node.major, node.argument) <= width then
      emit(tree.head(node.major, node.argument, width) .. content(node, encoded))
    end
  end
end

local function indefinite(node, encoded, emit)
  local major <const> = node.major
  if major == BYTES or major == TEXT then
    emit(string.char(major << 5 | 31) .. encoded .. "\xff")
    emit(string.char(major << 5 | 31) .. "\xff")
  elseif is_container(node) then
    emit(string.char(major << 5 | 31) .. content(node, encoded) .. "\xff")
  end
end

local function reserved(node, encoded, emit)
  for information = 28, 30 do
    emit(string.char(node.major << 5 | information) .. encoded:sub(2))
  end
end

local function duplicates(node, _, emit)
  if node.major ~= MAP then return end
  for key = 1, #node.children, 2 do
    local parts <const> = { tree.head(MAP, node.argument + 1) }
    for i, child in ipairs(node.children) do
      parts[#parts + 1] = tree.encode(child)
      if i == key + 1 then
        parts[#parts + 1] = tree.encode(node.children[key]) .. tree.encode(child)
      end
    end
    emit(table.concat(parts))
  end
end

-- More keys than are compared pairwise, the last of them out of order.
local function unsorted(node, encoded, emit)
  if node.major ~= MAP then return end
  local parts <const> = { tree.head(MAP, node.argument + UNSORTED + 1), content(node, encoded) }
  for i = UNSORTED, 0, -1 do parts[#parts + 1] = tree.head(0, 0x10000 + i) .. "\0" end
  emit(table.concat(parts))
end

local function nested(_, encoded, emit)
  emit(("\x81"):rep(DEPTH + 1) .. encoded)
  emit(("\xc1"):rep(DEPTH + 1) .. encoded)
  emit(("\xa1\0"):rep(DEPTH + 1) .. encoded)
end

-- Every prefix of what a byte string holds, and of the whole input.
local function cut(node, _, emit)
  if not node.wrapped then return end
  for size = node.allows_empty and 1 or 0, #node.content - 1 do
    emit(tree.head(BYTES, size) .. node.content:sub(1, size))
  end
end

local function followed(node, _, emit)
  if not node.wrapped then return end
  for _, more in ipairs{ "\0", "\xff", "\xf6", node.content } do
    emit(tree.head(BYTES, #node.content + #more) .. node.content .. more)
  end
end

-- A label that would act on a terminal, behind all others: whether it is refused depends on the map, what is said not.
local function hostile_label(node, encoded, emit)
  if node.major ~= MAP then return end
  emit(tree.head(MAP, node.argument + 1) .. content(node, encoded) .. "\x6a#\27[2J\r\n\0\x7f!\0")
  emit(tree.head(MAP, node.argument + 1) .. content(node, encoded) .. "\x6a#\27[2J\r\n\0\x7f!\x41x")
end

return {
  { name = "shortest heads", code = "not_shortest", apply = long_heads },
  { name = "shortest floats", code = "not_shortest", apply = each{
    "\xfb\x3f\xf0\0\0\0\0\0\0", "\xfa\x3f\x80\0\0", "\xfb\x47\xef\xff\xff\xe0\0\0\0" } },
  { name = "one NaN", code = "not_shortest", apply = each{
    "\xf9\x7e\1", "\xf9\xfe\0", "\xfa\x7f\xc0\0\0", "\xfb\x7f\xf8\0\0\0\0\0\0" } },
  { name = "definite lengths", code = "indefinite_length", apply = indefinite },
  { name = "no reserved heads", code = "not_well_formed", apply = reserved },
  { name = "breaks and indefinite numbers", code = "not_well_formed", apply = each{ "\xff", "\x1f", "\x3f\0", "\xdf\0" } },
  { name = "simple values", code = "not_well_formed", apply = each{ "\xf8\0", "\xf8\x14", "\xf8\x18", "\xf8\x1f" } },
  { name = "unique keys", code = "duplicate_key", apply = duplicates },
  { name = "unsorted maps are small", code = "unsorted_keys", apply = unsorted },
  { name = "UTF-8", code = "invalid_utf8", apply = each{
    "\x61\xff", "\x61\x80", "\x62\xc0\x80", "\x62\xc3\x28", "\x63\xe0\x80\x80", "\x63\xed\xa0\x80", "\x62\xe2\x82",
    "\x64\xf0\x80\x80\x80", "\x64\xf4\x90\x80\x80", "\x65\xf8\x88\x80\x80\x80" } },
  { name = "counts within the input", code = "truncated", apply = each{
    "\x9a\x40\0\0\0", "\x9b" .. ("\xff"):rep(8), "\xba\x40\0\0\0", "\xbb" .. ("\xff"):rep(8), "\xbb\x80" .. ("\0"):rep(7),
    "\x5a\x7f\xff\xff\xff", "\x5b" .. ("\xff"):rep(8), "\x7a\x7f\xff\xff\xff", "\x7b" .. ("\xff"):rep(8) } },
  { name = "depth", code = "too_deep", apply = nested },
  { name = "labels stay out of messages", code = "any", apply = hostile_label },
  { name = "nothing cut off inside", code = "truncated", apply = cut },
  { name = "nothing follows inside", code = "trailing_bytes", apply = followed },
}
