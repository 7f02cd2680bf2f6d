--- MACs and encryption (RFC 9052 sections 5 and 6); use them as functions of `teep.cose`. A content key is
-- fresh for each message, unless it is given: `encrypt0` and `mac0`, or a recipient whose key serves the
-- content algorithm itself (direct). A recipient's key says how it gets the content key: `A128KW` and its
-- like wrap it; `ECDH-ES+A128KW` and its like wrap it under a key agreed on with an ephemeral key, fresh
-- for each recipient; `ECDH-ES+HKDF-256` agrees on the content key itself, for one recipient alone.
-- @module teep.cose.symmetric
local core <const> = require("teep.core").cose
local options <const> = require "teep.options"

local symmetric = {}

local pieces_default <const> = 1 << 20

-- `given` and more option names.
local function with(more, given)
  for name, kind in pairs(given) do more[name] = kind end
  return more
end

local derivation <const> = { other = "string?", party_u = "table?", party_v = "table?" }
local party <const> = { identity = "string?", nonce = "string?", other = "string?" }

local making <const> = {
  external_aad = "string?", detached = "boolean?", untagged = "boolean?", no_kid = "boolean?",
}
local alone <const> = with({ key = "userdata" }, making)
local for_recipients <const> = with(with({ recipients = "table", algorithm = "string" }, making), derivation)

local opening <const> = with({
  keys = "table", algorithms = "table", external_aad = "string?", tagged = "boolean?",
}, derivation)

local encrypt0_options <const> = with({ plaintext = "string" }, alone)
local encrypt_options <const> = with({ plaintext = "string" }, for_recipients)
local mac0_options <const> = with({ payload = "string" }, alone)
local mac_options <const> = with({ payload = "string" }, for_recipients)
local decrypt_options <const> = with({ ciphertext = "string?", iv = "string?" }, opening)
local decryptor_options <const> = with({ iv = "string?", limit = "number?" }, opening)
local verify_mac_options <const> = with({ payload = "string?" }, opening)

local function check(given, known)
  options.check(given, known)
  if given.party_u then options.check(given.party_u, party) end
  if given.party_v then options.check(given.party_v, party) end
end

--- Encrypt under a key that the receiver has: COSE_Encrypt0.
-- @tparam table given
-- @tparam key given.key of `A128GCM`, `A192GCM`, `A256GCM`, `ChaCha20/Poly1305`; or `A128CTR`, `A192CTR`,
--   `A256CTR` (RFC 9459: no integrity, so something else has to protect the plaintext). Not for more than
--   2^32 messages: the IV is random
-- @tparam string given.plaintext at most 64 MiB
-- @tparam[opt=""] string given.external_aad authenticated, not sent; not with AES-CTR
-- @tparam[opt=false] boolean given.detached hand the ciphertext out beside the message
-- @tparam[opt=false] boolean given.untagged leave tag 16 out
-- @tparam[opt=false] boolean given.no_kid leave the kid of the key, if it has one, out
-- @treturn[1] string bytes
-- @treturn[1] ?string the detached ciphertext
-- @treturn[2] nil, string, string message and code: `wrong_key` (its algorithm encrypts no content, or its
--   key_ops leave that out), `too_large`, `unsupported_algorithm` (no provider in use has it any more),
--   `crypto_failed`, `no_memory`
-- @usage local bytes = assert(cose.encrypt0{ key = shared, plaintext = "secret" })
function symmetric.encrypt0(given)
  check(given, encrypt0_options)
  return core.encrypt0(given)
end

--- Encrypt for recipients: COSE_Encrypt.
-- @tparam table given as for @{encrypt0}, but with these in place of `key`
-- @tparam {key,...} given.recipients 1..8 keys, public ones for key agreement
-- @tparam string given.algorithm of the content
-- @tparam[opt] string given.other SuppPubInfo.other of the KDF (RFC 9053 section 5.2), which the receiver
--   has to know: `SUIT Payload Encryption`, `SUIT Report Encryption`, `EAT Encryption`
-- @tparam[opt] table given.party_u `{ identity =, nonce =, other = }` of the sender, known to the receiver
--   as well
-- @tparam[opt] table given.party_v the same of the receiver
-- @treturn[1] string bytes
-- @treturn[1] ?string the detached ciphertext
-- @treturn[2] nil, string, string message and code: `wrong_key` (an algorithm that fits no recipient or
--   content), `size_out_of_range` (a recipient beside a direct one), `unsupported_algorithm`, `too_large`,
--   `crypto_failed`, `no_memory`
-- @usage local bytes, ciphertext = cose.encrypt{ recipients = { device }, algorithm = "A128GCM",
--   plaintext = payload, other = "SUIT Payload Encryption", detached = true }
function symmetric.encrypt(given)
  check(given, encrypt_options)
  return core.encrypt(given)
end

