--- State of one procedure (draft-ietf-suit-manifest section 6.6): parameters, choice, what is staged.
-- @module teep.suit.state
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"

local State = {}
State.__index = State

--- A state with cleared parameters.
-- @tparam Verified verified
-- @tparam table options of teep.suit.processor, limits complete
-- @treturn State
function State.new(verified, options)
  local names <const> = {}
  for i, id in ipairs(verified.components) do names[i] = component_id.format(id) end
  return setmetatable({
    envelope = verified.envelope, components = verified.components, names = names, selected = { 0 },
    txn = options.txn, driver = options.driver, device = options.device, fetch = options.fetch,
    keep = options.keep or function() return false end, limits = options.limits,
    values = {}, contents = {}, given_up = {}, records = {}, claimed = {},
  }, State)
end

-- Component indices count from 0 on the wire.

--- Identifier of a component.
function State:id(index) return self.components[index + 1] end

--- Text form of the identifier of a component.
function State:name(index) return self.names[index + 1] end

--- Parameters of a component, by name. They are kept by identifier and outlive a section.
function State:parameters(index)
  local name <const> = self:name(index)
  self.values[name] = self.values[name] or {}
  return self.values[name]
end

--- Choose components: an index, a list of indices, or true for all.
function State:select(argument)
  if argument == true then
    self.selected = {}
    for i = 1, #self.components do self.selected[i] = i - 1 end
  else
    self.selected = type(argument) == "table" and argument or { argument }
  end
end

--- Remember the content that a directive has staged.
function State:stage(index, content)
  local name <const> = self:name(index)
  self.contents[name], self.given_up[name] = content, nil
end

--- Remember that the manifest gives a component up.
-- @tparam integer index
-- @tparam boolean removed whether its data goes with it
function State:unlink(index, removed)
  local name <const> = self:name(index)
  self.given_up[name] = true
  if removed then self.contents[name] = false end
end

--- Size and digest of a component: as changed in this transaction, else as the back end finds it.
-- @treturn[1] table `size`, `digest`, `digest_algorithm`
-- @treturn[2] nil, string, string `not_found` and other codes of the driver
function State:measure(index)
  local content <const> = self.contents[self:name(index)]
  if content then return content end
  if content == false then return errors.fail "not_found" end
  return self.driver:probe(self:id(index))
end

--- A SUIT_Record (draft-ietf-suit-report section 4).
function State:record(section, offset, index, measured)
  return {
    manifest_id = {}, section = section, offset = offset, component_index = index, parameters = measured,
  }
end

-- Claims about a component, once for each command: sections repeat the shared sequence.
local function claim(self, command, index, measured)
  local key <const> = command.code .. ":" .. index
  if self.claimed[key] or not next(measured) then return end
  self.claimed[key] = true
  local claims <const> = { component_id = self:id(index) }
  for name, value in pairs(measured) do claims[name] = value end
  self.records[#self.records + 1] = claims
end

--- Report that a command succeeded, as far as its policy asks for it.
function State:succeeded(command, index, measured)
  local policy <const> = command.argument
  if policy.record_success or policy.system_success then claim(self, command, index, measured) end
end

--- Report that a command failed. The record of the failure is always kept.
function State:failed(section, command, index, measured)
  local policy <const> = command.argument
  self.failure = self:record(section, command.offset, index, measured)
  if policy.record_failure then self.records[#self.records + 1] = self.failure end
  if policy.system_failure then claim(self, command, index, measured) end
end

--- What was staged and not removed again, in the manifest's order.
function State:installed()
  local list <const> = {}
  for i, id in ipairs(self.components) do
    local content <const> = self.contents[self.names[i]]
    if content then
      list[#list + 1] = {
        component_id = id, size = content.size, digest = content.digest,
        digest_algorithm = content.digest_algorithm,
      }
    end
  end
  return list
end

--- Identifiers of the components given up, in the manifest's order.
function State:unlinked()
  local list <const> = {}
  for i, id in ipairs(self.components) do
    if self.given_up[self.names[i]] then list[#list + 1] = id end
  end
  return list
end

return State
