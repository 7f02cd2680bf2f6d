--- What a manifest would install, read without running it.
-- @module teep.suit.targets
local labels <const> = require "teep.suit.labels"

local SET_COMPONENT_INDEX <const>, OVERRIDE_PARAMETERS <const> = 12, 20

local function positions(argument, count)
  if argument == true then
    local all <const> = {}
    for i = 1, count do all[i] = i - 1 end
    return all
  end
  return type(argument) == "table" and argument or { argument }
end

local function read(commands, list)
  local selected = { 0 }
  for _, command in ipairs(commands or {}) do
    if command.code == SET_COMPONENT_INDEX then
      selected = positions(command.argument, #list)
    elseif command.code == OVERRIDE_PARAMETERS then
      for _, position in ipairs(selected) do
        local target <const>, values <const> = list[position + 1] or {}, command.argument
        target.image_digest = values.image_digest or target.image_digest
        target.size = values.image_size or target.size
      end
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
      read(manifest.shared, list)
      read(manifest.sections[name], list)
    end
  end
  for _, target in ipairs(list) do
    local stated <const> = target.image_digest or {}
    target.digest, target.digest_algorithm, target.image_digest = stated.bytes, stated.algorithm, nil
  end
  return list
end
