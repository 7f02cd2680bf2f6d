--- Text of a manifest for people (draft-ietf-suit-manifest section 8.4.4, draft-ietf-suit-update-management
-- section 3.3): display only, no processor reads it.
-- @module teep.suit.author.text
local cbor <const> = require "teep.cbor"
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"

local text = {}

--- Labels of texts about the manifest.
text.manifest = { manifest_description = 1, update_description = 2 }

--- Labels of texts about one component.
text.component = {
  vendor_name = 1, model_name = 2, vendor_domain = 3, model_info = 4, component_description = 5,
  component_version = 6, version_required = 7, current_version = 8,
}

local function write(map, values, labels, path)
  for name, value in pairs(values) do
    if not labels[name] then
      return errors.fail("unknown_field", "%s.%s: no text of that name", path, name)
    end
    if not utf8.len(value) then return errors.fail("invalid_utf8", "%s.%s: is not UTF-8", path, name) end
    map[#map + 1] = { labels[name], cbor.text(value) }
  end
  return map
end

local function without(values, name)
  local rest <const> = {}
  for key, value in pairs(values) do rest[key] = key ~= name and value or nil end
  return rest
end

-- Every identifier used here has to be one of common's (section 8.4.4).
local function write_components(map, list, known, path)
  local first <const> = {}
  for i, each in ipairs(list) do
    local place <const>, name <const> = ("%s.components[%d]"):format(path, i), component_id.format(each.id)
    if not known[name] then
      return errors.fail("component_unsupported", "%s.id: %s is no component of the manifest", place, name)
    end
    if first[name] then
      return errors.fail("duplicate_key", "%s.id: %s is components[%d] already", place, name, first[name])
    end
    first[name] = i
    local values <const>, message <const>, code <const> =
      write(cbor.map(), without(each, "id"), text.component, place)
    if not values then return values, message, code end
    map[#map + 1] = { cbor.array(table.move(each.id, 1, #each.id, 1, {})), values }
  end
  return map
end

--- Encode texts.
-- @tparam {[string]=table,...} languages language tag (RFC 5646) to `manifest_description`,
--   `update_description` and `components`, a list of `{ id, vendor_name, model_name, ... }`
-- @tparam {{string,...},...} ids the components of the manifest
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string `unknown_field`, `component_unsupported`, `duplicate_key`, `invalid_utf8`
-- @usage text.encode({ en = { update_description = "Fixes the clock." } }, ids)
function text.encode(languages, ids)
  local known <const> = {}
  for _, id in ipairs(ids) do known[component_id.format(id)] = true end
  local all <const> = cbor.map()
  if not next(languages) then return errors.fail("missing_field", "text: no language") end
  for language, given in pairs(languages) do
    local path <const> = "text." .. language
    local map, message, code = write(cbor.map(), without(given, "components"), text.manifest, path)
    if map then map, message, code = write_components(map, given.components or {}, known, path) end
    if not map then return map, message, code end
    all[#all + 1] = { cbor.text(language), map }
  end
  return cbor.encode(all)
end

return text
