--- What a manifest would install, read without running it.
-- @module teep.suit.targets
local labels <const> = require "teep.suit.labels"

local SET_COMPONENT_INDEX <const>, RUN_SEQUENCE <const>, OVERRIDE_MULTIPLE <const> = 12, 32, 34
local SET_PARAMETERS <const>, OVERRIDE_PARAMETERS <const> = 19, 20

local function positions(argument, count)
  if argument == true then
    local all <const> = {}
    for i = 1, count do all[i] = i - 1 end
    return all
  end
  return type(argument) == "table" and argument or { argument }
end

local function set(target, values, only_unset)
  if not target then return end
  for _, name in ipairs{ "image_digest", "image_size" } do
    if values[name] and not (only_unset and target[name]) then target[name] = values[name] end
  end
end

local read

local readers <const> = {
  [SET_COMPONENT_INDEX] = function(argument, list) return positions(argument, #list) end,
  [OVERRIDE_MULTIPLE] = function(argument, list)
    for _, entry in ipairs(argument) do set(list[entry.key + 1], entry.value) end
    return { argument[#argument].key }
  end,
}

for code, only_unset in pairs{ [SET_PARAMETERS] = true, [OVERRIDE_PARAMETERS] = false } do
  readers[code] = function(argument, list, selected)
    for _, position in ipairs(selected) do set(list[position + 1], argument, only_unset) end
  end
end

-- Of try-each nobody knows which sequence will be run.
function read(commands, list, selected)
  for _, command in ipairs(commands) do
    local reader <const> = readers[command.code]
    if reader and command.argument ~= nil then
      selected = reader(command.argument, list, selected) or selected
    elseif command.code == RUN_SEQUENCE then
      read(command.branches[1], list, selected)
    end
  end
end

--- Components of a manifest with the digest and size that its shared sequence and the sections of an Update
-- set for them last.
-- @tparam table manifest of teep.suit.manifest
-- @treturn {table,...} `{ component_id, digest (bytes), digest_algorithm, size (bytes) }`, in the manifest's
--   order; digest and size are nil when nothing sets them
return function(manifest)
  local list <const> = {}
  for i, id in ipairs(manifest.components) do list[i] = { component_id = id } end
  for _, name in ipairs(labels.procedures.update) do
    if manifest.sections[name] then
      read(manifest.shared or {}, list, { 0 })
      read(manifest.sections[name], list, { 0 })
    end
  end
  for _, target in ipairs(list) do
    local stated <const> = target.image_digest or {}
    target.digest, target.digest_algorithm, target.size = stated.bytes, stated.algorithm, target.image_size
    target.image_digest, target.image_size = nil, nil
  end
  return list
end
