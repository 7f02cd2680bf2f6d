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

local function measure(given, path, name)
  local measured <const>, message <const>, code <const> = files.measure(given[name])
  if not measured then return at(path, name, message, code) end
  return measured
end

-- The file that field `name` names: in the envelope, or known by digest and size where there is a URI.
local function travelling(given, path, name, uri)
  if not uri then
    local bytes <const>, message <const>, code <const> = content.read(given, path, name)
    if not bytes then return bytes, message, code end
    return { payload = bytes }
  end
  local measured <const>, message <const>, code <const> = measure(given, path, name)
  if not measured then return measured, message, code end
  measured.uri = uri
  return measured
end

local function check_stated(given, path)
  for _, name in ipairs(given.payload and { "digest", "size" } or {}) do
    if given[name] then return content.invalid(path, name, "not together with payload, it is measured") end
  end
  return true
end

-- What is in the clear: of its file, or as stated.
local function clear(given, path)
  local ok <const>, message <const>, code <const> = check_stated(given, path)
  if not ok then return ok, message, code end
  if given.payload then return travelling(given, path, "payload", given.uri) end
  return { uri = given.uri, digest = given.digest, size = given.size }
end

-- The recipient that cannot be encrypted to, by its file.
local function blame(paths, recipients, algorithm, message)
  for i, key in ipairs(recipients) do
    local made <const>, why <const> = suit.encrypt("?", { recipients = { key }, algorithm = algorithm })
    if not made then return ("%s: %s"):format(paths[i], why) end
  end
  return message
end

--- Encrypt for recipients.
-- @tparam string payload
-- @tparam {string,...} paths key files of the recipients
-- @tparam[opt] string algorithm
-- @treturn[1] table of `suit.encrypt`
-- @treturn[2] nil, string, string message that names the file at fault, and code
function content.encrypt(payload, paths, algorithm)
  local recipients <const>, message <const>, code <const> = keys.load_all(paths)
  if not recipients then return recipients, message, code end
  local made <const>, why <const>, reason <const> =
    suit.encrypt(payload, { recipients = recipients, algorithm = algorithm })
  if not made then return nil, blame(paths, recipients, algorithm, why), reason end
  return made
end

-- Encrypted now, under a fresh key: other bytes each time.
local function encrypt(given, path)
  local secret <const> = given.encryption
  if given.uri then
    return content.invalid(path, "encryption.recipients",
      "a ciphertext at a URI has to be a file: make it with \"teep suit encrypt\", name info and ciphertext")
  end
  if not given.payload then return content.invalid(path, "payload", "is missing, it is to be encrypted") end
  local payload <const>, unread <const>, cause <const> = content.read(given, path, "payload")
  if not payload then return payload, unread, cause end
  local made <const>, why <const>, reason <const> =
    content.encrypt(payload, secret.recipients, secret.algorithm)
  if not made then return at(path, "encryption.recipients", why, reason) end
  return { payload = payload, encryption = made }
end

-- What "teep suit encrypt" has made: of the plaintext digest and size are enough.
local function encrypted_before(given, path)
  local secret <const>, where <const> = given.encryption, path .. ".encryption"
  local info <const>, message <const>, code <const> = content.read(secret, where, "info")
  if not info then return info, message, code end
  local travels <const>, why <const>, reason <const> = travelling(secret, where, "ciphertext", given.uri)
  if not travels then return travels, why, reason end
  local plain = given
  if given.payload then
    local flaw, kind
    plain, flaw, kind = measure(given, path, "payload")
    if not plain then return plain, flaw, kind end
  end
  return {
    digest = plain.digest, size = plain.size, encryption = {
      info = info, ciphertext = travels.payload, uri = travels.uri,
      digest = travels.digest, size = travels.size,
    },
  }
end

-- Either recipients and algorithm, or the two files.
local function check_encryption(secret, path)
  local now <const>, before <const> = { "recipients", "algorithm" }, { "info", "ciphertext" }
  for _, name in ipairs(secret.recipients and {} or before) do
    if not secret[name] then return content.invalid(path, name, "is missing (or recipients)") end
  end
  for _, name in ipairs(secret.recipients and before or now) do
    if secret[name] then
      return content.invalid(path, name, "not together with %s", secret.recipients and "recipients" or "info")
    end
  end
  return true
end

local function encrypted(given, path)
  local ok, message, code = check_encryption(given.encryption, path .. ".encryption")
  if ok then ok, message, code = check_stated(given, path) end
  if not ok then return ok, message, code end
  return (given.encryption.recipients and encrypt or encrypted_before)(given, path)
end

local function slots(given, path)
  local list <const> = {}
  for i, each in ipairs(given) do
    local place <const> = ("%s.slots[%d]"):format(path, i)
    local found, message, code = content.check(each, place)
    if found then found, message, code = clear(each, place) end
    if not found then return found, message, code end
    found.slot = each.slot
    list[i] = found
  end
  return list
end

-- Where the ciphertext goes first when nothing else is said.
local function beside(id)
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
  local found
  found, message, code = (given.encryption and encrypted or clear)(given, path)
  if not found then return found, message, code end
  for name, value in pairs(found) do made[name] = value end
  if made.encryption and not given.inline then made.staging = given.staging or beside(given.id) end
  return made
end

return content
