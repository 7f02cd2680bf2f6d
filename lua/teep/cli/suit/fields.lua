--- Fields of a description of a SUIT manifest, for teep.config.check; docs/suit-author.md explains them.
-- @module teep.cli.suit.fields
local check <const> = require "teep.config.check"
local component_id <const> = require "teep.component_id"
local encryption_algorithms <const> = require("teep.suit.encryption").algorithms
local hex <const> = require "teep.hex"
local limits <const> = require("teep.suit.limits").defaults
local texts <const> = require "teep.suit.author.text"

local fields = {}

local function custom(fn, required) return { type = "custom", check = fn, required = required } end

local function expect_text(value)
  if type(value) == "string" then return value end
  return nil, "want a text, found " .. (type(value) == "userdata" and "null" or "a " .. type(value))
end

-- A check of texts alone.
local function of_text(fn)
  return function(value)
    local text <const>, why <const> = expect_text(value)
    if not text then return nil, why end
    return fn(text)
  end
end

--- A component identifier in text form.
fields.identifier = of_text(function(text)
  if text == "" then return nil, "want a component identifier like hello/app" end
  local id <const>, why <const> = component_id.parse(text)
  if not id then return nil, why end
  if #id > limits.segments then return nil, ("%d segments, limit %d"):format(#id, limits.segments) end
  for _, segment in ipairs(id) do
    if #segment > limits.segment_bytes then
      return nil, ("a segment of %d bytes, limit %d"):format(#segment, limits.segment_bytes)
    end
  end
  return id
end)

--- Where devices get a payload or manifest. Everybody may read a manifest.
fields.location = of_text(function(text)
  local authority <const> = text:match "^%a[%w+.-]*://([^/?#]+)[!-~]*$"
  if not authority then return nil, "want a URI like https://files.example/hello.bin" end
  if #text > limits.uri_bytes then return nil, ("%d bytes, limit %d"):format(#text, limits.uri_bytes) end
  if text:find("#", 1, true) then return nil, "a URI of a payload has no fragment" end
  if authority:find("@", 1, true) then return nil, "a URI in a manifest must not have a user or password" end
  return text
end)

local digest <const> = of_text(function(text)
  local bytes <const> = hex.decode(text)
  if not bytes or #bytes ~= 32 then return nil, "want a SHA-256 digest: 64 hexadecimal digits" end
  return { algorithm = "SHA-256", bytes = bytes }
end)

local pre_release <const> = { rc = -1, beta = -2, alpha = -3 }

local RELEASE_PARTS <const> = 3

-- Numbers joined by dots; nil when one is none or too large.
local function numbers_of(text)
  local parts <const> = {}
  for part in (text .. "."):gmatch "([^.]*)%." do
    local number <const> = part:find "^%d+$" and math.tointeger(tonumber(part))
    if not number then return nil end
    parts[#parts + 1] = number
  end
  return parts
end

--- A version as a list of numbers: `1.2.3` or `1.2.3-rc.1` (draft-ietf-suit-update-management section 4.4:
-- up to three numbers, no build metadata).
function fields.version(text)
  local release <const>, rest <const> = text:match "^([%d.]+)(.*)$"
  local parts <const> = numbers_of(release or "")
  local name <const>, count <const> = (rest or ""):match "^%-(%l+)(.*)$"
  local further <const> = count ~= "" and numbers_of((count or ""):match "^%.(%d+)$" or "") or {}
  local whole <const> = rest == "" or pre_release[name] and (count == "" or #further == 1)
  if not (parts and whole) or #parts > RELEASE_PARTS then
    return nil, "want a version like 1.2.3 or 1.2.3-rc.1"
  end
  parts[#parts + 1] = pre_release[name]
  return table.move(further, 1, #further, #parts + 1, parts)
end

local comparisons <const> = { [">"] = 1, [">="] = 2, ["="] = 3, ["<="] = 4, ["<"] = 5 }

local function version_match(text)
  local operator <const>, rest <const> = text:match "^([<>=]+)%s*(.+)$"
  local parts <const> = comparisons[operator] and fields.version(rest)
  if not parts then return nil, "want a comparison like >= 1.2 (one of > >= = <= <)" end
  return { comparison = comparisons[operator], parts = parts }
end

local size <const> = { type = "integer", min = 1 } -- bytes of a content that is not at hand
local number <const> = { type = "integer" }

local encryption <const> = { type = "record", fields = {
  algorithm = { type = "enum", values = encryption_algorithms },
  recipients = { type = "list", of = { type = "path" }, min = 1 },
  info = { type = "path" }, ciphertext = { type = "path" },
} }

local PERMISSIONS <const> = (1 << 14) - 1 -- all there are (draft-ietf-suit-update-management section 4.6)
local permission_bits <const> = { type = "integer", max = PERMISSIONS }

-- Names of users, groups or roles to permission bits.
local function permissions(value)
  if type(value) ~= "table" or #value > 0 then return nil, "want a table of names to numbers" end
  local list <const> = {}
  for name, bits in pairs(value) do
    if math.type(bits) ~= "integer" or bits < 0 or bits > PERMISSIONS then
      return nil, ("%s: want a whole number from 0 to %d"):format(name, PERMISSIONS)
    end
    list[#list + 1] = { key = tostring(name), value = bits }
  end
  table.sort(list, function(a, b) return a.key < b.key end)
  return list
end

local metadata <const> = { type = "record", fields = {
  default_permissions = permission_bits, user_permissions = custom(permissions),
  group_permissions = custom(permissions), role_permissions = custom(permissions),
  modification_time = number, creation_time = number,
  file_type = { type = "enum", values = { "regular", "directory", "symlink" } },
} }

local slot <const> = { type = "record", fields = {
  slot = { type = "integer", required = true }, payload = { type = "path" }, uri = custom(fields.location),
  digest = custom(digest), size = size,
} }

local component <const> = { type = "record", fields = {
  id = custom(fields.identifier, true), payload = { type = "path" }, uri = custom(fields.location),
  digest = custom(digest), size = size,
  inline = custom(function(value) return value == true, "want true" end),
  staging = custom(fields.identifier), encryption = encryption, metadata = metadata,
  slots = { type = "list", of = slot, min = 2 },
  vendor = { type = "uuid" }, class = { type = "uuid" }, device = { type = "uuid" },
} }

local dependency <const> = { type = "record", fields = {
  id = custom(fields.identifier), envelope = { type = "path" }, uri = custom(fields.location),
  digest = custom(digest),
} }

local conditions <const> = { type = "record", fields = {
  use_before = number, minimum_battery = number,
  update_priority = { type = "integer", min = math.mininteger }, -- smaller is more urgent
  version = custom(of_text(version_match)),
} }

local function text_fields(labels, further)
  local known <const> = further or {}
  for name in pairs(labels) do known[name] = { type = "string" } end
  return { type = "record", fields = known }
end

local language_fields <const> = text_fields(texts.manifest, {
  components = { type = "list", of = text_fields(texts.component, { id = custom(fields.identifier, true) }) },
})

-- Language tags are free names, their values are not.
local function text(value, context)
  if type(value) ~= "table" then return nil, "want a table of languages" end
  local languages <const> = {}
  for language, given in pairs(value) do
    if type(language) ~= "string" or not language:find "^%a[%w-]*$" then
      return nil, ("want language tags like en, found %q"):format(tostring(language))
    end
    local checked <const>, why <const> = check.table(given, language_fields, context)
    if not checked then return nil, ("%s: %s"):format(language, why) end
    languages[language] = checked
  end
  return languages
end

local invoke <const> = { type = "record", fields = {
  component = custom(fields.identifier, true), arguments = { type = "string" },
} }

--- The whole description.
fields.description = { type = "record", fields = {
  manifest = custom(fields.identifier, true), sequence_number = { type = "integer", required = true },
  reference_uri = custom(fields.location), version = custom(of_text(fields.version)),
  vendor = { type = "uuid" }, class = { type = "uuid" }, device = { type = "uuid" },
  components = { type = "list", of = component, default = {} },
  dependencies = { type = "list", of = dependency, default = {} },
  conditions = conditions, invoke = invoke, text = custom(text),
  severed = { type = "list", default = {}, of = {
    type = "enum", values = { "dependency_resolution", "payload_fetch", "install", "text" },
  } },
} }

return fields
