--- Command sequences of a manifest, written from a plan (draft-ietf-suit-manifest section 7, draft-ietf-suit-
-- trust-domains section 8, draft-ietf-suit-firmware-encryption section 9).
-- What commands consume is set with override-parameters in the section that runs them, or in the shared
-- sequence, which runs before each: nothing depends on what a section before may have left (section 6.6).
-- @module teep.suit.author.sections
local Sequence <const> = require "teep.suit.author.sequence"

local sections = {}

local identifier_conditions <const> = { "vendor_identifier", "class_identifier", "device_identifier" }

-- Parameter of each condition of an Update (draft-ietf-suit-update-management section 5).
local update_conditions <const> = {
  { "use_before", "use_before" }, { "minimum_battery", "minimum_battery" },
  { "update_authorized", "update_priority" }, { "version", "version" },
}

local function join(...)
  local all <const> = {}
  for _, values in ipairs{ ... } do
    for name, value in pairs(values) do all[name] = value end
  end
  return all
end

-- One branch for each slot; the device takes the one whose slot it would write now (section 7.8).
local function for_each_slot(sequence, component, parameters)
  local branches <const> = {}
  for i, each in ipairs(component.slots) do
    branches[i] = sequence:nested():override{ component_slot = each.slot }:choice "component_slot"
      :override(parameters(each))
  end
  return sequence:try_each(branches)
end

local function shared(sequence, model)
  for _, each in ipairs(model.components) do
    sequence:select(each.index):override(join(each.identifiers, each.image or {}))
    for _, name in ipairs(identifier_conditions) do
      if each.identifiers[name] then sequence:condition(name) end
    end
    if each.slots then for_each_slot(sequence, each, function(slot) return slot.image end) end
  end
  for _, each in ipairs(model.dependencies) do
    sequence:select(each.index):override{ image_digest = each.digest }
  end
end

-- They hold for an Update alone: what is installed has to stay removable after use-before.
local function check_update(sequence, model)
  if not next(model.conditions) then return end
  sequence:select(0)
  for _, pair in ipairs(update_conditions) do
    local value <const> = model.conditions[pair[2]]
    if value then sequence:override{ [pair[2]] = value }:condition(pair[1]) end
  end
end

-- The same section of each dependency that has it comes first (draft-ietf-suit-trust-domains section 5.1);
-- integrity is checked before every process-dependency (section 5.6.2).
local function process_dependencies(sequence, model, name)
  for _, each in ipairs(model.dependencies) do
    if each.sections[name] then
      sequence:select(each.index):condition "dependency_integrity":directive "process_dependency"
    end
  end
end

local function dependency_resolution(sequence, model)
  for _, each in ipairs(model.dependencies) do
    sequence:select(each.index):override{ uri = each.uri }:directive "fetch":condition "dependency_integrity"
  end
  process_dependencies(sequence, model, "dependency_resolution")
end

local function payload_fetch(sequence, model)
  process_dependencies(sequence, model, "payload_fetch")
  for _, each in ipairs(model.components) do
    if each.staging then
      sequence:select(each.staging):override(join(each.source.image, { uri = each.source.uri }))
        :directive "fetch":condition "image_match"
    end
  end
end

local function install_one(sequence, each)
  sequence:select(each.index)
  -- Metadata is applied by the directive that writes (draft-ietf-suit-update-management section 4.6).
  local parameters <const> = { encryption_info = each.encryption_info, component_metadata = each.metadata }
  if each.slots then
    sequence:override(parameters)
    for_each_slot(sequence, each, function(slot) return { uri = slot.uri } end):directive "fetch"
  elseif each.content then
    sequence:override(join(parameters, { content = each.content })):directive "write"
  elseif each.staging then
    sequence:override(join(parameters, { source_component = each.staging })):directive "copy"
  else
    sequence:override(join(parameters, { uri = each.source.uri })):directive "fetch"
  end
  sequence:condition "image_match"
end

local function install(sequence, model)
  process_dependencies(sequence, model, "install")
  for _, each in ipairs(model.components) do install_one(sequence, each) end
end

local function validate(sequence, model)
  process_dependencies(sequence, model, "validate")
  for _, each in ipairs(model.components) do sequence:select(each.index):condition "image_match" end
end

local function load(sequence, model) process_dependencies(sequence, model, "load") end

local function invoke(sequence, model)
  process_dependencies(sequence, model, "invoke")
  if not model.invoke then return end
  sequence:select(model.invoke.index):override{ invoke_args = model.invoke.arguments }:directive "invoke"
end

local function uninstall(sequence, model)
  process_dependencies(sequence, model, "uninstall")
  for index = 0, #model.ids - 1 do sequence:select(index):directive "unlink" end
end

local writers <const> = {
  { "shared", shared }, { "dependency_resolution", dependency_resolution },
  { "payload_fetch", payload_fetch }, { "install", install }, { "validate", validate }, { "load", load },
  { "invoke", invoke }, { "uninstall", uninstall },
}

-- The section that an Update runs first.
local function first_of_update(model)
  if #model.dependencies > 0 then return "dependency_resolution" end
  for _, each in ipairs(model.components) do
    if each.staging then return "payload_fetch" end
  end
  return "install"
end

--- All sequences that the plan asks for.
-- @tparam table model of teep.suit.author.plan
-- @treturn[1] {[string]=string,...} name to bytes; `shared` among them
-- @treturn[2] nil, string, string the codes of teep.schema
function sections.encode(model)
  local encoded <const>, first <const> = {}, first_of_update(model)
  for _, row in ipairs(writers) do
    local name <const>, sequence <const> = row[1], Sequence.new(model.count)
    if name == first then check_update(sequence, model) end
    row[2](sequence, model)
    local bytes <const>, message <const>, code <const> = sequence:encode()
    if code then return nil, name .. ": " .. message, code end
    encoded[name] = bytes
  end
  return encoded
end

return sections
