--- Fields of a description of a SUIT manifest, for teep.config.check; docs/suit-author.md explains them.
-- @module teep.cli.suit.fields
local check <const> = require "teep.config.check"
local component_id <const> = require "teep.component_id"
local encryption_algorithms <const> = require("teep.suit.encryption").algorithms
local hex <const> = require "teep.hex"
local texts <const> = require "teep.suit.author.text"

local fields = {}

local function custom(fn, required) return { type = "custom", check = fn, required = required } end

local function expect_text(value)
  if type(value) == "string" then return value end
  return nil, "want a text, found a " .. type(value)
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
  return component_id.parse(text)
end)

--- Where devices get a payload or manifest. Everybody may read a manifest.
fields.location = of_text(function(text)
  local authority <const> = text:match "^%a[%w+.-]*://([^/?#]+)[!-~]*$"
  if not authority then return nil, "want a URI like https://files.example/hello.bin" end
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

--- A version as a list of numbers: `1.2.3` or `1.2.3-rc.1` (draft-ietf-suit-update-management section 4.4; no
-- build metadata).
function fields.version(text)
  local numbers <const>, rest <const> = text:match "^([%d.]+)(.*)$"
  local parts <const> = {}
  if numbers and not numbers:find "^%." and not numbers:find "%.%." and not numbers:find "%.$" then
    for part in numbers:gmatch "%d+" do parts[#parts + 1] = math.tointeger(tonumber(part)) end
    local name <const>, count <const> = rest:match "^%-(%l+)%.?(%d*)$"
    parts[#parts + 1] = pre_release[name]
    if name and count ~= "" then parts[#parts + 1] = math.tointeger(tonumber(count)) end
    if #parts > 0 and (rest == "" or pre_release[name]) then return parts end
  end
  return nil, "want a version like 1.2.3 or 1.2.3-rc.1"
end

local comparisons <const> = { [">"] = 1, [">="] = 2, ["="] = 3, ["<="] = 4, ["<"] = 5 }

local function version_match(text)
  local operator <const>, rest <const> = text:match "^([<>=]+)%s*(.+)$"
  local parts <const> = comparisons[operator] and fields.version(rest)
  if not parts then return nil, "want a comparison like >= 1.2 (one of > >= = <= <)" end
  return { comparison = comparisons[operator], parts = parts }
end

local size <const> = { type = "integer" } -- bytes of a content that is not at hand
local number <const> = { type = "integer" }

local encryption <const> = { type = "record", fields = {
  algorithm = { type = "enum", values = encryption_algorithms },
  recipients = { type = "list", of = { type = "path" }, min = 1 },
  info = { type = "path" }, ciphertext = { type = "path" },
} }

local slot <const> = { type = "record", fields = {
  slot = { type = "integer", required = true }, payload = { type = "path" }, uri = custom(fields.location),
  digest = custom(digest), size = size,
} }

local component <const> = { type = "record", fields = {
  id = custom(fields.identifier, true), payload = { type = "path" }, uri = custom(fields.location),
  digest = custom(digest), size = size,
  inline = custom(function(value) return value == true, "want true" end),
  staging = custom(fields.identifier), encryption = encryption, slots = { type = "list", of = slot, min = 1 },
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
