--- Protected SUIT Reports (draft-ietf-suit-report section 8, draft-ietf-teep-protocol section 8.2).
-- A report is plain, or encrypted (COSE_Encrypt for recipients, COSE_Encrypt0 under a shared key), or
-- either of these inside of a COSE_Sign1 or COSE_Mac0; with tags or without, told apart by type, tag and
-- length. What we write has tags, its ciphertext is never detached, and is always signed or has a MAC
-- outside: the profiles with AES-CTR give no integrity.
-- @module teep.suit.report.protection
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local options <const> = require "teep.options"
local report <const> = require "teep.suit.report"

local protection = {}

-- Given to the key derivation on both sides (draft-ietf-teep-protocol section 8.2).
local PURPOSE <const> = "SUIT Report Encryption"

local signatures <const> = { "ESP256", "Ed25519" }
local macs <const> = { ["HMAC-256"] = true, ["HMAC-384"] = true, ["HMAC-512"] = true }
local aead <const> = { "A128GCM", "A192GCM", "A256GCM", "ChaCha20/Poly1305" }
local all_ciphers <const> = { "A128CTR", "A192CTR", "A256CTR", table.unpack(aead) }

-- Major types, and the heads of tagged structures.
local ARRAY <const>, MAP <const> = 4, 5
local tags <const> = {
  ["\xD0"] = "encrypted", ["\xD1"] = "mac", ["\xD2"] = "signed", ["\xD8\x60"] = "encrypted",
}

-- Of untagged arrays, COSE_Encrypt0 has three elements; the last of four is a list of recipients or a
-- signature or tag, and which of these says the algorithm.
local function array_kind(bytes)
  local items <const> = cbor.items(bytes)
  if not items then return nil end
  if #items == 3 then return "encrypted" end
  if #items ~= 4 then return nil end
  if items[4].bytes:byte() >> 5 == ARRAY then return "encrypted" end
  local shape <const> = cose.parse_mac(bytes)
  return shape and macs[crypto.algorithms[shape.algorithm]] and "mac" or "signed"
end

-- `plain`, `encrypted`, `mac` or `signed`; nil for anything else.
local function kind_of(bytes)
  local major <const> = (bytes:byte() or 0) >> 5
  if major == MAP then return "plain" end
  if major == ARRAY then return array_kind(bytes) end
  return tags[bytes:sub(1, 1)] or tags[bytes:sub(1, 2)]
end

local function no_report()
  return errors.fail("not_cose", "suit-report: neither a report nor a protected one")
end

