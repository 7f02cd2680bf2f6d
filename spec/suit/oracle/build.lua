--- Cases of the generator as signed envelopes; every command learns at which byte of its section it stands.
local cbor <const> = require "teep.cbor"
local generate <const> = require "suit.oracle.generate"
local raw <const> = require "fixtures.suit_raw"

local build = {}

local labels <const> = {
  image_digest = 3, component_slot = 5, strict_order = 12, soft_failure = 13, image_size = 14, content = 18, uri = 21,
  source_component = 22,
}

local function digest_of(case, text)
  if text == "child" and case.child then return raw.payload_of(case.child.bytes) end
  return cbor.encode(raw.digest(text))
end

local function parameters(case, values)
  local map <const> = cbor.map()
  for name, value in pairs(values) do
    if name == "uri" then value = cbor.text(value) end
    if name == "image_digest" then value = digest_of(case, value) end
    map[#map + 1] = { labels[name], value }
  end
  return map
end

local encode

local arguments <const> = {
  [12] = function(_, value) return type(value) == "table" and raw.array(value) or value end,
  [15] = function(case, list)
    local array <const> = cbor.array()
    for i, branch in ipairs(list) do array[i] = branch and encode(case, branch) or cbor.null end
    return array
  end,
  [19] = parameters, [20] = parameters,
  [32] = function(case, list) return encode(case, list[1]) end,
  [34] = function(case, entries)
    return cbor.map{ { entries[1][1], parameters(case, entries[1][2]) } }
  end,
  [35] = function(_, entries)
    return cbor.map{ { entries[1][1], cbor.array{ labels[entries[1][2][1]] } } }
  end,
}

function encode(case, list)
  local array <const> = cbor.array()
  for _, command in ipairs(list) do
    local argument <const> = arguments[command[1]]
    array[#array + 1] = command[1]
    array[#array + 1] = argument and argument(case, command[2]) or not argument and 0
  end
  return cbor.encode(array)
end

-- Nested sequences are found again as the bytes they were encoded to, in order.
local function place(case, list, bytes, base)
  local items <const> = assert(cbor.items(bytes))
  for i, command in ipairs(list) do
    command.offset = base + items[2 * i - 1].offset
    local argument <const> = items[2 * i]
    local at = 1
    for _, branch in ipairs((command[1] == 15 or command[1] == 32) and command[2] or {}) do
      if branch then
        local inner <const> = encode(case, branch)
        at = assert(argument.bytes:find(inner, at, true))
        place(case, branch, inner, base + argument.offset + at - 1)
        at = at + #inner
      end
    end
  end
end

local function sequence(case, list)
  local bytes <const> = encode(case, list)
  place(case, list, bytes, 0)
  return bytes
end

local function manifest(case, given)
  local fields <const> = { [5] = raw.array{ given.id }, [20] = false, [24] = false }
  for label, list in pairs(given.sections) do fields[label] = sequence(case, list) end
  local ids <const>, common <const> = {}, {}
  for i, name in ipairs(given.components) do ids[i] = { name } end
  if given.dependency then
    common[1] = raw.map{ [given.dependency] = raw.map{ [1] = raw.array{ "child" } } }
  end
  return raw.manifest{
    components = ids, shared = given.shared and sequence(case, given.shared) or false, common = common, fields = fields,
  }
end

--- Encode and sign a case.
-- @treturn string envelope
function build.envelope(case)
  local members <const> = { ["#0"] = false }
  for name, bytes in pairs(generate.integrated) do members[name] = bytes end
  if case.child then
    case.child.bytes = manifest(case, case.child)
    case.child.envelope = raw.envelope(case.child.bytes, { members = { ["#0"] = false } })
    members["#child"] = case.child.envelope
  end
  return raw.envelope(manifest(case, case.root), { members = members })
end

return build
