--- Payloads that a description names: read or measured, in the clear or encrypted.
-- @module teep.cli.suit.content
local errors <const> = require "teep.errors"
local files <const> = require "teep.cli.files"
local keys <const> = require "teep.config.keys"
local suit <const> = require "teep.suit"

local content = {}

-- The field that the reader is in, in front of what is wrong with it.
local function at(path, name, message, code) return nil, ("%s.%s: %s"):format(path, name, message), code end

--- A failure that names the field.
function content.invalid(path, name, format, ...)
  return errors.fail("config_invalid", "%s.%s: " .. format, path, name, ...)
end

--- Read the file that a field names.
function content.read(given, path, name)
  local bytes <const>, message <const>, code <const> = files.read(given[name])
  if not bytes then return at(path, name, message, code) end
  return bytes
end

--- Check that a component or slot has bytes to begin with.
function content.check(given, path)
  if given.payload or given.encryption and given.digest and given.size then return true end
  for _, name in ipairs{ "uri", "digest", "size" } do
    if not given[name] then return content.invalid(path, name, "is missing (or payload)") end
  end
  return true
end

-- A payload in the envelope, or, with a URI, what it is known by: of its file, or as stated.
local function payload_of(given, path)
  if not given.payload then return { uri = given.uri, digest = given.digest, size = given.size } end
  for _, name in ipairs{ "digest", "size" } do
    if given[name] then return content.invalid(path, name, "not together with payload, it is measured") end
  end
  if not given.uri then
    local payload <const>, message <const>, code <const> = content.read(given, path, "payload")
    if not payload then return payload, message, code end
    return { payload = payload }
  end
  local measured <const>, message <const>, code <const> = files.measure(given.payload)
  if not measured then return at(path, "payload", message, code) end
  return { uri = given.uri, digest = measured.digest, size = measured.size }
end

-- Encrypted now, under a fresh key: other bytes each time.
local function encrypt(given, path, payload)
  local secret <const> = given.encryption
  if given.uri then
    return content.invalid(path, "encryption.recipients",
      "a ciphertext at a URI has to be a file: make it with \"teep suit encrypt\", name info and ciphertext")
  end
  local recipients <const>, message <const>, code <const> = keys.load_all(secret.recipients)
  if not recipients then return at(path, "encryption.recipients", message, code) end
  local made <const>, why <const>, reason <const> = suit.encrypt(payload, {
    recipients = recipients, algorithm = secret.algorithm,
  })
  if not made then return at(path, "encryption", why, reason) end
  return made
end

-- What "teep suit encrypt" has made.
local function encrypted_before(given, path)
  local secret <const>, where <const> = given.encryption, path .. ".encryption"
  for _, name in ipairs{ "info", "ciphertext" } do
    if not secret[name] then return content.invalid(where, name, "is missing (or recipients)") end
  end
  local info <const>, message <const>, code <const> = content.read(secret, where, "info")
  if not info then return info, message, code end
  local travels <const>, why <const>, reason <const> =
    payload_of({ payload = secret.ciphertext, uri = given.uri }, where)
  if not travels then return travels, (why:gsub("%.payload:", ".ciphertext:", 1)), reason end
  return {
    info = info, ciphertext = travels.payload, uri = travels.uri,
    digest = travels.digest, size = travels.size,
  }
end

local function encryption(given, path, payload)
  if not given.encryption.recipients then return encrypted_before(given, path) end
  for _, name in ipairs{ "info", "ciphertext" } do
    if given.encryption[name] then
      return content.invalid(path .. ".encryption", name, "not together with recipients")
    end
  end
  return encrypt(given, path, payload)
end

local function slots(given, path)
  local list <const> = {}
  for i, each in ipairs(given) do
    local place <const> = ("%s.slots[%d]"):format(path, i)
    local found, message, code = content.check(each, place)
    if found then found, message, code = payload_of(each, place) end
    if not found then return found, message, code end
    found.slot = each.slot
    list[i] = found
  end
  return list
end

local function with_staging(id, given)
  if given or not id then return given end
  local copy <const> = table.move(id, 1, #id, 1, {})
  copy[#copy + 1] = "encrypted"
  return copy
end

--- Complete a component with its payload, slots and encryption.
-- @tparam table made what `suit.create` takes as a component
-- @tparam table given the component of the description
-- @tparam string path of the component, for messages
-- @treturn[1] table made
-- @treturn[2] nil, string, string message that names the field, and code
function content.fill(made, given, path)
  local message, code
  if given.slots then
    made.slots, message, code = slots(given.slots, path)
    return made.slots and made, message, code
  end
  -- Of an encrypted component the URI leads to its ciphertext.
  local plain <const> = {}
  for name, value in pairs(given) do plain[name] = value end
  if given.encryption then plain.uri = nil end
  local found
  found, message, code = payload_of(plain, path)
  if not found then return found, message, code end
  for name, value in pairs(found) do made[name] = value end
  if not given.encryption then return made end
  if given.encryption.recipients and not made.payload then
    return content.invalid(path, "payload", "is missing, it is to be encrypted")
  end
  made.encryption, message, code = encryption(given, path, made.payload)
  if not made.encryption then return nil, message, code end
  made.staging = with_staging(not given.inline and given.id, given.staging)
  return made
end

return content
