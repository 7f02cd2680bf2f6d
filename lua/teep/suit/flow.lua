--- Commands that steer: which components, which parameters, which sequence
-- (draft-ietf-suit-manifest sections 6.5, 6.7, 8.4.10.1 to 8.4.10.3, 8.4.10.8).
-- Each is `run(state, frame, command) -> true | nil, message, code`.
-- @module teep.suit.flow
local cbor <const> = require "teep.cbor"
local errors <const> = require "teep.errors"
local interpreter <const> = require "teep.suit.interpreter"
local parameters <const> = require "teep.suit.parameters"
local rights <const> = require "teep.suit.rights"

local flow = {}

local SET_COMPONENT_INDEX <const>, SET_PARAMETERS <const> = 12, 19

--- Choose the components that the following commands act on (section 8.4.10.1).
function flow.set_component_index(_, frame, command)
  frame:select(command.argument)
  return true
end

-- Parameters of the whole processor. Soft failure belongs to the nested sequence that sets it (section
-- 8.4.8.15).
local wide <const> = {}

function wide.strict_order(state, value)
  state:order(value)
  return true
end

function wide.soft_failure(state, value)
  if #state.soft == 0 then
    return errors.fail("command_forbidden", "soft-failure is set outside of try-each and run-sequence")
  end
  state.soft[#state.soft] = value
  return true
end

-- A source is an index of the manifest that sets it, whoever uses it.
local function resolve(frame, value)
  return { frame = frame, index = value, id = frame:id(value), name = frame:name(value),
    key = frame:key(value) }
end

-- Who may only read a component has no say in what others do to it.
local function check_rights(frame, command, index, names, source)
  local id <const>, act <const> = frame:id(index), { command = command.code, modify = {}, read = { source } }
  act.parameters = parameters.labels(names)
  table.insert(act[rights.allow(frame.rights, "modify", id) and "modify" or "read"], id)
  local ok <const>, message <const>, code <const> = rights.check(frame.rights, act)
  if not ok then return nil, frame:name(index) .. ": " .. message, code end
  for _, name in ipairs(names) do frame:note(index, name) end
  return true
end

local function names_of(values)
  local names <const> = {}
  for name in pairs(values) do names[#names + 1] = name end
  return names
end

local function set(state, frame, command, index, values)
  local own <const>, only_unset <const> = frame:parameters(index), command.code == SET_PARAMETERS
  if frame.rights then
    local ok <const>, message <const>, code <const> = check_rights(frame, command, index, names_of(values))
    if not ok then return ok, message, code end
  end
  for name, value in pairs(values) do
    local act <const> = wide[name]
    if act then
      local ok, message, code = act(state, value)
      if not ok then return ok, message, code end
    elseif not (only_unset and own[name] ~= nil) then
      own[name] = name == "source_component" and resolve(frame, value) or value
    end
  end
  return true
end

local function set_each(state, frame, command)
  local selected <const> = frame.selected
  for i = 1, #selected do
    local ok, message, code = set(state, frame, command, selected[i], command.argument)
    if not ok then return ok, message, code end
  end
  return true
end

--- Set parameters of the chosen components, whatever they were (section 8.4.10.3).
flow.override_parameters = set_each

--- Set parameters that are not set yet (draft-ietf-suit-trust-domains section 5.6.1).
flow.set_parameters = set_each

--- Set parameters of several components, the last of which is chosen then
-- (draft-ietf-suit-update-management section 5.7).
function flow.override_multiple(state, frame, command)
  for _, entry in ipairs(command.argument) do
    local ok, message, code = set(state, frame, command, entry.key, entry.value)
    if not ok then return ok, message, code end
    frame:select(entry.key)
  end
  return true
end

local function copy(frame, from, index, names)
  local values <const>, own <const> = frame:parameters(from), frame:parameters(index)
  for _, name in ipairs(names) do
    if values[name] == nil then
      return errors.fail("parameter_unset", "copy-params: %s has no parameter %s", frame:name(from), name)
    end
    own[name] = values[name]
  end
  return true
end

--- Take parameters over from other components (draft-ietf-suit-update-management section 5.8).
function flow.copy_params(_, frame, command)
  for _, entry in ipairs(command.argument) do
    local names <const> = {}
    for i, label in ipairs(entry.value) do names[i] = parameters.names[label] end
    for _, index in ipairs(frame.selected) do
      local ok, message, code = true, nil, nil
      if frame.rights then
        ok, message, code = check_rights(frame, command, index, names, frame:id(entry.key))
      end
      if ok then ok, message, code = copy(frame, entry.key, index, names) end
      if not ok then return ok, message, code end
    end
  end
  return true
end

-- Run a nested sequence on one component. The choice of components is as before when it ends.
local function nested(state, frame, commands, soft, index)
  local selected <const>, all <const>, preset <const> = frame.selected, frame.all, frame.preset
  state.soft[#state.soft + 1] = soft
  frame:select(index)
  local ok, message, code = interpreter.run(state, frame, commands)
  frame.selected, frame.all, frame.preset = selected, all, preset
  local tolerated <const> = table.remove(state.soft) and code == "condition_failed" and not state.fatal
  return ok, message, code, tolerated
end

-- A sequence that failed and was made up for leaves no trace but parameters and reports ("no side-effects",
-- section 8.4.8.15).
local function make_up(state, mark)
  state:recovered()
  return state.changes:take_back(mark)
end

-- The first sequence that succeeds; null at the end does nothing, and that succeeds.
local function try_each(state, frame, command, index)
  local mark <const> = state.changes:mark()
  local message, code
  for _, commands in ipairs(command.branches) do
    local ok, why, fault = make_up(state, mark)
    if not ok then return nil, "try-each: " .. why, fault end
    local tolerated = false
    if commands ~= cbor.null then
      ok, message, code, tolerated = nested(state, frame, commands, true, index)
    end
    if ok then return true end
    if not tolerated then return nil, message, code end
  end
  -- It fails as its last sequence did; a sequence around it may go on.
  if state.rules.exhausted_aborts then state.fatal = true end
  return nil, "try-each: no sequence succeeds: " .. message, code
end

local function has_index(commands)
  for _, command in ipairs(commands) do
    if command.code == SET_COMPONENT_INDEX then return true end
    for _, branch in ipairs(command.branches or {}) do
      if branch ~= cbor.null and has_index(branch) then return true end
    end
  end
  return false
end

-- Without strict order a nested sequence is about one component: the one it names first, or the one preset.
local function check_unordered(frame, commands)
  local first <const> = commands[1].code == SET_COMPONENT_INDEX
  if frame.preset then
    if not has_index(commands) then return true end
    return errors.fail("command_forbidden", "run-sequence: set-component-index, components are preset")
  end
  if first and not has_index{ table.unpack(commands, 2) } then return true end
  return errors.fail("command_forbidden", "run-sequence: set-component-index has to be first, and once")
end

local function run_sequence(state, frame, command, index)
  local commands <const>, strict <const> = command.branches[1], state.strict
  if not strict then
    local ok, message, code = check_unordered(frame, commands)
    if not ok then return ok, message, code end
  end
  local touched <const>, mark <const> = state.touched, state.changes:mark()
  state.strict = true
  local ok, message, code, tolerated = nested(state, frame, commands, false, index)
  if not strict then state.strict, state.touched = false, touched end
  if ok or not tolerated then return ok, message, code end
  ok, message, code = make_up(state, mark)
  if not ok then return nil, "run-sequence: " .. message, code end
  return true
end

local function for_each(run)
  return function(state, frame, command)
    local selected <const> = frame.selected
    for i = 1, #selected do
      local ok, message, code = run(state, frame, command, selected[i])
      if not ok then return nil, message, code end
    end
    return true
  end
end

--- Run the first of several sequences that succeeds, for each chosen component on its own (section 8.4.10.2).
flow.try_each = for_each(try_each)

--- Run a sequence for each chosen component on its own (section 8.4.10.8).
flow.run_sequence = for_each(run_sequence)

return flow
