--- What an author wants, checked and completed: every component with its index, what it shall be in the end
-- and where its bytes come from. @{teep.suit.author.sections} writes it down as commands.
-- @module teep.suit.author.plan
local digest <const> = require "teep.suit.digest"
local encryption <const> = require "teep.suit.encryption"
local errors <const> = require "teep.errors"
local identifiers <const> = require "teep.suit.author.identifiers"
local options <const> = require "teep.options"
local verify <const> = require "teep.suit.verify"

local plan = {}

local known_component <const> = {
  id = "table", payload = "string?", uri = "string?", digest = "table?", size = "number?",
  inline = "boolean?", staging = "table?", encryption = "table?", slots = "table?",
  vendor_identifier = "string?", class_identifier = "string?", device_identifier = "string?",
  metadata = "table?",
}
local known_slot <const> = {
  slot = "number", payload = "string?", uri = "string?", digest = "table?", size = "number?",
}
local known_encryption <const> = {
  info = "string", ciphertext = "string?", uri = "string?", digest = "table?", size = "number?",
}
local known_dependency <const> = { id = "table?", envelope = "string?", uri = "string?", digest = "table?" }

-- Each is said of the same component by one field at most.
local exclusive <const> = {
  { "slots", { "payload", "uri", "inline", "staging", "encryption" } },
  { "inline", { "uri", "staging" } },
  { "payload", { "digest", "size" } },
  { "encryption", { "uri" } },
}

local function check_exclusive(given, path)
  for _, pair in ipairs(exclusive) do
    for _, other in ipairs(given[pair[1]] and pair[2] or {}) do
      if given[other] then
        return errors.fail("forbidden_field", "%s.%s: not together with %s", path, other, pair[1])
      end
    end
  end
  return true
end

local function want(given, path, ...)
  for _, name in ipairs{ ... } do
    if given[name] == nil then return errors.fail("missing_field", "%s.%s: absent", path, name) end
  end
  return true
end

