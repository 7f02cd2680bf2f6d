--- Configuration files.
-- A configuration is a Lua file that returns a table. It is loaded as text and runs without any
-- global: it can compute, it can reach nothing. Paths in it are relative to the file.
-- @module teep.config
local check <const> = require "teep.config.check"
local errors <const> = require "teep.errors"

local config = {}

local roles <const> = { tam = "teep.config.tam", device = "teep.config.device" }

local function fail(path, message)
  return errors.fail("config_invalid", "%s: %s", path, (message:gsub("[\r\n]+", " ")))
end

-- Lua's own messages begin with the chunk name, which is the path already.
local function without_chunk(path, message)
  message = tostring(message)
  local prefix = path .. ":"
  return message:sub(1, #prefix) == prefix and "line " .. message:sub(#prefix + 1) or message
end

local function read(path)
  local file, reason = io.open(path, "rb")
  if not file then return nil, (reason:gsub("^.*: ", "")) end
  local text = file:read("a")
  file:close()
  if not text then return nil, "is not a readable file" end
  return text
end

--- The table a configuration file returns, unchecked.
-- @tparam string path
-- @treturn[1] table
-- @treturn[2] nil, string, string message and code `config_invalid`
function config.evaluate(path)
  local text, reason = read(path)
  if not text then return fail(path, reason) end
  local chunk, syntax = load(text, "@" .. path, "t", {})
  if not chunk then return fail(path, without_chunk(path, syntax)) end
  local ok, result = pcall(chunk)
  if not ok then return fail(path, without_chunk(path, result)) end
  if type(result) ~= "table" then return fail(path, "has to return a table") end
  return result
end

--- Load and check a configuration.
-- @tparam string path
-- @tparam string role `tam` or `device`
-- @treturn[1] table configuration complete, with absolute or working-folder-relative paths
-- @treturn[2] nil, string, string one line with file and field, and code `config_invalid`
-- @usage local settings, message = config.load("tam.lua", "tam")
function config.load(path, role)
  local value, message, code = config.evaluate(path)
  if not value then return nil, message, code end
  local context = { folder = path:match("^(.*)/[^/]*$") or "." }
  if context.folder == "" then context.folder = "/" end
  local checked, why = check.table(value, require(roles[role]), context)
  if not checked then return fail(path, why) end
  return checked
end

--- Load a configuration of either role: what has `driver` or `tam_uri` is a device's.
-- @tparam string path
-- @treturn[1] table configuration
-- @treturn[1] string role `tam` or `device`
-- @treturn[2] nil, string, string message and code
function config.load_any(path)
  local value, message, code = config.evaluate(path)
  if not value then return nil, message, code end
  local role = (value.driver ~= nil or value.tam_uri ~= nil) and "device" or "tam"
  local checked, why, reason = config.load(path, role)
  if not checked then return nil, why, reason end
  return checked, role
end

return config
