--- What holds whatever a policy says: every decision to change a device passes here.
-- @module teep.tam.hard_rules
local catalogue <const> = require "teep.tam.catalogue"
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"

local hard_rules = {}

local function refuse(format, ...) return errors.fail("hard_rule", format, ...) end

local function check_count(tam, list, name)
  if #list <= tam.limits.manifests then return true end
  return refuse("%s: %d entries, limit is %d", name, #list, tam.limits.manifests)
end

-- An entry is the identifier of a manifest, which means its highest sequence number, or one of the
-- facts' manifests, which means exactly that one.
local function load(tam, entry)
  local given <const> = type(entry) == "table" and entry or { id = entry }
  local id <const>, sequence_number <const> = given.id, given.sequence_number
  if type(id) ~= "string" or sequence_number ~= nil and math.type(sequence_number) ~= "integer" then
    return refuse("install: a %s names no manifest", type(entry))
  end
  local manifest <const>, reason, code = tam.store:manifest(id, sequence_number)
  if code == "not_found" then return refuse("install: %s", reason) end
  if not manifest then return nil, reason, code end
  local ok <const>, broken = catalogue.check(tam, manifest)
  if not ok then return refuse("install: manifest %s: %s", id, broken) end
  return manifest
end

local function resolve_install(tam, entries)
  local ok, reason, code = check_count(tam, entries, "install")
  if not ok then return nil, reason, code end
  local list <const>, seen <const>, size = {}, {}, 0
  for i, entry in ipairs(entries) do
    local manifest <const>, broken, why = load(tam, entry)
    if not manifest then return nil, broken, why end
    if seen[manifest.id] then return refuse("install: %s twice", manifest.id) end
    size = size + #manifest.envelope
    if size > tam.limits.update then
      return refuse("install: over %d bytes of manifests, the limit of an Update", tam.limits.update)
    end
    list[i], seen[manifest.id] = manifest, true
  end
  return list, seen
end

local function has_prefix(id, prefixes)
  for _, prefix in ipairs(prefixes) do
    if id == prefix or id:sub(1, #prefix + 1) == prefix .. "/" then return true end
  end
  return false
end

-- Identifiers that start with one of these, segment by segment, among the manifests known to be on the
-- device and those it reports as unneeded.
local function expand(prefixes, context)
  local found <const>, seen <const> = {}, {}
  local function consider(id)
    if id and not seen[id] and has_prefix(id, prefixes) then
      seen[id] = true
      found[#found + 1] = id
    end
  end
  for _, entry in ipairs(context.tc_list) do consider(entry.manifest) end
  for _, id in ipairs(context.unneeded_manifest_list) do consider(id) end
  return found
end

local function check_removal(id, installing, seen)
  if type(id) ~= "string" then return refuse("remove: a %s names no manifest", type(id)) end
  local ok <const>, reason = component_id.parse(id)
  if not ok then return refuse("remove: %s", reason) end
  if installing[id] then return refuse("%s: both installed and removed", id) end
  if seen[id] then return refuse("remove: %s twice", id) end
  return true
end

local function resolve_remove(tam, decision, context, installing)
  local list <const>, seen <const> = {}, {}
  for i, id in ipairs(decision.remove or {}) do
    local ok <const>, reason, code = check_removal(id, installing, seen)
    if not ok then return nil, reason, code end
    list[i], seen[id] = id, true
  end
  for _, id in ipairs(expand(decision.remove_prefix or {}, context)) do
    if installing[id] then return refuse("%s: both installed and removed", id) end
    if not seen[id] then list[#list + 1] = id end
  end
  local ok <const>, reason, code = check_count(tam, list, "remove")
  if not ok then return nil, reason, code end
  return list
end

--- Turn the verb `update` into what will be sent.
-- @tparam Tam tam
-- @tparam table decision `{ install =, remove =, remove_prefix = }`
-- @tparam table context facts of the device: `agent`, `tc_list`, `unneeded_manifest_list`
-- @treturn[1] table change `{ install = { manifest with envelope }, remove = { id } }`
-- @treturn[2] nil, string, string message and code `hard_rule`: an unknown, unverifiable or repeated
--   manifest, over 64 of them, more bytes than an Update may have, the same one installed and removed,
--   or an installation on an agent in quarantine; those of the store
function hard_rules.resolve(tam, decision, context)
  local wanted <const> = decision.install or {}
  if #wanted > 0 and context.agent.status == "quarantined" then
    return refuse("install: agent %s is in quarantine", context.agent.kid)
  end
  local install <const>, installing, code = resolve_install(tam, wanted)
  if not install then return nil, installing, code end
  local remove <const>, reason, why = resolve_remove(tam, decision, context, installing)
  if not remove then return nil, reason, why end
  return { install = install, remove = remove }
end

--- Load what an Update that failed carried, to send it once more.
-- @tparam Tam tam
-- @tparam table update record of the store
-- @treturn[1] table change, as @{hard_rules.resolve}
-- @treturn[2] nil, string, string message and code `hard_rule`: it was tried too often (D33), or what
--   @{hard_rules.resolve} says
function hard_rules.repeated(tam, update)
  if update.attempt >= tam.limits.attempts then
    return refuse("retry: %d attempts, no more", update.attempt)
  end
  local install <const>, reason, code = resolve_install(tam, update.manifests)
  if not install then return nil, reason, code end
  return { install = install, remove = update.remove }
end

return hard_rules
