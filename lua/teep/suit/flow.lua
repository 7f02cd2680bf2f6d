--- Commands that steer: which components, which parameters, which sequence
-- (draft-ietf-suit-manifest sections 6.5, 6.7, 8.4.10.1 to 8.4.10.3, 8.4.10.8).
-- Each is `run(state, frame, command) -> true | nil, message, code`.
-- @module teep.suit.flow
local cbor <const> = require "teep.cbor"
local errors <const> = require "teep.errors"
local interpreter <const> = require "teep.suit.interpreter"
local parameters <const> = require "teep.suit.parameters"

local flow = {}

local SET_COMPONENT_INDEX <const> = 12

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
local function resolve(frame, name, value)
  if name ~= "source_component" then return value end
  return { frame = frame, index = value, id = frame:id(value), name = frame:name(value),
    key = frame:key(value) }
end

local function set(state, frame, index, values, only_unset)
  local own <const> = frame:parameters(index)
  for name, value in pairs(values) do
    if wide[name] then
      local ok, message, code = wide[name](state, value)
      if not ok then return ok, message, code end
    elseif not (only_unset and own[name] ~= nil) then
      own[name] = resolve(frame, name, value)
    end
  end
  return true
end

local function set_each(only_unset)
  return function(state, frame, command)
    local selected <const> = frame.selected
    for i = 1, #selected do
      local ok, message, code = set(state, frame, selected[i], command.argument, only_unset)
      if not ok then return ok, message, code end
    end
    return true
  end
end

--- Set parameters of the chosen components, whatever they were (section 8.4.10.3).
flow.override_parameters = set_each(false)

--- Set parameters that are not set yet (draft-ietf-suit-trust-domains section 5.6.1).
flow.set_parameters = set_each(true)

--- Set parameters of several components, the last of which is chosen then
-- (draft-ietf-suit-update-management section 5.7).
function flow.override_multiple(state, frame, command)
  for _, entry in ipairs(command.argument) do
    local ok, message, code = set(state, frame, entry.key, entry.value, false)
    if not ok then return ok, message, code end
    frame:select(entry.key)
  end
  return true
end

--- Take parameters over from other components (draft-ietf-suit-update-management section 5.8).
function flow.copy_params(_, frame, command)
  for _, entry in ipairs(command.argument) do
    local from <const> = frame:parameters(entry.key)
    for _, label in ipairs(entry.value) do
      local name <const> = parameters.names[label]
      local value <const> = from[name]
      if value == nil then
        return errors.fail("parameter_unset", "copy-params: %s has no parameter %s", frame:name(entry.key),
          name)
      end
      for _, index in ipairs(frame.selected) do frame:parameters(index)[name] = value end
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
