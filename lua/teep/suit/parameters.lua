--- Parameters of SUIT commands (draft-ietf-suit-manifest section 8.4.8): one row each.
-- A row says how the parameter looks and, where a value can be well-formed and yet of no use here, how
-- that is found out before anything runs.
-- @module teep.suit.parameters
local digest <const> = require "teep.suit.digest"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"

local parameters = {}

local uuid <const> = { type = "bytes", min = 16, max = 16 }

-- Back ends measure with SHA-256, the one algorithm every processor has (section 10).
local function measurable(value)
  local ok, message, code = digest.check(value, "image-digest")
  if ok and value.algorithm ~= "SHA-256" then
    return errors.fail("unsupported_algorithm", "image-digest: %s, components are measured with SHA-256",
      value.algorithm)
  end
  return ok, message, code
end

parameters.rows = {
  { label = 1, name = "vendor_identifier", of = uuid },
  { label = 2, name = "class_identifier", of = uuid },
  { label = 3, name = "image_digest", of = { type = "wrapped", of = digest.description },
    check = measurable },
  { label = 14, name = "image_size", of = { type = "uint" } },
  { label = 21, name = "uri", of = { type = "text" } },
}

--- Fields for teep.schema, with further ones in front.
-- @tparam table ... descriptions of fields
-- @treturn {table,...}
function parameters.fields(...)
  local fields <const> = { ... }
  for _, row in ipairs(parameters.rows) do
    fields[#fields + 1] = { label = row.label, name = row.name, of = row.of }
  end
  return fields
end

--- Check a decoded argument: only parameters that are known, with values of use.
-- @tparam table values
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `parameter_unsupported`, `unsupported_algorithm`, `size_out_of_range`
function parameters.check(values)
  local label <const> = next(values.unknown or {})
  if label then
    return errors.fail("parameter_unsupported", "parameter %s is not supported",
      labels.describe(labels.parameters, label))
  end
  for _, row in ipairs(parameters.rows) do
    if row.check and values[row.name] then
      local ok, message, code = row.check(values[row.name])
      if not ok then return ok, message, code end
    end
  end
  return true
end

return parameters
