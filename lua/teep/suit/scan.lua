--- Look through every sequence of a manifest before any of it runs.
-- An Update that would stop halfway is refused whole (draft-ietf-suit-manifest section 6.2,
-- draft-ietf-suit-update-management section 1: unknown commands and parameters).
-- @module teep.suit.scan
local cbor <const> = require "teep.cbor"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local limits <const> = require "teep.suit.limits"
local rights <const> = require "teep.suit.rights"

local scan = {}

local SET_COMPONENT_INDEX <const>, OVERRIDE_MULTIPLE <const> = 12, 34
local VENDOR_IDENTIFIER <const>, CLASS_IDENTIFIER <const> = 1, 2

local function name_of(code) return labels.describe(labels.commands, code) end

local function check_use(scope, code, row)
  if row.needs and scope.device and scope.device[row.needs] == nil then
    return errors.fail("command_unsupported", "%s needs a device that has %s", name_of(code), row.needs)
  end
  if scope.rights then return rights.check_use(scope.rights, "commands", code) end
  return true
end

local function check_place(code, row, place)
  if place.shared and not row.shared then
    return errors.fail("command_forbidden", "%s is not allowed in a shared sequence", name_of(code))
  end
  if row.writes and place.name == "invoke" then
    return errors.fail("command_forbidden", "%s is not allowed in invoke", name_of(code))
  end
  if row.only and row.only ~= place.name then
    return errors.fail("command_forbidden", "%s is allowed in %s alone", name_of(code), row.only)
  end
  return true
end

local function check_command(command, place, scope)
  local row <const>, number <const> = command.row, command.code
  if not row then
    return errors.fail("command_unsupported", "command %s is not supported", name_of(number))
  end
  local ok, message, code = true, nil, nil
  if not row.shared then ok, message, code = check_place(number, row, place) end
  if ok and (row.needs or scope.rights) then ok, message, code = check_use(scope, number, row) end
  if ok and row.check then ok, message, code = row.check(command.argument, scope) end
  return ok, message, code
end

-- What a host may want to find out when it is run: it need not be run at all. When it is, it is refused as it
-- would have been here.
local lenient <const> = { command_unsupported = true, parameter_unsupported = true }

local check_commands

local function check_branches(command, place, scope)
  local inner <const> = setmetatable({
    tolerant = place.tolerant or scope.rules.lenient_unknown and command.row.nested == "several",
  }, { __index = place })
  for _, branch in ipairs(command.branches) do
    if branch ~= cbor.null then
      local ok, message, code, offset = check_commands(branch, inner, scope)
      if not ok then return ok, message, code, offset end
    end
  end
  return true
end

local function check_whole(command, place, scope)
  local ok, message, code = check_command(command, place, scope)
  if not ok then
    local tolerated <const> = place.tolerant and not place.shared and lenient[code]
    if not tolerated then return ok, message, code, command.offset end
    scope.refused[command] = { message = message, code = code }
  end
  if command.branches then return check_branches(command, place, scope) end
  return true
end

function check_commands(commands, place, scope)
  for i = 1, #commands do
    local command <const> = commands[i]
    local harmless <const> = command.row and command.row.harmless and not scope.rights
    if not harmless then
      local ok, message, code, offset = check_whole(command, place, scope)
      if not ok then return ok, message, code, offset end
    end
  end
  return true
end

-- Section 6.5: with several components, or none at index 0, a sequence says first which one it means.
local function check_first(commands, scope)
  local first <const> = commands[1]
  local count <const> = scope.manifest.count
  local means_one <const> = count == 1 and scope.manifest.positions[0]
  if not means_one and first.code ~= SET_COMPONENT_INDEX and first.code ~= OVERRIDE_MULTIPLE then
    return errors.fail("command_forbidden", "starts with %s, want set-component-index (%d components)",
      name_of(first.code), count)
  end
  return true
end

local function check_sequence(commands, place, scope)
  local offset = commands[1].offset
  local ok, message, code = check_first(commands, scope)
  if ok then ok, message, code, offset = check_commands(commands, place, scope) end
  if ok then return true end
  return nil, ("%s at byte %d: %s"):format(place.name, offset, message), code,
    { section = place.label, offset = offset }
end

local SHARED <const> = { label = labels.common, name = "shared-sequence", shared = true }

local function contains(commands, code)
  for _, command in ipairs(commands or {}) do
    if command.code == code then return true end
    for _, branch in ipairs(command.branches or {}) do
      if branch ~= cbor.null and contains(branch, code) then return true end
    end
  end
  return false
end

-- Section 6.2 recommends it; a rule may demand it.
local function check_identity(manifest)
  for _, code in ipairs{ VENDOR_IDENTIFIER, CLASS_IDENTIFIER } do
    if not contains(manifest.shared, code) then
      return errors.fail("condition_failed", "shared-sequence: no %s", name_of(code))
    end
  end
  return true
end

local none <const> = {}
local anybody <const> = { limits = limits.defaults }

local function check_all(manifest, scope)
  if manifest.shared then
    local ok, message, code, where = check_sequence(manifest.shared, SHARED, scope)
    if not ok then return ok, message, code, where end
  end
  for i = 1, #labels.sections do
    local row <const> = labels.sections[i]
    local commands <const> = manifest.sections[row.name]
    if commands then
      local ok, message, code, where = check_sequence(commands, row, scope)
      if not ok then return ok, message, code, where end
    end
  end
  return true
end

--- Check all sequences, also those that the procedure at hand does not run.
-- @tparam table manifest of teep.suit.manifest
-- @tparam[opt] State given `limits`, `rules`; of a device that is to run it `device`, `decrypt` (whether it
--   decrypts), `refused` (gets what is refused when it is run only: command to `message`, `code`)
-- @tparam[opt] {table,...} list of teep.suit.rights
-- @treturn[1] table components that may be read again after they were written: index to true, `all`
-- @treturn[2] nil, string, string, table `command_unsupported`, `command_forbidden`, `parameter_unsupported`,
--   `component_unsupported`, `unsupported_algorithm`, `size_out_of_range`, `unknown_value`, `limit_reached`,
--   `denied`, `condition_failed`; the table is the place, `{ section, offset }`, with the section of a shared
--   sequence being that of common (3)
function scan.check(manifest, given, list)
  given = given or anybody
  local scope <const> = {
    manifest = manifest, limits = given.limits, device = given.device, decrypt = given.decrypt,
    rights = list, rules = given.rules or none, sources = {}, refused = given.refused,
  }
  local ok, message, code, where = check_all(manifest, scope)
  if ok and scope.rules.identity_checks then ok, message, code = check_identity(manifest) end
  if not ok then return ok, message, code, where end
  return scope.sources
end

return scan
