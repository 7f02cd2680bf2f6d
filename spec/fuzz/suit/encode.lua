--- Cases as envelopes. A case is one of spec/suit/oracle/generate.lua, and more of everything: see
-- spec/fuzz/suit/vocabulary.lua. Where a value is a table with a field `item`, its bytes stand for themselves.
-- What is signed has a MAC, by a key that is always the same: the same case makes the same bytes.
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local encryption <const> = require "fixtures.suit_encryption"
local head <const> = require("badin.tree").head

local encode = {}

--- Who signs.
encode.signer = encryption.symmetric("HMAC-256", ("k"):rep(32), "mac")

--- What else stands in an envelope of the root.
encode.integrated = { "#x", "x", "#xyz", "xyz", "#y", "y" }

local UINT <const>, NEGATIVE <const>, BYTES <const>, TEXT <const>, ARRAY <const>, MAP <const> = 0, 1, 2, 3, 4, 5

local function bytes(content) return head(BYTES, #content) .. content end

local function text(content) return head(TEXT, #content) .. content end

local function int(number)
  if number < 0 then return head(NEGATIVE, ~number) end
  return head(UINT, number)
end

local function array(items) return head(ARRAY, #items) .. table.concat(items) end

-- Entries are encoded keys and values; sorted by key.
local function map(entries)
  table.sort(entries, function(a, b) return a[1] < b[1] end)
  local parts <const> = { head(MAP, #entries) }
  for i, entry in ipairs(entries) do parts[i + 1] = entry[1] .. entry[2] end
  return table.concat(parts)
end

local function identifier(names)
  local items <const> = {}
  for i, name in ipairs(type(names) == "table" and names or { names }) do items[i] = bytes(name) end
  return array(items)
end

local function digest(content) return array{ int(-16), bytes(crypto.digest("SHA-256", content)) } end

local function plain(value)
  if type(value) == "table" then return value.item or array{} end
  if type(value) == "string" then return bytes(value) end
  if type(value) == "boolean" then return value and "\xf5" or "\xf4" end
  return int(value)
end

-- Of `child` and `grand` it is the digest of their manifests.
local function image_digest(case, value)
  if type(value) ~= "string" then return plain(value) end
  local manifest <const> = (value == "child" or value == "grand") and case[value]
  return bytes(digest(manifest and manifest.bytes and bytes(manifest.bytes) or value))
end

--- Labels of parameters by name.
encode.labels = {
  vendor_identifier = 1, class_identifier = 2, image_digest = 3, use_before = 4, component_slot = 5, strict_order = 12,
  soft_failure = 13, image_size = 14, content = 18, encryption_info = 19, uri = 21, source_component = 22,
  invoke_args = 23, device_identifier = 24, minimum_battery = 26, update_priority = 27, version = 28, wait_info = 29,
  component_metadata = 30,
}

local function value_of(case, name, value)
  if name == "image_digest" then return image_digest(case, value) end
  if name == "uri" and type(value) == "string" then return text(value) end
  return plain(value)
end

--- Keys in an order that is always the same.
function encode.keys(table_)
  local list <const> = {}
  for key in pairs(table_) do list[#list + 1] = key end
  table.sort(list, function(a, b)
    if type(a) ~= type(b) then return type(a) == "number" end
    return a < b
  end)
  return list
end

local function parameters(case, values)
  if values.item then return values.item end
  local entries <const> = {}
  for _, name in ipairs(encode.keys(values)) do
    local key <const> = encode.labels[name] and int(encode.labels[name]) or math.type(name) and int(name) or text(name)
    entries[#entries + 1] = { key, value_of(case, name, values[name]) }
  end
  return map(entries)
end

local sequence

local arguments <const> = {}

arguments[12] = function(_, value)
  if type(value) ~= "table" then return plain(value) end
  local items <const> = {}
  for i, index in ipairs(value) do items[i] = int(index) end
  return array(items)
end

arguments[15] = function(case, list)
  local items <const> = {}
  for i, branch in ipairs(list) do items[i] = branch and bytes(sequence(case, branch)) or "\xf6" end
  return array(items)
end

arguments[19], arguments[20] = parameters, parameters

arguments[32] = function(case, list) return bytes(sequence(case, list[1] or {})) end

local function by_index(entries, encode_value)
  local list <const> = {}
  for i, entry in ipairs(entries) do list[i] = { int(entry[1]), encode_value(entry[2]) } end
  return map(list)
end

arguments[34] = function(case, entries)
  return by_index(entries, function(values) return parameters(case, values) end)
end

arguments[35] = function(_, entries)
  return by_index(entries, function(names)
    local items <const> = {}
    for i, name in ipairs(names) do items[i] = int(encode.labels[name] or name) end
    return array(items)
  end)
end

function sequence(case, list)
  local items <const> = {}
  for _, command in ipairs(list) do
    local code <const>, argument <const> = command[1], command[2]
    items[#items + 1] = int(code)
    if type(argument) == "table" and argument.item then
      items[#items + 1] = argument.item
    elseif arguments[code] then
      items[#items + 1] = arguments[code](case, argument)
    else
      items[#items + 1] = plain(argument or 0)
    end
  end
  return array(items)
end

-- Below `at` per mille of the bytes something is changed.
local function change(content, edits)
  for _, edit in ipairs(edits or {}) do
    local at <const> = #content * edit.at // 1000
    content = content:sub(1, at) .. edit.insert .. content:sub(at + 1 + edit.remove)
  end
  return content
end

local function common(case, manifest)
  local components <const>, entries <const> = {}, {}
  for i, name in ipairs(manifest.components) do components[i] = identifier(name) end
  if #components > 0 then entries[1] = { int(2), array(components) } end
  if manifest.dependency then
    local prefix <const> = map{ { int(1), identifier(manifest.depends or "child") } }
    entries[#entries + 1] = { int(1), map{ { int(manifest.dependency), prefix } } }
  end
  if manifest.shared then entries[#entries + 1] = { int(4), bytes(sequence(case, manifest.shared)) } end
  return bytes(map(entries))
end

-- Sections that are severed leave their digest behind; `members` gets them.
local function section(case, manifest, label, members)
  local content <const> = bytes(sequence(case, manifest.sections[label]))
  local severed <const> = (manifest.severed or {})[label]
  if not severed then return content end
  if severed ~= "absent" then members[#members + 1] = { int(label), content } end
  return digest(severed == "changed" and "other" or content)
end

local function manifest_of(case, manifest, members)
  local fields <const> = {
    [1] = int(1), [2] = int(1), [3] = common(case, manifest), [5] = identifier(manifest.id),
  }
  for label in pairs(manifest.sections) do fields[label] = section(case, manifest, label, members) end
  for label, value in pairs(manifest.fields or {}) do fields[label] = value ~= false and plain(value) or nil end
  local entries <const> = {}
  for _, label in ipairs(encode.keys(fields)) do entries[#entries + 1] = { int(label), fields[label] } end
  return change(map(entries), manifest.edits)
end

--- The authentication wrapper of a manifest, as a byte string.
function encode.wrapper(manifest)
  local payload <const> = digest(bytes(manifest))
  local block <const> = assert(cose.mac0{ key = encode.signer, payload = payload, detached = true })
  return bytes(array{ bytes(payload), bytes(block) })
end

-- Members are encoded keys and values.
local function envelope(manifest, members)
  members[#members + 1] = { int(2), encode.wrapper(manifest) }
  members[#members + 1] = { int(3), bytes(manifest) }
  return map(members)
end

local function build(case, manifest, members)
  manifest.bytes = manifest_of(case, manifest, members)
  manifest.envelope = envelope(manifest.bytes, members)
  return manifest.envelope
end

--- Encode and sign a case; its manifests keep `bytes` and `envelope`.
-- @treturn string envelope
function encode.case(case)
  local members <const> = {}
  if case.grand then build(case, case.grand, {}) end
  if case.child then
    build(case, case.child, case.grand and { { text "#grand", bytes(case.grand.envelope) } } or {})
    members[1] = { text "#child", bytes(case.child.envelope) }
  end
  for i = 1, #encode.integrated, 2 do
    members[#members + 1] = { text(encode.integrated[i]), bytes(encode.integrated[i + 1]) }
  end
  return change(build(case, case.root, members), case.edits)
end

--- Items for others to build with.
encode.text, encode.bytes, encode.int, encode.array, encode.map = text, bytes, int, array, map

return encode
