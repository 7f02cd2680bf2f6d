--- Execution of command sequences (draft-ietf-suit-manifest section 6.4).
-- A condition that fails ends its sequence, and try-each or run-sequence may go on; anything else that fails
-- ends the procedure, whatever soft-failure says.
-- @module teep.suit.interpreter
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local parameters <const> = require "teep.suit.parameters"
local rights <const> = require "teep.suit.rights"

local interpreter = {}

local section_labels <const> = {}
for _, row in ipairs(labels.sections) do section_labels[row.name] = row.label end

local none <const> = {}

-- A signer has to have the right to the command, to the component, to the source it names, and to the
-- parameters that this manifest gives it; of those another manifest has set, the signers of that were asked.
local function check_rights(frame, command, index)
  local row <const>, act <const> = command.row, { command = command.code, modify = {}, read = {} }
  act.parameters = parameters.labels(frame:own(index, row.uses))
  act[row.access or "read"][1] = frame:id(index)
  local source <const> = row.source and frame:parameters(index).source_component
  if source then table.insert(act[row.source], source.id) end
  return rights.check(frame.rights, act)
end

local function run_at(state, frame, command, index)
  local ok, result, code, measured = true, nil, nil, nil
  if frame.rights then ok, result, code = check_rights(frame, command, index) end
  if ok then ok, result, code, measured = command.row.run(state, frame, index) end
  if ok then
    state:succeeded(frame, command, index, result)
    return true
  end
  state:failed(frame, command, index, measured or none, command.argument)
  return nil, ("%s: %s"):format(frame:name(index), result), code
end

-- With true chosen, what is for dependencies only passes over the components.
local function passes_over(frame, index) return frame.all and not frame.dependencies[index] end

local function run_on_selected(state, frame, command)
  local selected <const>, dependencies <const> = frame.selected, command.row.dependencies
  for i = 1, #selected do
    if not (dependencies and passes_over(frame, selected[i])) then
      local ok, message, code = run_at(state, frame, command, selected[i])
      if not ok then return ok, message, code end
    end
  end
  return true
end

local function fail(state, frame, command, message, code)
  state:failed(frame, command, frame.selected[1] or 0, none, none)
  return nil, message, code
end

local function run_command(state, frame, command)
  local steers <const> = command.row and command.row.kind == "flow"
  local ok, message, code = state:step(command, steers and 1 or #frame.selected)
  if not ok then return fail(state, frame, command, message, code) end
  local refused <const> = state.refused[command]
  if refused then return fail(state, frame, command, refused.message, refused.code) end
  if not steers then return run_on_selected(state, frame, command) end
  ok, message, code = command.row.run(state, frame, command)
  if not ok then return fail(state, frame, command, message, code) end
  return true
end

--- Run commands one after the other.
-- @tparam State state
-- @tparam Frame frame
-- @tparam {table,...} commands of teep.suit.sequence
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string
function interpreter.run(state, frame, commands)
  for i = 1, #commands do
    local ok, message, code = run_command(state, frame, commands[i])
    if not ok then return ok, message, code end
  end
  return true
end

-- A section starts at component 0, in strict order.
local function run_top(state, frame, commands)
  frame:select(0)
  state:order(true)
  return interpreter.run(state, frame, commands)
end

--- Run a section, the shared sequence before it; one that is absent succeeds.
-- @tparam State state
-- @tparam Frame frame
-- @tparam string name of the section
function interpreter.run_section(state, frame, name)
  local manifest <const> = frame.manifest
  local commands <const> = manifest.sections[name]
  if not commands then
    if not manifest.missing[name] then return true end
    return errors.fail("severed_member", "envelope.%s: announced by the manifest, but absent", name)
  end
  frame.section, frame.section_name = section_labels[name], name
  local ok, message, code = true, nil, nil
  if manifest.shared then ok, message, code = run_top(state, frame, manifest.shared) end
  if ok then ok, message, code = run_top(state, frame, commands) end
  if not ok then return nil, name .. ": " .. message, code end
  return true
end

return interpreter
