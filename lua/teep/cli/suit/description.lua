--- Descriptions of SUIT manifests: a small Lua or JSON file, checked, with the files it names read.
-- @module teep.cli.suit.description
local check <const> = require "teep.config.check"
local component_id <const> = require "teep.component_id"
local content <const> = require "teep.cli.suit.content"
local errors <const> = require "teep.errors"
local fields <const> = require "teep.cli.suit.fields"
local files <const> = require "teep.cli.files"
local json <const> = require "teep.daemon.json"
local loader <const> = require "teep.policy.loader"

local description = {}

local function check_component(given, path)
  for _, name in ipairs(given.inline and { "uri", "staging" } or {}) do
    if given[name] then return content.invalid(path, name, "not together with inline") end
  end
  if not given.slots then return content.check(given, path) end
  for _, name in ipairs{ "payload", "uri", "digest", "size", "inline", "staging", "encryption" } do
    if given[name] then return content.invalid(path, name, "not together with slots") end
  end
  return true
end

local function component(given, position, whole)
  local path <const> = ("components[%d]"):format(position)
  local ok <const>, message <const>, code <const> = check_component(given, path)
  if not ok then return ok, message, code end
  local made <const> =
    { id = given.id, inline = given.inline, staging = given.staging, metadata = given.metadata }
  for _, name in ipairs{ "vendor", "class", "device" } do
    made[name .. "_identifier"] = given[name] or whole[name]
    if name ~= "device" and not made[name .. "_identifier"] then
      return content.invalid(path, name, "is missing, here and at the top")
    end
  end
  return content.fill(made, given, path)
end

local function dependency(given, position)
  local path <const> = ("dependencies[%d]"):format(position)
  local made <const> = { id = given.id, uri = given.uri, digest = given.digest }
  if given.envelope then
    if given.digest then
      return content.invalid(path, "digest", "not together with envelope, it is in there")
    end
    local envelope <const>, message <const>, code <const> = content.read(given, path, "envelope")
    if not envelope then return envelope, message, code end
    made.envelope = envelope
  else
    for _, name in ipairs{ "id", "uri", "digest" } do
      if not given[name] then return content.invalid(path, name, "is missing (or envelope)") end
    end
  end
  return made
end

local function each(list, fn, whole)
  local made <const> = {}
  for i, given in ipairs(list) do
    local message, code
    made[i], message, code = fn(given, i, whole)
    if not made[i] then return nil, message, code end
  end
  return made
end

local function invoke(given, components)
  if not given then return nil end
  for i, made in ipairs(components) do
    if component_id.equal(made.id, given.component) then
      return { index = i - 1, arguments = given.arguments }
    end
  end
  return content.invalid("invoke", "component", "%s is none of the components",
    component_id.format(given.component))
end

--- Check a description and read the files it names.
-- @tparam table value as a file returns it
-- @tparam string folder what paths are relative to
-- @treturn[1] table what `suit.create` takes
-- @treturn[1] {string,...} the files it names
-- @treturn[2] nil, string, string message that names the field, counted from 1 in lists, and code:
--   `config_invalid` and those of files, keys and encryption
function description.resolve(value, folder)
  local paths <const> = {}
  local checked, message, code = check.table(value, fields.description, { folder = folder, paths = paths })
  if not checked then return checked, message, code end
  local components, dependencies, started
  components, message, code = each(checked.components, component, checked)
  if not components then return components, message, code end
  dependencies, message, code = each(checked.dependencies, dependency)
  if not dependencies then return dependencies, message, code end
  started, message, code = invoke(checked.invoke, components)
  if code then return nil, message, code end
  if #components + #dependencies == 0 then
    return errors.fail("config_invalid", "components: want at least one, or a dependency")
  end
  return {
    manifest_component_id = checked.manifest, sequence_number = checked.sequence_number,
    reference_uri = checked.reference_uri, version = checked.version, components = components,
    dependencies = dependencies, conditions = checked.conditions, invoke = started, text = checked.text,
    severed = checked.severed,
  }, paths
end

local function evaluate(path)
  if not path:find "%.json$" then return loader.load(path:find "/" and path or "./" .. path, {}) end
  local text, message, code = files.read(path)
  if not text then return text, message, code end
  local value <const>, why <const>, reason <const> = json.decode(text)
  if value == nil then return nil, ("%s: %s"):format(path, why), reason end
  if type(value) ~= "table" then return errors.fail("config_invalid", "%s: want an object", path) end
  return value
end

--- Load a description.
-- @tparam string path JSON when it ends in `.json`, Lua otherwise: run in the sandbox of policies
-- @tparam[opt] table changes fields that take the place of those in the file
-- @treturn[1] table what `suit.create` takes
-- @treturn[1] {string,...} the files it names
-- @treturn[2] nil, string, string one line that begins with the path
-- @usage local given = assert(description.load("hello.lua", { sequence_number = 7 }))
function description.load(path, changes)
  local value, message, code = evaluate(path)
  if not value then return value, message, code end
  local changed <const> = {}
  for _, set in ipairs{ value, changes or {} } do
    for name, field in pairs(set) do changed[name] = field end
  end
  local folder <const> = path:match "^(.*)/[^/]*$" or "."
  local given <const>, why <const>, reason <const> =
    description.resolve(changed, folder == "" and "/" or folder)
  if not given then return nil, ("%s: %s"):format(path, why), reason end
  return given, why
end

return description
