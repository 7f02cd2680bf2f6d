--- The commands this processor has: one row each, by command code.
--
-- | field | meaning |
-- |---|---|
-- | `kind` | `condition`, `directive` (both run once for each chosen component) or `flow` |
-- | `argument` | teep.schema of the argument |
-- | `run` | `run(state, index)`; of a flow command `run(state, argument)` |
-- | `check` | `check(argument, components)`: what can be refused before anything runs |
-- | `shared` | may stand in a shared sequence (draft-ietf-suit-manifest section 8.4.5) |
-- | `writes` | changes a component, thus has no place in the invocation |
-- @module teep.suit.commands
local conditions <const> = require "teep.suit.conditions"
local directives <const> = require "teep.suit.directives"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local parameters <const> = require "teep.suit.parameters"
local schema <const> = require "teep.schema"

-- Bits beyond the four are malformed (section 8.4.7).
local policy <const> = schema.compile{ name = "policy", type = "bits", values = labels.policy }

local index <const> = schema.compile{
  name = "component-index", type = "choice",
  of = { { type = "uint" }, { type = "bool" }, { type = "array", of = { type = "uint" }, min = 1 } },
}

local override <const> = schema.compile{
  name = "parameters", type = "map", sorted = true, unknown = "keep", fields = parameters.fields(),
}

-- Section 6.5: a position in the component list, true for all of them, or a list without repetition.
local function check_index(argument, components)
  if argument == true then return true end
  if argument == false then return errors.fail("unknown_value", "component-index: false selects nothing") end
  local seen <const> = {}
  for _, position in ipairs(type(argument) == "table" and argument or { argument }) do
    if position >= #components then
      return errors.fail("component_unsupported", "component-index: %d, there are %d components", position,
        #components)
    end
    if seen[position] then
      return errors.fail("component_unsupported", "component-index: %d twice", position)
    end
    seen[position] = true
  end
  return true
end

return {
  [1] = { kind = "condition", argument = policy, run = conditions.vendor_identifier, shared = true },
  [2] = { kind = "condition", argument = policy, run = conditions.class_identifier, shared = true },
  [3] = { kind = "condition", argument = policy, run = conditions.image_match, shared = true },
  [12] = {
    kind = "flow", argument = index, run = directives.set_component_index, check = check_index, shared = true,
  },
  [20] = {
    kind = "flow", argument = override, run = directives.override_parameters, check = parameters.check,
    shared = true,
  },
  [21] = { kind = "directive", argument = policy, run = directives.fetch, writes = true },
  [33] = { kind = "directive", argument = policy, run = directives.unlink, writes = true },
}