--- Decrypt a COSE_Encrypt0 or COSE_Encrypt. Of the recipients, those are tried that a key fits: by its
-- algorithm, and by kid where both have one. At most 16 keys are tried. A detached ciphertext may have any
-- size, up to the 64 MiB of an AEAD.
-- @tparam string bytes
-- @tparam table given
-- @tparam {key,...} given.keys acceptable keys: of recipients, or of the content itself
-- @tparam {string,...} given.algorithms acceptable content algorithms; name AES-CTR only where something
--   else protects the plaintext: it has no integrity
-- @tparam[opt=""] string given.external_aad
-- @tparam[opt] string given.ciphertext the ciphertext, for a message without one (refused for others)
-- @tparam[opt] string given.iv agreed on: for a message without IV, or the base of its Partial IV
-- @tparam[opt] string given.other as for @{encrypt}
-- @tparam[opt] table given.party_u as for @{encrypt}; what is not given is taken from the recipient's
--   header
-- @tparam[opt] table given.party_v
-- @tparam[opt] boolean given.tagged true: the tag has to be there, false: it must not
-- @treturn[1] table `{ plaintext =, key = (one of those given), kid = (its, if it has one), algorithm =
--   (name) }`
-- @treturn[2] nil, string, string message and code: `algorithm_not_allowed`, `unknown_key`, `bad_signature`
--   (no wrapped key or no tag matches), `bad_key` (also an ephemeral key that is missing or has its private
--   part), `wrong_key` (an ephemeral key for another algorithm; key_ops that leave this out),
--   `no_private_key`, `size_out_of_range` (an IV, a wrapped key, a ciphertext shorter than its tag),
--   `unsupported_algorithm`, `limit_reached`, `not_cose` (also no ciphertext, or two), `bad_header` (also no
--   IV), `critical_header`, `too_large`, the codes of malformed CBOR, `crypto_failed`, `no_memory`, and
--   those of the driver that holds a key
-- @usage local opened, message, code = cose.decrypt(bytes, { keys = { mine }, algorithms = { "A128GCM" } })
function symmetric.decrypt(bytes, given)
  check(given, decrypt_options)
  return core.decrypt(bytes, given)
end

--- Decrypt a detached ciphertext that arrives in pieces. Its methods: `update(piece)` returns plaintext,
-- `finish()` the last of it and ends it, `close()` ends it early. AES-CTR gives plaintext at once. An AEAD
-- keeps the ciphertext, at most `limit` bytes, and gives all plaintext at the end, once the tag matched.
-- Both fail as @{decrypt} does, `update` beyond the limit with `too_large`; they throw after the end. Of
-- several keys that fit, the first that unwraps counts.
-- @tparam string bytes the message, without ciphertext
-- @tparam table given as for @{decrypt}, without `ciphertext`
-- @tparam[opt=1048576] integer given.limit bytes of ciphertext kept for an AEAD
-- @treturn[1] userdata
-- @treturn[2] nil, string, string message and code, as for @{decrypt}
-- @usage local stream = assert(cose.decryptor(info, { keys = { mine }, algorithms = { "A128CTR" } }))
-- for piece in pieces do file:write(assert(stream:update(piece))) end
-- file:write(assert(stream:finish()))
function symmetric.decryptor(bytes, given)
  check(given, decryptor_options)
  return core.decryptor(bytes, given, given.limit or pieces_default)
end

--- Make a MAC under a key that the receiver has: COSE_Mac0.
-- @tparam table given as for @{encrypt0}, with `payload` in place of `plaintext`
-- @tparam key given.key of `HMAC-256`, `HMAC-384` or `HMAC-512`
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code: `wrong_key` (its algorithm makes no MACs, or its key_ops
--   leave that out), `crypto_failed`, `no_memory`
-- @usage local bytes = assert(cose.mac0{ key = shared, payload = "hello" })
function symmetric.mac0(given)
  check(given, mac0_options)
  return core.mac0(given)
end

--- Make a MAC for recipients: COSE_Mac.
-- @tparam table given as for @{encrypt}, with `payload` in place of `plaintext`
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code, as for @{encrypt}
-- @usage local bytes = cose.mac{ recipients = { device }, algorithm = "HMAC-256", payload = "hello" }
function symmetric.mac(given)
  check(given, mac_options)
  return core.mac(given)
end

--- Check a COSE_Mac0 or COSE_Mac and hand out its payload. A MAC is no signature: whoever can check it can
-- make it, so `teep.cose.verify` does not take it.
-- @tparam string bytes
-- @tparam table given as for @{decrypt}, but with `payload` in place of `ciphertext`, and without `iv`
-- @treturn[1] table `{ payload =, key =, kid =, algorithm = }` as for @{decrypt}
-- @treturn[2] nil, string, string message and code, as for @{decrypt}
-- @usage local checked = cose.verify_mac(bytes, { keys = { shared }, algorithms = { "HMAC-256" } })
function symmetric.verify_mac(bytes, given)
  check(given, verify_mac_options)
  return core.verify_mac(bytes, given)
end

--- Take a COSE_Encrypt0 or COSE_Encrypt apart without a key: nothing in the result may be trusted.
-- @function parse_encrypted
-- @tparam string bytes
-- @treturn[1] table `{ structure = "encrypt0"|"encrypt", tagged =, detached =, algorithm = (number),
--   recipients = { { algorithm = (number), kid = }, ... } }`; the one recipient of a COSE_Encrypt0 is
--   itself
-- @treturn[2] nil, string, string message and code: `not_cose`, `bad_header`, `critical_header`,
--   `limit_reached`, and the codes of malformed CBOR
-- @usage local shape = cose.parse_encrypted(bytes)
symmetric.parse_encrypted = core.parse_encrypted

--- The same for a COSE_Mac0 or COSE_Mac.
-- @function parse_mac
-- @tparam string bytes
-- @treturn[1] table as for @{parse_encrypted}, `structure = "mac0"|"mac"`
-- @treturn[2] nil, string, string message and code, as for @{parse_encrypted}
-- @usage local shape = cose.parse_mac(bytes)
symmetric.parse_mac = core.parse_mac

return symmetric
