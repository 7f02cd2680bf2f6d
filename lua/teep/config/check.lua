--- Checks a configuration table against a description and completes it.
-- A description is a table with `type` and, where it applies, `required`, `default`, `min`, `max`:
--
-- | `type` | further fields | result |
-- |---|---|---|
-- | `string` | `pattern`, `hint` | as given |
-- | `integer` | `min`, `max` | as given |
-- | `enum` | `values` (list of strings) | as given |
-- | `path` | | absolute, or relative to the folder of the file |
-- | `uuid` | | 16 bytes |
-- | `list` | `of`, `min` | list |
-- | `record` | `fields` (name -> description) | table |
-- | `data` | | any plain data, as given |
-- | `custom` | `check(value, context) -> value, or nil or false, and why` | its result |
--
-- The first fault ends the check with one line: field, what was found, what is wanted.
-- @module teep.config.check
local errors <const> = require "teep.errors"

local check = {}

--- How a UUID looks, for messages.
check.uuid_hint = "a UUID like 550e8400-e29b-41d4-a716-446655440000"

local depth_limit <const> = 8

-- Edit distance, for names a few letters long (Levenshtein).
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local above = row[j]
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(above + 1, row[j - 1] + 1, diagonal + cost)
      diagonal = above
    end
  end
  return row[#b]
end

--- The known name that is most like a given one.
-- @tparam string name
-- @tparam table known table whose keys are the known names
-- @treturn string|nil nearest nil when none is near
function check.nearest(name, known)
  local best, best_distance = nil, math.max(2, #name // 3) + 1
  for candidate in pairs(known) do
    local d = distance(name, candidate)
    if d < best_distance or (d == best_distance and best and candidate < best) then
      best, best_distance = candidate, d
    end
  end
  return best
end

local function shown(value)
  if type(value) == "userdata" then return "null" end -- of JSON
  if type(value) == "string" then return ("%q"):format(#value > 40 and value:sub(1, 40) .. "..." or value) end
  if type(value) == "table" or type(value) == "function" then return "a " .. type(value) end
  return tostring(value)
end

-- Throws a fault, caught in check.table: keeps the checks below free of plumbing.
local function fault(field, format, ...)
  error({ fault = (field == "" and "" or field .. ": ") .. format:format(...) }, 0)
end

local function expect(field, value, kind)
  if type(value) ~= kind then fault(field, "want a %s, found %s", kind, shown(value)) end
end

local function join(field, name) return field == "" and name or field .. "." .. name end

local kinds = {}

local function apply(field, value, description, context)
  if value == nil then
    if description.required then fault(field, "is missing") end
    value = description.default
    if value == nil then return nil end
  end
  return kinds[description.type](field, value, description, context)
end

function kinds.string(field, value, description)
  expect(field, value, "string")
  if not value:find(description.pattern or ".") then
    fault(field, "want %s, found %s", description.hint or "a text that is not empty", shown(value))
  end
  return value
end

function kinds.integer(field, value, description)
  local low, high = description.min or 0, description.max or math.maxinteger
  if math.type(value) ~= "integer" or value < low or value > high then
    fault(field, "want a whole number from %d%s, found %s", low,
      description.max and " to " .. high or "", shown(value))
  end
  return value
end

function kinds.boolean(field, value)
  expect(field, value, "boolean")
  return value
end

function kinds.enum(field, value, description)
  for _, known in ipairs(description.values) do
    if value == known then return value end
  end
  fault(field, "want one of %s, found %s", table.concat(description.values, ", "), shown(value))
end

function kinds.path(field, value, _, context)
  expect(field, value, "string")
  if value == "" or value:find("\0", 1, true) then fault(field, "want a path, found %s", shown(value)) end
  local path = check.resolve(value, context.folder)
  if context.paths then table.insert(context.paths, path) end
  return path
end

function kinds.uuid(field, value)
  expect(field, value, "string")
  local bytes = check.uuid(value)
  return bytes or fault(field, "want %s, found %s", check.uuid_hint, shown(value))
end

function kinds.list(field, value, description, context)
  expect(field, value, "table")
  local list = {}
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 or key > #value then
      fault(join(field, tostring(key)), "this is a list, it has no names")
    end
  end
  for i, item in ipairs(value) do
    list[i] = apply(("%s[%d]"):format(field, i), item, description.of, context)
  end
  local least = description.min or 0
  if #list < least then fault(field, "want at least %d, found %d", least, #list) end
  return list
end

function kinds.record(field, value, description, context)
  expect(field, value, "table")
  local names = {}
  for name in pairs(value) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for _, name in ipairs(names) do
    if not description.fields[name] then
      local near = check.nearest(name, description.fields)
      fault(join(field, name), "unknown setting%s", near and (", did you mean %q?"):format(near) or "")
    end
  end
  local record, known = {}, {}
  for name in pairs(description.fields) do known[#known + 1] = name end
  table.sort(known)
  for _, name in ipairs(known) do
    record[name] = apply(join(field, name), value[name], description.fields[name], context)
  end
  return record
end

local function plain(field, value, depth)
  local kind = type(value)
  if kind == "table" then
    if depth > depth_limit then fault(field, "nested deeper than %d", depth_limit) end
    for key, item in pairs(value) do plain(join(field, tostring(key)), item, depth + 1) end
  elseif kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    fault(field, "want plain data, found %s", shown(value))
  end
end

function kinds.data(field, value)
  expect(field, value, "table")
  plain(field, value, 1)
  return value
end

function kinds.custom(field, value, description, context)
  local result, why = description.check(value, context)
  if not result then fault(field, "%s", why) end
  return result
end

--- A path as a configuration means it.
-- @tparam string path
-- @tparam string folder where the configuration lies
-- @treturn string path
function check.resolve(path, folder)
  if path:sub(1, 1) == "/" or folder == "." then return path end
  return folder .. "/" .. path
end

--- The 16 bytes of a UUID in text form (RFC 4122).
-- @tparam string text
-- @treturn string|nil bytes nil when it is not one
function check.uuid(text)
  if not text:find("^%x+%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+$") then return nil end
  local hex = text:gsub("-", "")
  if #hex ~= 32 or #text:match("^%x+") ~= 8 then return nil end
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

--- Check a table.
-- @tparam table value
-- @tparam table description of type `record`
-- @tparam table context `folder`: what relative paths are relative to; `paths`: list that gets every path
-- @treturn[1] table checked completed copy
-- @treturn[2] nil, string, string message and code `config_invalid`
function check.table(value, description, context)
  local ok, result = pcall(apply, "", value, description, context)
  if ok then return result end
  if type(result) ~= "table" or not result.fault then error(result, 0) end
  return errors.fail("config_invalid", "%s", result.fault)
end

return check
