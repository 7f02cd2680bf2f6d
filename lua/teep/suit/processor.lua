--- Manifest processor (draft-ietf-suit-manifest section 6): runs a verified manifest inside a transaction.
-- @module teep.suit.processor
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local limits <const> = require "teep.suit.limits"
local options <const> = require "teep.options"
local reasons <const> = require "teep.suit.reasons"
local scan <const> = require "teep.suit.scan"
local State <const> = require "teep.suit.state"
local verify <const> = require "teep.suit.verify"

local processor = {}

local section_labels <const> = {}
for _, row in ipairs(labels.sections) do section_labels[row.name] = row.label end

-- Section 8.4.2: an equal number is let pass, so that an interrupted Update can be repeated.
local function check_rollback(verified, current)
  local installed <const> = current and current(verified.identity)
  if installed and math.ult(verified.sequence_number, installed) then
    return errors.fail("rollback", "%s: sequence number %u, installed %u",
      component_id.format(verified.identity), verified.sequence_number, installed)
  end
  return true
end

local function check_dependencies(manifest)
  if manifest.dependencies then
    return errors.fail("dependency_unsupported", "manifest.common.dependencies: not supported")
  end
  return true
end

-- An Update that runs nothing must not end in Success, least of all one written with outdated labels.
local function check_sections(manifest, names)
  local found = false
  for _, name in ipairs(names) do
    if manifest.missing[name] then
      return errors.fail("severed_member", "envelope.%s: announced by the manifest, but absent", name)
    end
    found = found or manifest.sections[name]
  end
  if not found then
    return errors.fail("nothing_to_do", "manifest: none of the sections %s", table.concat(names, ", "))
  end
  return true
end

local function check_components(manifest)
  if #manifest.components == 0 then
    return errors.fail("component_unsupported", "manifest.common.components: none")
  end
  return true
end

local function check_update(verified, given)
  local ok, message, code = check_rollback(verified, given.current)
  if ok then ok, message, code = check_dependencies(verified.manifest) end
  if ok then ok, message, code = check_sections(verified.manifest, labels.procedures.update) end
  return ok, message, code
end

-- Everything that can be refused before the first command (section 6.2).
local function set_up(state, verified, given)
  local ok, message, code, where = true, nil, nil, nil
  if given.procedure == "update" then ok, message, code = check_update(verified, given) end
  if ok then ok, message, code = check_components(verified.manifest) end
  if ok then ok, message, code, where = scan.check(verified.manifest) end
  state.failure = where and state:record(where.section, where.offset, 0, {})
  return ok, message, code
end

local function run_command(state, section, command)
  if command.row.kind == "flow" then return command.row.run(state, command.argument) end
  for _, index in ipairs(state.selected) do
    local result <const> = table.pack(command.row.run(state, index))
    if not result[1] then
      local _, message, code, measured = table.unpack(result)
      state:failed(section, command, index, measured or {})
      return nil, ("%s: %s"):format(state:name(index), message), code
    end
    state:succeeded(command, index, result[2])
  end
  return true
end

local function run_sequence(state, section, commands)
  state:select(0)
  for _, command in ipairs(commands or {}) do
    local ok, message, code = run_command(state, section, command)
    if not ok then return ok, message, code end
  end
  return true
end

local function run_section(state, manifest, name)
  if not manifest.sections[name] then return true end
  local section <const> = section_labels[name]
  local ok, message, code = run_sequence(state, section, manifest.shared)
  if ok then ok, message, code = run_sequence(state, section, manifest.sections[name]) end
  if not ok then return nil, name .. ": " .. message, code end
  return true
end

local function run_procedure(state, manifest, procedure)
  for _, name in ipairs(labels.procedures[procedure]) do
    local ok, message, code = run_section(state, manifest, name)
    if not ok then return ok, message, code end
  end
  return true
end

local known_options <const> = {
  procedure = "string", txn = "any", driver = "any", device = "table",
  fetch = "function?", current = "function?", keep = "function?", limits = "table?",
}

local function check_device(device)
  for _, name in ipairs{ "vendor_identifier", "class_identifier" } do
    local value <const> = device[name]
    if type(value) ~= "string" or #value ~= 16 then
      error(("suit.process: device.%s has to be 16 bytes"):format(name), 4)
    end
  end
end

local function check_misuse(verified, given)
  if not verify.is_verified(verified) then error("suit.process: want what suit.verify returned", 3) end
  if not labels.procedures[given.procedure] then
    error("suit.process: procedure has to be update or uninstall", 3)
  end
  check_device(given.device)
end

--- Run a procedure. Changes are staged in the transaction; commit it when the outcome is ok, else abort it.
-- @tparam Verified verified what @{verify.verify} returned
-- @tparam table given
--
-- * `procedure`: `update` or `uninstall`
-- * `driver`, `txn`: TEE driver and the open transaction
-- * `device`: `vendor_identifier`, `class_identifier` (16 bytes each)
-- * `fetch`: `fetch(uri, offset, sink) -> true | nil, message, code` gives the payload at a URI, from a byte
--   offset on, in pieces to `sink(bytes) -> true | nil, message, code`; when the sink fails it stops and
--   returns what the sink returned
-- * `current`: `current(identity) -> sequence number | nil`, the one installed
-- * `keep`: `keep(component_id) -> boolean`, whether another manifest holds the component: then it is not
--   overwritten, and unlink leaves its data
-- * `limits`: by the names of teep.suit.limits
-- @treturn table outcome: `ok`, `installed` (`{ component_id, size, digest, digest_algorithm }`),
--   `unlinked` (identifiers), `records`, `reference` (`uri`, `digest`); after a failure `message`, `code`,
--   `reason` (of a SUIT Report) and, when a command was at fault, `failure` (its record)
function processor.run(verified, given)
  options.check(given, known_options)
  check_misuse(verified, given)
  local complete <const> = { limits = limits.with(given.limits) }
  for name, value in pairs(given) do complete[name] = complete[name] or value end
  local state <const> = State.new(verified, complete)
  local ok, message, code = set_up(state, verified, complete)
  if ok then ok, message, code = run_procedure(state, verified.manifest, given.procedure) end
  return {
    ok = ok == true, message = message, code = code, reason = code and reasons.of(code),
    failure = state.failure, records = state.records,
    installed = ok and state:installed() or {}, unlinked = ok and state:unlinked() or {},
    reference = { uri = verified.reference_uri or "", digest = verified.digest },
  }
end

return processor