-- What bytes are known by: themselves, or what is stated of them.
local function image(given, path)
  if given.payload then return { image_digest = digest.of(given.payload), image_size = #given.payload } end
  local ok <const>, message <const>, code <const> = want(given, path, "digest", "size")
  if not ok then return ok, message, code end
  return { image_digest = given.digest, image_size = given.size }
end

-- Bytes to fetch: from the envelope under `name`, or from their URI.
local function source(given, path, name)
  if not given.payload then
    local ok <const>, message <const>, code <const> = want(given, path, "uri")
    if not ok then return ok, message, code end
  end
  local known <const>, message <const>, code <const> = image(given, path)
  if not known then return known, message, code end
  return { uri = given.payload and name or given.uri, payload = given.payload, image = known }
end

local function slots(given, path, name)
  local list <const>, first <const> = {}, {}
  -- They become the sequences of a try-each, of which there are two at least (section 8.4.10.2).
  if #given < 2 then
    return errors.fail("missing_field", "%s.slots: want at least 2, found %d", path, #given)
  end
  for i, each in ipairs(given) do
    options.check(each, known_slot)
    if first[each.slot] then
      return errors.fail("forbidden_field", "%s.slots[%d].slot: %d is slots[%d] already", path, i, each.slot,
        first[each.slot])
    end
    first[each.slot] = i
    local message, code
    list[i], message, code = source(each, ("%s.slots[%d]"):format(path, i), ("%s-%d"):format(name, i - 1))
    if not list[i] then return nil, message, code end
    list[i].slot = each.slot
  end
  return list
end

-- The bytes that travel: of an encrypted component its ciphertext.
local function travelling(given, path, name)
  local secret <const> = given.encryption
  if not secret then return source(given, path, name) end
  options.check(secret, known_encryption)
  local ok <const>, message <const>, code <const> = encryption.check_info(secret.info)
  if not ok then return nil, ("%s.encryption.info: %s"):format(path, message), code end
  return source({
    payload = secret.ciphertext, uri = secret.uri, digest = secret.digest, size = secret.size,
  }, path .. ".encryption", name)
end

-- Section 8.4.10.6 of the manifest draft: small data stands in the manifest itself.
local function content(given, path, travels)
  if not given.inline then return nil end
  if travels.payload then return travels.payload end
  return errors.fail("missing_field", "%s.payload: absent, and it has to be inline", path)
end

local function fill(each, given, path, name)
  local message, code
  if given.slots then
    each.slots, message, code = slots(given.slots, path, name)
    return each.slots and each, message, code
  end
  each.source, message, code = travelling(given, path, name)
  if not each.source then return nil, message, code end
  each.content, message, code = content(given, path, each.source)
  if code then return nil, message, code end
  each.image, message, code = image(given, path)
  if not each.image then return nil, message, code end
  each.encryption_info = given.encryption and given.encryption.info
  if each.encryption_info and not each.content then
    local ok
    ok, message, code = want(given, path, "staging")
    if not ok then return ok, message, code end
  end
  return each
end

-- Vendor and class are checked by every manifest of ours, so that it installs on the devices it is made for
-- only (draft-ietf-suit-manifest section 6.2 recommends it).
local function component(given, position)
  options.check(given, known_component)
  local path <const> = ("components[%d]"):format(position)
  local ok, message, code = want(given, path, "vendor_identifier", "class_identifier")
  if ok then ok, message, code = check_exclusive(given, path) end
  if not ok then return ok, message, code end
  return fill({
    id = given.id, index = position - 1, staging_id = given.staging, metadata = given.metadata,
    identifiers = {
      vendor_identifier = given.vendor_identifier, class_identifier = given.class_identifier,
      device_identifier = given.device_identifier,
    },
  }, given, path, "#" .. position - 1)
end

-- Devices verify dependencies by the signatures of their own (draft-ietf-suit-trust-domains section 5.1).
local function check_signed(view, path)
  if not view.digest_matches then
    return errors.fail("digest_mismatch", "%s.envelope: its digest is of another manifest", path)
  end
  if #view.blocks == 0 then return errors.fail("unauthorised", "%s.envelope: is not signed", path) end
  return true
end

-- What a manifest wants of a dependency is in its envelope.
local function read_dependency(given, path, name)
  local view <const>, message <const>, code <const> = verify.decode(given.envelope)
  if not view then return nil, ("%s.envelope: %s"):format(path, message), code end
  local ok <const>, why <const>, reason <const> = check_signed(view, path)
  if not ok then return ok, why, reason end
  local sections <const> = {}
  for section in pairs(view.manifest.sections) do sections[section] = true end
  for section in pairs(view.manifest.missing) do sections[section] = true end
  return {
    id = given.id or view.manifest_component_id, digest = view.digest, sections = sections,
    writes = view.components,
    uri = given.uri or name, payload = not given.uri and given.envelope or nil,
  }
end

local assumed <const> = { install = true, validate = true, uninstall = true }

local function dependency(given, position)
  options.check(given, known_dependency)
  local path <const> = ("dependencies[%d]"):format(position)
  local found, message, code
  if given.envelope then
    found, message, code = read_dependency(given, path, "#dependency-" .. position - 1)
  else
    found, message, code = want(given, path, "id", "uri", "digest")
    found = found and { id = given.id, digest = given.digest, sections = assumed, uri = given.uri }
  end
  if not found then return found, message, code end
  local ok
  ok, message, code = want(found, path, "id")
  return ok and found, message, code
end

local function map(list, fn)
  local made <const> = {}
  for i, given in ipairs(list) do
    local message, code
    made[i], message, code = fn(given, i)
    if not made[i] then return nil, message, code end
  end
  return made
end

-- Staging components come after all others, dependencies after those (draft-ietf-suit-trust-domains section
-- 5.2.2; the published examples count them on like this).
local function number_all(model)
  for _, each in ipairs(model.components) do
    if each.staging_id then
      each.staging = #model.ids
      model.ids[#model.ids + 1] = each.staging_id
    end
  end
  for i, each in ipairs(model.dependencies) do each.index = #model.ids + i - 1 end
  model.count = #model.ids + #model.dependencies
  return model
end

--- Check and complete what @{teep.suit.author.create} was given.
-- @tparam table given
-- @treturn[1] table `components`, `dependencies`, `ids` (of all components), `count`, `conditions`, `invoke`
-- @treturn[2] nil, string, string `missing_field`, `forbidden_field`, `unauthorised` (a dependency that is
--   not signed), `digest_mismatch` and the codes of teep.suit.verify
function plan.make(given)
  local components, message, code = map(given.components or {}, component)
  if not components then return components, message, code end
  local dependencies
  dependencies, message, code = map(given.dependencies or {}, dependency)
  if not dependencies then return dependencies, message, code end
  if #components + #dependencies == 0 then return errors.fail("missing_field", "components: none") end
  local ids <const> = {}
  for i, each in ipairs(components) do ids[i] = each.id end
  local model <const> = {
    components = components, dependencies = dependencies, ids = ids, conditions = given.conditions or {},
    invoke = given.invoke,
  }
  local ok
  ok, message, code = identifiers(given.manifest_component_id, model)
  if not ok then return ok, message, code end
  return number_all(model)
end

return plan