local function too_large(bytes)
  if #bytes <= report.limits.bytes then return nil end
  return errors.fail("too_large", "suit-report: %d bytes, limit %d", #bytes, report.limits.bytes)
end

--- Protect a report.
-- @tparam string bytes of @{teep.suit.report.encode}
-- @tparam table given
-- @tparam key given.key signs (COSE_Sign1), or makes a MAC (COSE_Mac0) where it is a symmetric one. To be
--   another than the key of the TEEP message that carries the report (draft-ietf-teep-protocol sections 4.5
--   and 4.6)
-- @tparam[opt] {key,...} given.recipients encrypt to these keys: COSE_Encrypt
-- @tparam[opt="A128GCM"] string given.algorithm of the encryption
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code, those of `teep.cose`
-- @usage local bytes = suit.protect_report(suit.report(outcome), { key = reporter, recipients = { tam } })
function protection.protect(bytes, given)
  options.check(given, { key = "userdata", recipients = "table?", algorithm = "string?" })
  local content = bytes
  if given.recipients then
    local message, code
    content, message, code = cose.encrypt{
      recipients = given.recipients, algorithm = given.algorithm or "A128GCM", plaintext = bytes,
      other = PURPOSE,
    }
    if not content then return nil, message, code end
  end
  local make <const> = macs[given.key:algorithm()] and cose.mac0 or cose.sign1
  return make{ key = given.key, payload = content }
end

local readers <const> = {}

local function read(bytes, context)
  local reader <const> = readers[kind_of(bytes)]
  if not reader or context.inside[reader] then return no_report() end
  return reader(bytes, context)
end

function readers.plain(bytes, context)
  local self, message, code = report.decode(bytes)
  if not self then return nil, message, code end
  self.protection = context.found
  return self
end

-- Without a signature around it, a ciphertext has to prove its own integrity.
function readers.encrypted(bytes, context)
  local shape, message, code = cose.parse_encrypted(bytes)
  if not shape then return nil, "suit-report: " .. message, code end
  if shape.detached then return errors.fail("not_cose", "suit-report: its ciphertext is detached") end
  local opened
  opened, message, code = cose.decrypt(bytes, {
    keys = context.decryption_keys, algorithms = context.found and all_ciphers or aead, other = PURPOSE,
  })
  if not opened then return nil, "suit-report: " .. message, code end
  context.found = context.found or {}
  context.found.encrypted = opened.algorithm
  context.inside = { [readers.encrypted] = true, [readers.signed] = true, [readers.mac] = true }
  return read(opened.plaintext, context)
end

local function authentic(opened, message, code, context)
  if not opened then return nil, "suit-report: " .. message, code end
  context.found = { key = opened.key, kid = opened.kid, algorithm = opened.algorithm }
  context.inside = { [readers.signed] = true, [readers.mac] = true }
  return read(opened.payload, context)
end

function readers.signed(bytes, context)
  local opened <const>, message <const>, code <const> = cose.verify(bytes,
    { keys = context.keys, algorithms = context.algorithms })
  return authentic(opened, message, code, context)
end

function readers.mac(bytes, context)
  local names <const> = {}
  for name in pairs(macs) do names[#names + 1] = name end
  local opened <const>, message <const>, code <const> = cose.verify_mac(bytes,
    { keys = context.keys, algorithms = names })
  return authentic(opened, message, code, context)
end

--- Open a report, protected or plain. A protected one has to be all there is in its container: what is
-- after it, or protected twice, is refused.
-- @tparam string bytes
-- @tparam[opt] table given
-- @tparam[opt] {key,...} given.keys of those whose reports are believed: public, or symmetric for a COSE_Mac0
-- @tparam[opt] {string,...} given.algorithms of signatures, `ESP256` and `Ed25519` when absent
-- @tparam[opt] {key,...} given.decryption_keys of ours
-- @treturn[1] table as @{teep.suit.report.decode}, and `protection`: nil for a plain report, else `key`,
--   `kid`, `algorithm` (nil when it is encrypted alone), `encrypted` (algorithm, nil when it is not)
-- @treturn[2] nil, string, string message and code: `too_large`, `not_cose`, those of `teep.cose` and of
--   @{teep.suit.report.decode}
-- @usage local report = suit.open_report(bytes, { keys = { reporter }, decryption_keys = { mine } })
function protection.open(bytes, given)
  local known <const> = options.check(given or {}, {
    keys = "table?", algorithms = "table?", decryption_keys = "table?",
  })
  local refused, message, code = too_large(bytes)
  if code then return refused, message, code end
  return read(bytes, {
    keys = known.keys or {}, algorithms = known.algorithms or signatures,
    decryption_keys = known.decryption_keys or {}, inside = {},
  })
end

local shapes <const> = {}

local function shape_of(bytes, outer)
  local kind <const> = kind_of(bytes)
  if not kind or outer and kind ~= "plain" and kind ~= "encrypted" then return no_report() end
  return shapes[kind](bytes, outer or {})
end

function shapes.plain(_, shape) return shape end

function shapes.encrypted(bytes, shape)
  local parsed <const>, message <const>, code <const> = cose.parse_encrypted(bytes)
  if not parsed then return nil, message, code end
  shape.encryption, shape.key_exchange = parsed.algorithm, {}
  if parsed.structure == "encrypt" then
    for i, recipient in ipairs(parsed.recipients) do shape.key_exchange[i] = recipient.algorithm end
  end
  return shape
end

function shapes.mac(bytes, shape)
  local parsed <const>, message <const>, code <const> = cose.parse_mac(bytes)
  if not parsed then return nil, message, code end
  shape.authentication = parsed.algorithm
  return shape
end

function shapes.signed(bytes, shape)
  local parsed <const>, message <const>, code <const> = cose.parse(bytes)
  if not parsed then return nil, message, code end
  if parsed.structure ~= "sign1" or not parsed.payload then return no_report() end
  shape.authentication = parsed.signers[1].algorithm
  return shape_of(parsed.payload, shape)
end

--- What protects a report, without a key and without trust: to tell whether a profile covers it.
-- @tparam string bytes
-- @treturn[1] table `authentication`, `encryption` (COSE numbers, nil: none), `key_exchange` (list of
--   numbers)
-- @treturn[2] nil, string, string message and code
function protection.shape(bytes)
  local refused, message, code = too_large(bytes)
  if code then return refused, message, code end
  return shape_of(bytes)
end

local function serves(profile, shape)
  if shape.authentication and shape.authentication ~= profile.authentication then return false end
  if shape.encryption and shape.encryption ~= profile.encryption then return false end
  for _, algorithm in ipairs(shape.key_exchange or {}) do
    if algorithm == profile.key_exchange then return true end
  end
  return #(shape.key_exchange or {}) == 0
end

--- Whether one of these SUIT COSE profiles covers a report (draft-ietf-suit-mti section 3).
-- @tparam string bytes
-- @tparam {table,...} profiles as `teep.message` has them
-- @treturn boolean a plain report needs none
function protection.covered(bytes, profiles)
  local shape <const> = protection.shape(bytes)
  if not shape then return false end
  if not shape.authentication and not shape.encryption then return true end
  for _, profile in ipairs(profiles) do
    if serves(profile, shape) then return true end
  end
  return false
end

return protection
