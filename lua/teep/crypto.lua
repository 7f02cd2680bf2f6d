--- Digests, HMAC, HKDF, encryption, key wrap, random bytes and the crypto providers.
-- Algorithms go by name (@{algorithms}). Each is served by the first provider in the order that has it:
-- `openssl` has all of them, `mbedtls` all but Ed25519, EdDSA, SHAKE128 and SHAKE256. An unknown name throws;
-- one that no provider in use serves, or that is not of the right kind, is `nil, message,
-- "unsupported_algorithm"`. Secrets that pass through Lua strings live until they are collected: where that
-- matters, use key handles (@{teep.key}) and `teep.cose`, which keep them in C and wipe them.
-- @module teep.crypto
local core <const> = require("teep.core").crypto
local options <const> = require "teep.options"

local crypto = {}

--- Algorithm name -> COSE number (IANA "COSE Algorithms"), and number -> name.
-- Signatures: `ESP256 ESP384 ESP512 Ed25519` (RFC 9864), `ES256 ES384 ES512 EdDSA`. Digests: `SHA-256 SHA-384
-- SHA-512`, `SHAKE128` (32 bytes), `SHAKE256` (64). MACs: `HMAC-256 HMAC-384 HMAC-512`. AEAD: `A128GCM
--   A192GCM
-- A256GCM ChaCha20/Poly1305`. Without integrity (RFC 9459): `A128CTR A192CTR A256CTR`. Key wrap: `A128KW
--   A192KW
-- A256KW`. Key agreement: `ECDH-ES+HKDF-256 ECDH-ES+A128KW ECDH-ES+A192KW ECDH-ES+A256KW`.
-- @usage crypto.algorithms["ESP256"] --> -9
-- crypto.algorithms[-9] --> "ESP256"
crypto.algorithms = {}
for name, number in pairs(core.algorithms) do
  crypto.algorithms[name], crypto.algorithms[number] = number, name
end

--- Random bytes fit for keys, tokens and nonces; a forked process gets its own.
-- @function random
-- @tparam integer n 0..1048576 bytes
-- @treturn[1] string n bytes
-- @treturn[2] nil, string, string message and code: `crypto_failed`, `no_memory`
-- @usage local token = crypto.random(32)
crypto.random = core.random

