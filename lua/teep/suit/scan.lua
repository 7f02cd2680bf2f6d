--- Look through every sequence of a manifest before any of it runs.
-- An Update that would stop halfway is refused whole (draft-ietf-suit-manifest section 6.2,
-- draft-ietf-suit-update-management section 1: unknown commands and parameters).
-- @module teep.suit.scan
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"

local scan = {}

local SET_COMPONENT_INDEX <const> = 12

local function check_command(command, place, components)
  local name <const> = labels.describe(labels.commands, command.code)
  local row <const> = command.row
  if not row then return errors.fail("command_unsupported", "command %s is not supported", name) end
  if place.shared and not row.shared then
    return errors.fail("command_forbidden", "%s is not allowed in a shared sequence", name)
  end
  if place.name == "invoke" and row.writes then
    return errors.fail("command_forbidden", "%s is not allowed in invoke", name)
  end
  if row.check then return row.check(command.argument, components) end
  return true
end

-- Section 6.5: with several components, a sequence says first which one it means.
local function check_first(commands, components)
  if #components > 1 and commands[1].code ~= SET_COMPONENT_INDEX then
    return errors.fail("command_forbidden", "starts with %s, want set-component-index (%d components)",
      labels.describe(labels.commands, commands[1].code), #components)
  end
  return true
end

local function check_sequence(commands, place, components)
  local ok, message, code = check_first(commands, components)
  local command = commands[1]
  for i = 1, ok and #commands or 0 do
    command = commands[i]
    ok, message, code = check_command(command, place, components)
    if not ok then break end
  end
  if ok then return true end
  message = ("%s at byte %d: %s"):format(place.name, command.offset, message)
  return nil, message, code, { section = place.label, offset = command.offset }
end

--- Check all sequences, also those that the procedure at hand does not run.
-- @tparam table manifest of teep.suit.manifest
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string, table `command_unsupported`, `command_forbidden`, `parameter_unsupported`,
--   `component_unsupported`, `unsupported_algorithm`, `size_out_of_range`, `unknown_value`; the table is the
--   place, `{ section, offset }`, with the section of a shared sequence being that of common (3)
function scan.check(manifest)
  local places <const> = {
    { label = labels.common, name = "shared-sequence", shared = true, commands = manifest.shared },
  }
  for _, row in ipairs(labels.sections) do
    places[#places + 1] = { label = row.label, name = row.name, commands = manifest.sections[row.name] }
  end
  for _, place in ipairs(places) do
    if place.commands then
      local ok, message, code, where = check_sequence(place.commands, place, manifest.components)
      if not ok then return ok, message, code, where end
    end
  end
  return true
end

return scan
