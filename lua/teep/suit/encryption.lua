--- Encrypted payloads (draft-ietf-suit-firmware-encryption): made by authors and distributors, decrypted by
-- devices.
-- Parameter encryption-info is a COSE_Encrypt with tag 96 and a detached ciphertext. How the content key
-- reaches a device is said by the key of the recipient: AES-KW under a key both have, ECDH-ES+AES-KW to a
-- public key.
-- @module teep.suit.encryption
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local limits <const> = require "teep.suit.limits"
local options <const> = require "teep.options"

local encryption = {}

-- Given to the key derivation on both sides (section 5.2.4).
local PURPOSE <const> = "SUIT Payload Encryption"

--- Algorithms of the content. Those of AES-CTR have no integrity: a digest has to make up for it.
encryption.algorithms = {
  "A128GCM", "A192GCM", "A256GCM", "A128CTR", "A192CTR", "A256CTR", "ChaCha20/Poly1305",
}

local without_integrity <const> = {}
for _, name in ipairs(encryption.algorithms) do
  if name:find "CTR$" then without_integrity[crypto.algorithms[name]] = true end
end

--- Encrypt a payload for recipients, under a content key that is fresh each time (section 4.3).
-- @tparam string payload at most 64 MiB
-- @tparam table given
-- @tparam {key,...} given.recipients 1..8: public keys for `ECDH-ES+A128KW` and its like, symmetric ones for
--   `A128KW` and its like
-- @tparam[opt="A128GCM"] string given.algorithm one of @{algorithms}; what AES-CTR has encrypted is
--   decrypted while it arrives, and needs a manifest that states a digest
-- @treturn[1] table what `encryption` of a component is for `suit.create`: `info` (parameter encryption-info)
--   and `ciphertext`
-- @treturn[2] nil, string, string message and code: `wrong_key`, `size_out_of_range`,
--   `unsupported_algorithm`, `too_large` and others of `teep.cose.encrypt`
-- @usage local made = assert(suit.encrypt(payload, { recipients = { device } }))
function encryption.encrypt(payload, given)
  options.check(given, { recipients = "table", algorithm = "string?" })
  local info <const>, ciphertext <const>, code <const> = cose.encrypt{
    recipients = given.recipients, algorithm = given.algorithm or "A128GCM", plaintext = payload,
    other = PURPOSE, detached = true,
  }
  if not info then return nil, "encryption: " .. ciphertext, code end
  return { info = info, ciphertext = ciphertext }
end

--- Check the shape of an encryption-info; nothing in it is trusted (section 4).
-- @tparam string info
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code: `not_cose`, `bad_header`, `critical_header` and those of
--   teep.cbor
function encryption.check_info(info)
  local shape <const>, message <const>, code <const> = cose.parse_encrypted(info)
  if not shape then return nil, "encryption-info: " .. message, code end
  if shape.structure ~= "encrypt" or not shape.tagged then
    return errors.fail("not_cose", "encryption-info: want a COSE_Encrypt with tag 96")
  end
  if not shape.detached then
    return errors.fail("not_cose", "encryption-info: the ciphertext has to be detached")
  end
  return true
end

-- What anybody can tell from the bytes alone.
local open_codes <const> = {
  unknown_key = "it is for none of the keys of this device",
  algorithm_not_allowed = "its algorithm is not supported",
  unsupported_algorithm = "its algorithm is not supported",
  too_large = "the ciphertext is too large to be kept until its tag is checked",
}

-- Which step failed is not told: the answer may travel to whoever made the ciphertext (section 11).
local function failed(code)
  if open_codes[code] then return errors.fail(code, "decryption: %s", open_codes[code]) end
  return errors.fail("operation_failed", "decryption: no key of this device opens it")
end

local Filter <const> = {}
Filter.__index = Filter

function Filter:pass(plaintext, _, code)
  if not plaintext then return failed(code) end
  if plaintext == "" then return true end
  return self.sink(plaintext)
end

function Filter:update(bytes) return self:pass(self.stream:update(bytes)) end

function Filter:finish() return self:pass(self.stream:finish()) end

--- What a processor decrypts with. What AES-CTR has encrypted is passed on as it arrives, and is nothing to
-- go by before its digest was compared; an AEAD passes its plaintext on once the tag has matched.
-- @tparam {key,...} keys private or symmetric ones of this device
-- @tparam[opt] table given
-- @tparam[opt] {string,...} given.algorithms of the content, @{algorithms} when absent
-- @tparam[opt] table given.limits `buffered_bytes`: of a ciphertext that has to be kept in memory until its
--   tag is checked
-- @treturn function `decrypt(encryption_info, sink)` as @{processor.run} takes it; it fails with
--   `unknown_key` (encrypted to none of the keys), `operation_failed` (they do not open it),
--   `algorithm_not_allowed`, `unsupported_algorithm`, `too_large`, `not_cose`, `bad_header`,
--   `critical_header`, and as the sink does
-- @usage suit.process(verified, { decrypt = suit.decrypt_with{ device_key }, ... })
function encryption.decrypt_with(keys, given)
  given = options.check(given or {}, { algorithms = "table?", limits = "table?" })
  local limit <const> = limits.with(given.limits).buffered_bytes
  return function(info, sink)
    local ok <const>, message <const>, fault <const> = encryption.check_info(info)
    if not ok then return ok, message, fault end
    local stream <const>, _, code <const> = cose.decryptor(info, {
      keys = keys, algorithms = given.algorithms or encryption.algorithms, other = PURPOSE, tagged = true,
      limit = limit,
    })
    if not stream then return failed(code) end
    return setmetatable({ stream = stream, sink = sink }, Filter)
  end
end

local function matches(found, stated)
  return found.digest_algorithm == stated.algorithm and crypto.equal(found.digest, stated.bytes)
end

local function has_integrity(info)
  local shape <const> = cose.parse_encrypted(info)
  return shape and not without_integrity[shape.algorithm]
end

--- Check a ciphertext against the digest stated for it, before it is decrypted (sections 7.2 and 8). One
-- that AES-CTR has encrypted needs such a digest, or one of the plaintext, which is compared afterwards.
-- @tparam string info encryption-info
-- @tparam table found `digest`, `digest_algorithm` of the ciphertext
-- @tparam[opt] table stated image-digest of the component that holds it
-- @tparam[opt] table wanted image-digest of the component that the plaintext goes into
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code: `operation_failed`, `parameter_unset`
function encryption.check_ciphertext(info, found, stated, wanted)
  if stated and not matches(found, stated) then
    return errors.fail("operation_failed", "the ciphertext has another digest than its image-digest")
  end
  if stated or wanted or has_integrity(info) then return true end
  return errors.fail("parameter_unset", "image-digest is set neither for the ciphertext nor for the "
    .. "plaintext, and the encryption has no integrity of its own")
end

--- Check a plaintext against the digest stated for it.
-- @tparam table found `digest`, `digest_algorithm`
-- @tparam[opt] table wanted image-digest
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `operation_failed`
function encryption.check_plaintext(found, wanted)
  if not wanted or matches(found, wanted) then return true end
  return errors.fail("operation_failed", "the plaintext has another digest than its image-digest")
end

return encryption
