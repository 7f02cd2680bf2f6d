--- Parameters of SUIT commands as an author states them (draft-ietf-suit-manifest section 8.4.8).
-- @module teep.suit.author.parameters
local cbor <const> = require "teep.cbor"
local digest <const> = require "teep.suit.digest"
local labels <const> = require "teep.suit.labels"
local metadata <const> = require "teep.suit.metadata"
local schema <const> = require "teep.schema"

local digest_codec <const> = schema.compile(digest.description)
local metadata_codec <const> = schema.compile(metadata.component.of)

-- Structured values stand in a byte string (draft-ietf-suit-firmware-encryption section 4 and
-- draft-ietf-suit-update-management section 4.4).
local writers <const> = {
  ["image-digest"] = function(value) return digest_codec:encode(value) end,
  ["component-metadata"] = function(value) return metadata_codec:encode(value) end,
  uri = cbor.text,
  version = function(value)
    local parts <const> = table.move(value.parts, 1, #value.parts, 1, {})
    return cbor.encode(cbor.array{ value.comparison, cbor.array(parts) })
  end,
}

local numbers <const> = {}
for number, name in pairs(labels.parameters) do numbers[name:gsub("-", "_")] = { number, writers[name] } end

--- Parameters as a generic map of `teep.cbor`.
-- @tparam {[string]=any} values by their names in the drafts, `_` for `-`; `image_digest` as teep.suit.digest
--   has it, `component_metadata` as teep.suit.metadata, `version` as `{ comparison = 1..5, parts =
--   {integer,...} }`, all else as it is encoded
-- @treturn[1] map
-- @treturn[2] nil, string, string the codes of teep.schema
-- @usage parameters{ uri = "#0", image_size = 20 }
return function(values)
  local map <const> = cbor.map()
  for name, value in pairs(values) do
    local number <const>, write <const> = table.unpack(numbers[name])
    local message, code
    if write then value, message, code = write(value) end
    if value == nil then return nil, name .. ": " .. message, code end
    map[#map + 1] = { number, value }
  end
  return map
end
