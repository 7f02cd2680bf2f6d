--- Every encryption-info of a manifest: how its payload is encrypted, and for whom.
-- For people: nothing of it is trusted, and nothing decrypted.
-- @module teep.cli.suit.secrets
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local encryption <const> = require "teep.suit.encryption"
local hex <const> = require "teep.hex"
local json <const> = require "teep.daemon.json"
local labels <const> = require "teep.suit.labels"

local OVERRIDE_MULTIPLE <const> = 34

local names <const> = {}
for name, number in pairs(crypto.algorithms) do
  if math.type(number) == "integer" then names[number] = name end
end

local function named(number) return names[number] or number end

local function recipients_of(shape)
  return json.map(shape.recipients, function(each)
    return { algorithm = named(each.algorithm), kid = each.kid and hex.encode(each.kid) }
  end)
end

-- `within` is what holds the bytes of the section, the envelope; `base` its own place.
local function look(info, section, within, base)
  local at <const> = within:find(info, 1, true)
  local found <const> = { section = section, offset = at and base + at - 1 }
  local ok <const>, message <const> = encryption.check_info(info)
  found.ok, found.why = ok == true, not ok and message or nil
  local shape <const> = cose.parse_encrypted(info)
  if shape then found.algorithm, found.recipients = named(shape.algorithm), recipients_of(shape) end
  return found
end

local function values_of(command)
  if type(command.argument) ~= "table" then return {} end
  if command.code ~= OVERRIDE_MULTIPLE then return { command.argument } end
  local list <const> = {}
  for i, entry in ipairs(command.argument) do list[i] = entry.value end
  return list
end

local function walk(commands, visit)
  for _, command in ipairs(commands) do
    for _, values in ipairs(values_of(command)) do
      if type(values) == "table" and values.encryption_info then visit(values.encryption_info) end
    end
    for _, branch in ipairs(command.branches or {}) do
      if type(branch) == "table" then walk(branch, visit) end
    end
  end
end

local secrets = {}

--- Find them.
-- @tparam table view of `suit.decode`
-- @tparam integer base where the envelope begins in what is looked at
-- @treturn list `{ section, offset, ok, why, algorithm (name), recipients = { { algorithm, kid (hex) } } }`
function secrets.of(view, base)
  local list <const> = json.list{}
  local sections <const> = { { "shared", view.manifest.shared } }
  for _, row in ipairs(labels.sections) do
    sections[#sections + 1] = { row.name, view.manifest.sections[row.name] }
  end
  for _, row in ipairs(sections) do
    walk(row[2] or {}, function(info)
      list[#list + 1] = look(info, row[1], view.envelope.bytes, base)
    end)
  end
  return list
end

local function recipient(each) return ("%s, kid %s"):format(each.algorithm, each.kid or "none") end

--- One line about one of them.
-- @tparam table found of @{of}
-- @treturn string
function secrets.describe(found)
  local list <const> = {}
  for i, each in ipairs(found.recipients or {}) do list[i] = recipient(each) end
  return ("encryption-info at byte %s, in %s: %s%s"):format(found.offset or "?", found.section,
    found.algorithm and ("%s, for %s: "):format(found.algorithm, table.concat(list, "; ")) or "",
    found.ok and "ok" or "NOT ok: " .. found.why)
end

return secrets
