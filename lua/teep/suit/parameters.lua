--- Parameters of SUIT commands (draft-ietf-suit-manifest section 8.4.8): one row each.
-- A row says how the parameter looks and, where a value can be well-formed and yet of no use here, how
-- that is found out before anything runs.
-- @module teep.suit.parameters
local digest <const> = require "teep.suit.digest"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local metadata <const> = require "teep.suit.metadata"
local rights <const> = require "teep.suit.rights"

local parameters = {}

local uuid <const> = { type = "bytes", min = 16, max = 16 }

-- A relative OID below the private enterprise numbers; shorter than a UUID, so that neither is taken for the
-- other (section 8.4.8.2).
local pen <const> = { type = "tag", tag = 112, of = { type = "bytes", min = 1, max = 15 } }

-- Back ends measure with SHA-256, the one algorithm every processor has (section 10).
local function measurable(value)
  local ok, message, code = digest.check(value, "image-digest")
  if ok and value.algorithm ~= "SHA-256" then
    return errors.fail("unsupported_algorithm", "image-digest: %s, components are measured with SHA-256",
      value.algorithm)
  end
  return ok, message, code
end

local function fail_unsupported(name)
  return errors.fail("parameter_unsupported", "parameter %s is not supported by this device", name)
end

local function check_encryption(_, scope)
  if scope.device and not scope.decrypt then return fail_unsupported "encryption-info (19)" end
  return true
end

local function check_wait(events, scope)
  local label <const> = next(events.unknown or {})
  if label then
    return errors.fail("parameter_unsupported", "wait-info: event %s is not known", labels.shown(label))
  end
  for name in pairs(events) do
    if scope.device and not (scope.device.wait or {})[name] then
      return fail_unsupported("wait-info (29) with " .. name)
    end
  end
  return true
end

local function check_metadata(value, scope)
  local label <const> = next(value.unknown or {})
  if label then
    return errors.fail("parameter_unsupported", "component-metadata: key %s is not known",
      labels.shown(label))
  end
  if scope.device and not scope.device.metadata then return fail_unsupported "component-metadata (30)" end
  return true
end

local function check_source(position, scope)
  if not scope.manifest.positions[position] then
    return errors.fail("component_unsupported", "source-component: there is no component %d", position)
  end
  scope.sources[position] = true
  return true
end

local function check_uri(uri, scope)
  if #uri > scope.limits.uri_bytes then
    return errors.fail("limit_reached", "uri: %d bytes, limit %d", #uri, scope.limits.uri_bytes)
  end
  return true
end

-- Section 8.4.8.15: what is to be processor-wide does not belong to a component.
parameters.rows = {
  { label = 1, name = "vendor_identifier", of = { type = "choice", of = { uuid, pen } } },
  { label = 2, name = "class_identifier", of = uuid },
  { label = 3, name = "image_digest", of = { type = "wrapped", of = digest.description },
    check = measurable },
  { label = 4, name = "use_before", of = { type = "uint64" } },
  { label = 5, name = "component_slot", of = { type = "uint" } },
  { label = 12, name = "strict_order", of = { type = "bool" }, wide = true },
  { label = 13, name = "soft_failure", of = { type = "bool" }, wide = true },
  { label = 14, name = "image_size", of = { type = "uint" } },
  { label = 18, name = "content", of = { type = "bytes" } },
  { label = 19, name = "encryption_info", of = { type = "bytes" }, check = check_encryption },
  { label = 21, name = "uri", of = { type = "text" }, check = check_uri },
  { label = 22, name = "source_component", of = { type = "uint" }, check = check_source },
  { label = 23, name = "invoke_args", of = { type = "bytes" } },
  { label = 24, name = "device_identifier", of = uuid },
  { label = 26, name = "minimum_battery", of = { type = "uint" } },
  { label = 27, name = "update_priority", of = { type = "int" } },
  { label = 28, name = "version", of = metadata.version },
  { label = 29, name = "wait_info", of = metadata.wait, check = check_wait },
  { label = 30, name = "component_metadata", of = metadata.component, check = check_metadata },
}

--- Rows by name, and names by label.
parameters.by_name, parameters.names = {}, {}
for _, row in ipairs(parameters.rows) do
  parameters.by_name[row.name], parameters.names[row.label] = row, row.name
end

--- Labels of parameters.
-- @tparam {string,...} names
-- @treturn {integer,...} in ascending order
function parameters.labels(names)
  local list <const> = {}
  for i, name in ipairs(names) do list[i] = parameters.by_name[name].label end
  table.sort(list)
  return list
end

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

local function check_value(value, scope, row)
  local ok, message, code = true, nil, nil
  if row.check then ok, message, code = row.check(value, scope) end
  if ok then ok, message, code = rights.check_use(scope.rights, "parameters", row.label) end
  return ok, message, code
end

-- Without rights there is nothing to find out about the others.
local judged <const> = {}
for _, row in ipairs(parameters.rows) do judged[#judged + 1] = row.check and row or nil end

--- Check a decoded argument: only parameters that are known, with values of use.
-- @tparam table values
-- @tparam table scope of teep.suit.scan
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `parameter_unsupported`, `unsupported_algorithm`, `size_out_of_range`,
--   `component_unsupported`, `limit_reached`, `denied`
function parameters.check(values, scope)
  local rows <const> = scope.rights and parameters.rows or judged
  for i = 1, #rows do
    local row <const> = rows[i]
    local value <const> = values[row.name]
    if value ~= nil then
      local check <const> = scope.rights and check_value or row.check
      local ok, message, code = check(value, scope, row)
      if not ok then return ok, message, code end
    end
  end
  if not values.unknown then return true end
  return errors.fail("parameter_unsupported", "parameter %s is not supported",
    labels.describe(labels.parameters, (next(values.unknown))))
end

return parameters
