--- The commands this processor has: one row each, by command code.
--
-- | field | meaning |
-- |---|---|
-- | `kind` | `condition`, `directive` (both run once for each chosen component) or `flow` |
-- | `argument` | teep.schema of the argument; nil: a reporting policy |
-- | `run` | `run(state, frame, index)`; of a flow command `run(state, frame, command)` |
-- | `check` | `check(argument, scope)`: what can be refused before anything runs |
-- | `nested` | the argument holds sequences: `one` or `several` |
-- | `shared` | may stand in a shared sequence (draft-ietf-suit-manifest section 8.4.5), and in any other |
-- | `writes` | changes a component, thus has no place in the invocation |
-- | `only` | the one section it may stand in |
-- | `access` | right to the component that it takes: `modify`, or `read` when absent |
-- | `source` | right to its source component that it takes |
-- | `uses` | names of the parameters that say what it does |
-- | `needs` | what the device has to offer: a field of `device` |
-- | `harmless` | there is nothing in it that could be refused before it is run, but for rights |
-- | `dependencies` | is about dependencies: where all are chosen, it passes over the components |
-- @module teep.suit.commands
local conditions <const> = require "teep.suit.conditions"
local dependency <const> = require "teep.suit.dependency"
local directives <const> = require "teep.suit.directives"
local errors <const> = require "teep.errors"
local flow <const> = require "teep.suit.flow"
local parameters <const> = require "teep.suit.parameters"

local commands <const> = {}

local index <const> = {
  name = "component-index", type = "choice",
  of = { { type = "uint" }, { type = "bool" }, { type = "array", of = { type = "uint" }, min = 1 } },
}

local values <const> = {
  name = "parameters", type = "map", sorted = true, unknown = "keep", fields = parameters.fields(),
}

local by_index <const> = { type = "table", keys = { type = "uint" }, min = 1, max = 64 }
local function for_index(name, of)
  local description <const> = { name = name, of = of }
  for field, value in pairs(by_index) do description[field] = value end
  return description
end

local function check_position(position, scope)
  if not scope.manifest.positions[position] then
    return errors.fail("component_unsupported", "component-index: there is no component %d", position)
  end
  return true
end

-- Section 6.5: a position, true for all of them, or a list without repetition.
local function check_index(argument, scope)
  if argument == true then return true end
  if argument == false then return errors.fail("unknown_value", "component-index: false selects nothing") end
  local seen <const> = {}
  for _, position in ipairs(type(argument) == "table" and argument or { argument }) do
    local ok, message, code = check_position(position, scope)
    if not ok then return ok, message, code end
    if seen[position] then
      return errors.fail("component_unsupported", "component-index: %d twice", position)
    end
    seen[position] = true
  end
  return true
end

local function check_entries(check_value)
  return function(argument, scope)
    for _, entry in ipairs(argument) do
      local ok, message, code = check_position(entry.key, scope)
      if ok then ok, message, code = check_value(entry.value, scope) end
      if not ok then return ok, message, code end
    end
    return true
  end
end

-- What is processor-wide has no value that could be copied.
local function check_labels(list)
  for _, label in ipairs(list) do
    local row <const> = parameters.by_name[parameters.names[label]]
    if not row or row.wide then
      return errors.fail("parameter_unsupported", "copy-params: parameter %d is not supported", label)
    end
  end
  return true
end

-- Any component may be the other one.
local function check_swap(_, scope)
  scope.sources.all = true
  return true
end

local function condition(code, run, uses, more)
  local row <const> = { kind = "condition", run = run, uses = uses, shared = true }
  for name, value in pairs(more or {}) do row[name] = value end
  commands[code] = row
end

local function directive(code, run, uses, more)
  local row <const> = { kind = "directive", run = run, uses = uses, writes = true, access = "modify" }
  for name, value in pairs(more or {}) do row[name] = value end
  commands[code] = row
end

local function steer(code, run, argument, more)
  local row <const> = { kind = "flow", run = run, argument = argument }
  for name, value in pairs(more) do row[name] = value end
  commands[code] = row
end

condition(1, conditions.vendor_identifier, { "vendor_identifier" })
condition(2, conditions.class_identifier, { "class_identifier" })
condition(3, conditions.image_match, { "image_digest", "image_size" })
condition(4, conditions.use_before, { "use_before" }, { needs = "clock" })
condition(5, conditions.component_slot, { "component_slot" }, { needs = "slot" })
condition(6, conditions.check_content, { "content" })
condition(7, dependency.integrity, { "image_digest" }, { dependencies = true })
condition(8, conditions.is_dependency, {})
condition(14, conditions.abort, {})
condition(24, conditions.device_identifier, { "device_identifier" }, { needs = "device_identifier" })
condition(25, conditions.image_not_match, { "image_digest" })
condition(26, conditions.minimum_battery, { "minimum_battery" }, { needs = "battery" })
condition(27, conditions.update_authorized, { "update_priority" }, { needs = "authorized" })
condition(28, conditions.version, { "version" }, { needs = "version" })

directive(11, dependency.process, {}, { dependencies = true, writes = false, access = false })
directive(18, directives.write, { "content", "encryption_info", "component_metadata" })
directive(21, directives.fetch, { "uri", "encryption_info", "component_metadata" })
directive(22, directives.copy, { "source_component", "encryption_info", "component_metadata" },
  { source = "read" })
directive(23, directives.invoke, { "invoke_args" }, { writes = false, only = "invoke" })
directive(29, directives.wait, { "wait_info" }, { writes = false, access = false, needs = "wait" })
directive(31, directives.swap, { "source_component", "component_metadata" },
  { source = "modify", check = check_swap })
directive(33, directives.unlink, {})

steer(12, flow.set_component_index, index, { check = check_index, shared = true })
steer(15, flow.try_each, {
  name = "try-each", type = "array", min = 2,
  of = { type = "choice", of = { { type = "bytes" }, { type = "null" } } },
}, { nested = "several", shared = true })
steer(19, flow.set_parameters, values, { check = parameters.check, shared = true })
steer(20, flow.override_parameters, values, { check = parameters.check, shared = true })
steer(32, flow.run_sequence, { name = "run-sequence", type = "bytes" }, { nested = "one", shared = true })
steer(34, flow.override_multiple, for_index("override-multiple", values),
  { check = check_entries(parameters.check) })
steer(35, flow.copy_params, for_index("copy-params",
  { type = "array", min = 1, max = 64, of = { type = "int" } }), { check = check_entries(check_labels) })

-- Wherever they stand, on whatever device.
for _, row in pairs(commands) do
  row.harmless = row.shared and not (row.needs or row.check or row.nested) or nil
end

return commands
