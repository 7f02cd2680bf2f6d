--- Digests, HMAC, random bytes and the crypto providers.
-- Algorithms go by name: `ESP256`, `Ed25519`, `ES256`, `EdDSA` (signatures), `SHA-256`, `SHA-384`, `SHA-512`
-- (digests) and `HMAC-256`. Each is served by the first provider in the order that has it: `openssl` has all
-- of them, `mbedtls` all but Ed25519 and EdDSA. An unknown name throws; one that no provider in use
-- serves, or that is not of the right kind, is `nil, message, "unsupported_algorithm"`.
-- @module teep.crypto
local core <const> = require("teep.core").crypto

local crypto = {}

--- Algorithm name -> COSE number (IANA "COSE Algorithms"), and number -> name.
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
-- @treturn[2] nil, string, string message and code `crypto_failed`
-- @usage local token = crypto.random(32)
crypto.random = core.random

--- Digest of a whole string.
-- @function digest
-- @tparam string algorithm `SHA-256`, `SHA-384` or `SHA-512`
-- @tparam string data
-- @treturn[1] string 32, 48 or 64 bytes
-- @treturn[2] nil, string, string message and code: `unsupported_algorithm`, `crypto_failed`, `no_memory`
-- @usage local sum = crypto.digest("SHA-256", "abc")
crypto.digest = core.digest

--- Start a digest over data that arrives in pieces.
-- Its methods: `update(data)` returns the object; `finish()` returns the digest and ends the object. Both
-- return `nil, message, "crypto_failed"` when the provider fails, and throw after `finish`.
-- @function hash
-- @tparam string algorithm `SHA-256`, `SHA-384` or `SHA-512`
-- @treturn[1] userdata
-- @treturn[2] nil, string, string message and code: `unsupported_algorithm`, `crypto_failed`, `no_memory`
-- @usage local sum = crypto.hash("SHA-256"):update("a"):update("bc"):finish()
crypto.hash = core.hash

--- HMAC (RFC 2104) with the full tag.
-- @function hmac
-- @tparam string algorithm `HMAC-256`
-- @tparam string key of any size
-- @tparam string data
-- @treturn[1] string 32 bytes
-- @treturn[2] nil, string, string message and code: `unsupported_algorithm`, `crypto_failed`, `no_memory`
-- @usage local tag = crypto.hmac("HMAC-256", key, data)
crypto.hmac = core.hmac

--- Compare secrets: the time depends on the sizes only.
-- @function equal
-- @tparam string a
-- @tparam string b
-- @treturn boolean
-- @usage if not crypto.equal(tag, crypto.hmac("HMAC-256", key, data)) then return refuse() end
crypto.equal = core.equal

--- The providers in use, in their order.
-- @function providers
-- @treturn {table,...} `{ name =, algorithms = { names } }`
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
