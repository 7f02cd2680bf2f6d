--- Encrypted payloads (draft-ietf-suit-firmware-encryption): both ends of a SUIT_Encryption_Info.
-- @module teep.suit.encryption
local cose <const> = require "teep.cose"
local errors <const> = require "teep.errors"
local limits <const> = require "teep.suit.limits"
local options <const> = require "teep.options"

local encryption = {}

--- Algorithms of the content, those of AES-CTR included: image-match proves what they give (section 7.2).
encryption.algorithms = {
  "A128GCM", "A192GCM", "A256GCM", "A128CTR", "A192CTR", "A256CTR", "ChaCha20/Poly1305",
}

-- SuppPubInfo.other of the key derivation (section 5.2.4).
local PURPOSE <const> = "SUIT Payload Encryption"

--- Encrypt a payload for recipients, under a content key that is fresh each time (section 4.3).
-- @tparam string payload at most 64 MiB
-- @tparam table given `recipients`: 1..8 keys, public ones for `ECDH-ES+A128KW` and its like, or symmetric
--   ones of `A128KW` and its like; `algorithm` of the content (`A128GCM`)
-- @treturn[1] table `info` (the parameter encryption-info) and `ciphertext`
-- @treturn[2] nil, string, string `wrong_key`, `size_out_of_range`, `unsupported_algorithm`, `too_large` and
--   others of teep.cose
-- @usage local made = assert(suit.encrypt(payload, { recipients = { device } }))
function encryption.encrypt(payload, given)
  options.check(given, { recipients = "table", algorithm = "string?" })
  local info <const>, ciphertext <const>, code <const> = cose.encrypt{
    recipients = given.recipients, algorithm = given.algorithm or "A128GCM", plaintext = payload,
    other = PURPOSE, detached = true,
  }
  if not info then return info, ciphertext, code end
  return { info = info, ciphertext = ciphertext }
end

local Filter <const> = {}
Filter.__index = Filter

-- Which step failed is not told: the answer may travel to whoever made the ciphertext (section 11).
local function failed(code)
  if code == "unsupported_algorithm" or code == "algorithm_not_allowed" then
    return errors.fail("unsupported_algorithm", "decrypt: an algorithm is not supported")
  end
  return errors.fail("operation_failed", "decrypt: the keys there are do not open it")
end

function Filter:pass(plaintext, _, code)
  if not plaintext then return failed(code) end
  if plaintext == "" then return true end
  return self.sink(plaintext)
end

function Filter:update(bytes) return self:pass(self.stream:update(bytes)) end

function Filter:finish() return self:pass(self.stream:finish()) end

--- What a processor decrypts with.
-- @tparam {key,...} keys private or symmetric ones of this device
-- @tparam[opt] table given `algorithms` of the content (@{algorithms}), `limits` (`payload_bytes`: of a
--   ciphertext that has to be kept until its tag is checked)
-- @treturn function `decrypt(encryption_info, sink)` as teep.suit.processor takes it; it fails with
--   `unsupported_algorithm` and `operation_failed`
-- @usage suit.process(verified, { decrypt = suit.decrypt_with{ device_key }, ... })
function encryption.decrypt_with(keys, given)
  given = options.check(given or {}, { algorithms = "table?", limits = "table?" })
  local limit <const> = limits.with(given.limits).payload_bytes
  return function(info, sink)
    local stream <const>, _, code <const> = cose.decryptor(info, {
      keys = keys, algorithms = given.algorithms or encryption.algorithms, other = PURPOSE, tagged = true,
      limit = limit,
    })
    if not stream then return failed(code) end
    return setmetatable({ stream = stream, sink = sink }, Filter)
  end
end

return encryption
