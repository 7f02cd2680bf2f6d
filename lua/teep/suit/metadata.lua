--- Structured parameters of draft-ietf-suit-update-management-14: versions, events to wait for, metadata of
-- components. Descriptions for teep.schema; what they mean to a device is the device's.
-- @module teep.suit.metadata
local metadata = {}

local number <const> = { type = "uint" }
local int <const> = { type = "int" }
local time <const> = { type = "uint64" }

local function map(fields)
  for _, field in ipairs(fields) do field.of = field.of or number end
  return { type = "map", sorted = true, unknown = "keep", fields = fields }
end

--- Comparisons of section 4.4.
metadata.comparisons = { greater = 1, greater_equal = 2, equal = 3, lesser_equal = 4, lesser = 5 }

local version_match <const> = {
  type = "tuple",
  fields = {
    { name = "comparison", of = { type = "enum", values = metadata.comparisons } },
    { name = "version", of = { type = "array", of = int, min = 1, max = 16 } },
  },
}

--- Parameter version (section 4.4).
metadata.version = { type = "wrapped", of = version_match }

local other_device <const> = {
  type = "tuple",
  fields = {
    { name = "device_identifier", of = { type = "bytes" } },
    { name = "versions", of = { type = "array", of = version_match, min = 1, max = 16 }, optional = true },
  },
}

--- Parameter wait-info (section 4.5).
metadata.wait = { type = "wrapped", of = map{
  { label = 1, name = "authorization", of = int }, { label = 2, name = "power", of = int },
  { label = 3, name = "network", of = int }, { label = 4, name = "other_device", of = other_device },
  { label = 5, name = "time", of = time }, { label = 6, name = "time_of_day" },
  { label = 7, name = "day_of_week" }, { label = 8, name = "time_of_day_utc" },
  { label = 9, name = "day_of_week_utc" },
} }

local actor <const> = {
  type = "choice",
  of = { { type = "tag", tag = 37, of = { type = "bytes", min = 16, max = 16 } }, { type = "bytes" },
    { type = "text" }, int },
}
local permissions <const> = { type = "table", keys = actor, of = number, max = 64 }
local file_type <const> = { type = "enum", values = { regular = 1, directory = 2, symlink = 3 } }
local tagged_time <const> = { type = "tag", tag = 1, of = number }

--- Parameter component-metadata (section 4.6).
metadata.component = { type = "wrapped", of = map{
  { label = 1, name = "default_permissions" }, { label = 2, name = "user_permissions", of = permissions },
  { label = 3, name = "group_permissions", of = permissions },
  { label = 4, name = "role_permissions", of = permissions },
  { label = 5, name = "file_type", of = file_type },
  { label = 6, name = "modification_time", of = tagged_time },
  { label = 7, name = "creation_time", of = tagged_time }, { label = 8, name = "creator", of = actor },
} }

local holds <const> = {
  greater = function(sign) return sign > 0 end, greater_equal = function(sign) return sign >= 0 end,
  equal = function(sign) return sign == 0 end, lesser_equal = function(sign) return sign <= 0 end,
  lesser = function(sign) return sign < 0 end,
}

--- Compare a version with the one wanted, number by number as far as the wanted one goes; a number the device
-- lacks counts as 0, so that a pre-release (negative) is older than its release.
-- @tparam table wanted `{ comparison, version }`
-- @tparam {integer,...} found of the device
-- @treturn boolean
-- @usage metadata.matches({ comparison = "equal", version = { 1 } }, { 1, 4 }) --> true
function metadata.matches(wanted, found)
  local sign = 0
  for i, number_wanted in ipairs(wanted.version) do
    local own <const> = found[i] or 0
    if own ~= number_wanted then
      sign = own > number_wanted and 1 or -1
      break
    end
  end
  return holds[wanted.comparison](sign)
end

return metadata