--- Digest of a string, or of a part of it.
-- @function digest
-- @tparam string algorithm of a digest
-- @tparam string data
-- @tparam[opt=1] integer first position within the data
-- @tparam[opt=#data] integer last position within the data; `first - 1` for no bytes
-- @treturn[1] string 32, 48 or 64 bytes
-- @treturn[2] nil, string, string message and code: `unsupported_algorithm`, `crypto_failed`, `no_memory`
-- @usage local sum = crypto.digest("SHA-256", "abc")
crypto.digest = core.digest

--- Start a digest over data that arrives in pieces.
-- Its methods: `update(data)` returns the object; `finish()` returns the digest and ends the object. Both
-- return `nil, message, "crypto_failed"` when the provider fails, and throw after `finish`.
-- @function hash
-- @tparam string algorithm of a digest
-- @treturn[1] userdata
-- @treturn[2] nil, string, string message and code: `unsupported_algorithm`, `crypto_failed`, `no_memory`
-- @usage local sum = crypto.hash("SHA-256"):update("a"):update("bc"):finish()
crypto.hash = core.hash

--- HMAC (RFC 2104) with the full tag.
-- @function hmac
-- @tparam string algorithm `HMAC-256`, `HMAC-384` or `HMAC-512`
-- @tparam string key of any size
-- @tparam string data
-- @treturn[1] string 32, 48 or 64 bytes
-- @treturn[2] nil, string, string message and code: `unsupported_algorithm`, `crypto_failed`, `no_memory`
-- @usage local tag = crypto.hmac("HMAC-256", key, data)
crypto.hmac = core.hmac

--- HKDF-SHA-256 (RFC 5869): extract, then expand.
-- @tparam table given
-- @tparam string given.secret input keying material
-- @tparam[opt=""] string given.salt
-- @tparam[opt=""] string given.info at most 8160 bytes
-- @tparam integer given.size 1..8160 bytes
-- @treturn[1] string
-- @treturn[2] nil, string, string message and code: `too_large`, `unsupported_algorithm`, `crypto_failed`,
--   `no_memory`
-- @usage local kek = crypto.hkdf{ secret = shared, info = context, size = 16 }
function crypto.hkdf(given)
  options.check(given, { secret = "string", salt = "string?", info = "string?", size = "number" })
  return core.hkdf(given.secret, given.salt or "", given.info or "", given.size)
end

--- Encrypt and authenticate (AEAD).
-- @tparam table given
-- @tparam string given.algorithm `A128GCM`, `A192GCM`, `A256GCM` or `ChaCha20/Poly1305`
-- @tparam string given.key 16, 24, 32 and 32 bytes
-- @tparam string given.nonce 12 bytes; never twice with one key
-- @tparam[opt=""] string given.aad additional data, authenticated only
-- @tparam string given.plaintext at most 64 MiB
-- @treturn[1] string ciphertext and the 16 bytes of its tag
-- @treturn[2] nil, string, string message and code: `bad_key`, `size_out_of_range` (nonce), `too_large`,
--   `unsupported_algorithm`, `crypto_failed`, `no_memory`
-- @usage local box = crypto.seal{ algorithm = "A128GCM", key = cek, nonce = crypto.random(12), plaintext =
--   "hi" }
function crypto.seal(given)
  options.check(given, { algorithm = "string", key = "string", nonce = "string", aad = "string?",
    plaintext = "string" })
  return core.seal(given.algorithm, given.key, given.nonce, given.aad or "", given.plaintext)
end

--- Check and decrypt what @{seal} made.
-- @tparam table given as for @{seal}, with `ciphertext` in place of `plaintext`
-- @treturn[1] string plaintext
-- @treturn[2] nil, string, string message and code: `bad_signature` (the tag does not match),
--   `size_out_of_range`
--   (nonce, or shorter than a tag), and those of @{seal}
-- @usage local plaintext = crypto.open{ algorithm = "A128GCM", key = cek, nonce = nonce, ciphertext = box }
function crypto.open(given)
  options.check(given, { algorithm = "string", key = "string", nonce = "string", aad = "string?",
    ciphertext = "string" })
  return core.open(given.algorithm, given.key, given.nonce, given.aad or "", given.ciphertext)
end

--- Start an AES-CTR stream (RFC 9459); encryption and decryption are the same. It has no integrity.
-- Its methods: `update(data)` returns as many bytes, `nil, message, "crypto_failed"` when the provider fails,
-- and throws after `close()`, which wipes the key.
-- @tparam table given
-- @tparam string given.algorithm `A128CTR`, `A192CTR` or `A256CTR`
-- @tparam string given.key 16, 24 or 32 bytes
-- @tparam string given.iv 16 bytes, the first counter block; never twice with one key
-- @treturn[1] userdata
-- @treturn[2] nil, string, string message and code: `bad_key`, `size_out_of_range` (iv),
--   `unsupported_algorithm`,
--   `crypto_failed`, `no_memory`
-- @usage local stream = crypto.cipher{ algorithm = "A128CTR", key = cek, iv = iv }
-- file:write(stream:update(piece))
function crypto.cipher(given)
  options.check(given, { algorithm = "string", key = "string", iv = "string" })
  return core.cipher(given.algorithm, given.key, given.iv)
end

--- AES Key Wrap (RFC 3394, default IV).
-- @tparam table given
-- @tparam string given.algorithm `A128KW`, `A192KW` or `A256KW`
-- @tparam string given.key the key encryption key: 16, 24 or 32 bytes
-- @tparam string given.secret 16..128 bytes, a multiple of 8
-- @treturn[1] string 8 bytes longer
-- @treturn[2] nil, string, string message and code: `bad_key`, `size_out_of_range`, `unsupported_algorithm`,
--   `crypto_failed`, `no_memory`
-- @usage local wrapped = crypto.wrap{ algorithm = "A128KW", key = kek, secret = cek }
function crypto.wrap(given)
  options.check(given, { algorithm = "string", key = "string", secret = "string" })
  return core.wrap(given.algorithm, given.key, given.secret)
end

--- Undo @{wrap}.
-- @tparam table given as for @{wrap}, with `wrapped` in place of `secret`
-- @treturn[1] string the secret
-- @treturn[2] nil, string, string message and code: `bad_signature` (the integrity check fails), those of
--   @{wrap}
-- @usage local cek, message, code = crypto.unwrap{ algorithm = "A128KW", key = kek, wrapped = wrapped }
function crypto.unwrap(given)
  options.check(given, { algorithm = "string", key = "string", wrapped = "string" })
  return core.unwrap(given.algorithm, given.key, given.wrapped)
end

--- Compare secrets: the time depends on the sizes only.
-- @function equal
-- @tparam string a
-- @tparam string b
-- @treturn boolean
-- @usage if not crypto.equal(tag, crypto.hmac("HMAC-256", key, data)) then return refuse() end
crypto.equal = core.equal

--- The providers in use, in their order.
-- @function providers
-- @treturn {table,...} `{ name =, algorithms = { names }, certificates = (whether it validates x5chain) }`
-- @usage for _, provider in ipairs(crypto.providers()) do print(provider.name) end
crypto.providers = core.providers

--- Set which providers are used, and in which order. For the whole process; keys that exist stay with
-- their provider.
-- @function set_order
-- @tparam string names separated by commas
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `not_found`: a name is not compiled in; nothing changed
-- @usage assert(crypto.set_order("mbedtls,openssl"))
crypto.set_order = core.set_order

return crypto
