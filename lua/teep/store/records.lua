--- What the verbs of a store take: checked in one place for every engine.
-- A missing, unknown or mistyped argument or field throws, and so does a number that is no integer.
-- @module teep.store.records
local errors <const> = require "teep.errors"
local options <const> = require "teep.options"

local records = {}

--- Longest byte string or text in a record, in bytes; a longer one is `too_large`.
records.MAX_BYTES = 64 * 1024 * 1024

--- Fields of the records; see @{teep.options}.
records.fields = {
  agent = {
    kid = "string", public_key = "string", algorithm = "string", first_seen = "number",
    last_seen = "number", status = "string",
  },
  tc = {
    component_id = "string", digest = "string?", digest_algorithm = "string?", size = "number?",
    manifest = "string?", sequence_number = "number?",
  },
  manifest = {
    id = "string", sequence_number = "number", digest = "string", signer = "string",
    envelope = "string", components = "table", added = "number",
  },
  component = {
    component_id = "string", digest = "string?", digest_algorithm = "string?", size = "number?",
  },
  update = {
    token_hash = "string", agent = "string", expires = "number", attempt = "number",
    manifests = "table", remove = "table",
  },
  update_manifest = { id = "string", sequence_number = "number" },
}

local function check_list(list, check)
  for key in pairs(list) do
    if math.type(key) ~= "integer" or key < 1 or key > #list then
      error("not a list: it has the key " .. tostring(key), 0)
    end
  end
  for i, entry in ipairs(list) do
    local ok <const>, message <const>, code <const> = check(i, entry)
    if not ok then return nil, message, code end
  end
  return true
end

-- A value of the wanted type; misuse throws at the caller of the verb.
local function check_value(name, value, wanted)
  if type(value) ~= wanted or wanted == "number" and math.type(value) ~= "integer" then
    error(("%s: want %s, got %s"):format(name, wanted == "number" and "an integer" or "a " .. wanted,
      math.type(value) or type(value)), 0)
  end
  if wanted == "string" and #value > records.MAX_BYTES then
    return errors.fail("too_large", "%s: %d bytes, limit is %d", name, #value, records.MAX_BYTES)
  end
  return true
end

local function check_record(kind, record)
  options.check(record, records.fields[kind])
  for name, value in pairs(record) do
    local ok <const>, message <const>, code <const> = check_value(name, value, type(value))
    if not ok then return nil, message, code end
  end
  return true
end

local function list_of(kind)
  return function(list)
    return check_list(list, function(_, entry) return check_record(kind, entry) end)
  end
end

local function texts(list)
  return check_list(list, function(i, text) return check_value("remove[" .. i .. "]", text, "string") end)
end

-- A record, then its lists by field name.
local function record(kind, lists)
  return function(given)
    local ok, message, code = check_record(kind, given)
    for name, check in pairs(lists or {}) do
      if ok then ok, message, code = check(given[name]) end
    end
    return ok, message, code
  end
end

local function value(name, wanted)
  return function(given) return check_value(name, given, wanted) end
end

local function optional(check)
  return function(given) return given == nil or check(given) end
end

local text <const>, integer <const> = "string", "number"

-- Verb -> checks of its arguments.
local arguments <const> = {
  spend = { value("hash", text), value("expires", integer) },
  update_put = { record("update", { manifests = list_of "update_manifest", remove = texts }) },
  update_take = { value("token_hash", text) },
  expire = { value("now", integer) },
  agent_put = { record "agent" },
  agent = { value("kid", text) },
  agents = {},
  tc_list_put = { value("kid", text), list_of "tc" },
  tc_list = { value("kid", text) },
  manifest_put = { record("manifest", { components = list_of "component" }) },
  manifest = { value("id", text), optional(value("sequence_number", integer)) },
  manifests = {},
  manifest_remove = { value("id", text) },
  secret = { value("name", text), value("make", "function") },
}

--- Have the verbs of an engine check what they are given.
-- @tparam table class its methods; each verb is replaced by one that checks first
-- @tparam[opt] function also called with the store before each verb
function records.guard(class, also)
  for verb, checks in pairs(arguments) do
    local run <const> = class[verb]
    class[verb] = function(self, ...)
      if also then also(self) end
      for i, check in ipairs(checks) do
        local ok <const>, message <const>, code <const> = check((select(i, ...)))
        if not ok then return nil, message, code end
      end
      return run(self, ...)
    end
  end
end

--- Whether a manifest may follow the newest one of its identifier.
-- @tparam table manifest
-- @tparam[opt] table known the one with the highest sequence number
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `rollback`, `conflict`
function records.check_newer(manifest, known)
  if known and math.ult(manifest.sequence_number, known.sequence_number) then
    return errors.fail("rollback", "manifest %s: sequence number %u, have %u already", manifest.id,
      manifest.sequence_number, known.sequence_number)
  end
  if known and known.sequence_number == manifest.sequence_number and known.digest ~= manifest.digest then
    return errors.fail("conflict", "manifest %s: sequence number %u exists with another digest",
      manifest.id, manifest.sequence_number)
  end
  return true
end

return records
