--- Keys: a public part, one algorithm, and operations.
-- Where the private part lives (a crypto provider, a TEE driver, a function of the host) is the key's own
-- affair: COSE asks keys to sign, never for private bytes. Points are checked to be on their curve, private
-- parts to match public ones. `tostring(key)` shows the kid only.
-- @module teep.key
local core <const> = require("teep.core").key
local options <const> = require "teep.options"

local key = {}

--- Make a new key pair.
-- @tparam table given
-- @tparam string given.algorithm `ESP256`, `Ed25519`, `ES256` or `EdDSA`
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code: `unsupported_algorithm`, `crypto_failed`, `no_memory`
-- @usage local mine = assert(key.generate{ algorithm = "ESP256" })
function key.generate(given)
  options.check(given, { algorithm = "string", curve = "string?" })
  return core.generate(given.algorithm, given.curve)
end

--- Load a COSE_Key (RFC 9052 section 7), public or private.
-- EC2 on P-256 with both coordinates, or OKP on Ed25519. Without `alg` the key serves the algorithm of its
-- curve, ESP256 or Ed25519 (RFC 9864). Its `kid`, if it has one, is what messages name it by.
-- @function load
-- @tparam string bytes
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code: `bad_key`, `wrong_key` (its key_ops allow neither signing
--   nor verifying), `unsupported_algorithm`, the codes of malformed CBOR, `crypto_failed`, `no_memory`
-- @usage local anchor = assert(key.load(file:read "a"))
key.load = core.load

--- A key whose private part is elsewhere: in a PKCS#11 token, an HSM, another process.
-- @tparam table given
-- @tparam string given.public COSE_Key bytes
-- @tparam function given.sign `sign(to_be_signed) -> signature`: gets the whole bytes (for ESP256 it hashes
--   them with SHA-256 itself), returns 64 bytes (for ESP256 r || s). It may not yield. An error in it, or
--   another result, makes the signing fail with `crypto_failed` and its message.
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code, as for @{load}
-- @usage local mine = key.external{ public = bytes, sign = function(data) return token:sign(data) end }
function key.external(given)
  options.check(given, { public = "string", sign = "function?", agree = "function?", algorithm = "string?" })
  if not (given.sign or given.agree) then error("missing option: sign or agree", 2) end
  return core.external(given.public, given.sign, given.agree, given.algorithm)
end

--- Methods of a key.
-- @type key

--- The public part.
-- @function key:public
-- @treturn[1] string COSE_Key bytes
-- @treturn[2] nil, string, string message and code `crypto_failed`
-- @usage io.open("tam.pub", "wb"):write(mine:public())

--- All of the key, for a key file.
-- @function key:private
-- @treturn[1] string COSE_Key bytes
-- @treturn[2] nil, string, string message and code: `no_private_key` for public keys and those held
--   elsewhere, `crypto_failed`
-- @usage local bytes = assert(mine:private())

--- SHA-256 thumbprint of the public part (RFC 9679), the kid of keys that have no other.
-- @function key:thumbprint
-- @treturn[1] string 32 bytes
-- @treturn[2] nil, string, string message and code `crypto_failed`
-- @usage trusted[mine:thumbprint()] = mine

--- The one algorithm the key serves.
-- @function key:algorithm
-- @treturn string name
-- @usage mine:algorithm() --> "ESP256"

--- Who holds the key.
-- @function key:provider
-- @treturn string name of the crypto provider, `external` for one held elsewhere
-- @usage mine:provider() --> "openssl"

--- Whether the key has a private part to sign with.
-- @function key:can_sign
-- @treturn boolean
-- @usage if not mine:can_sign() then error("a signing key is needed") end

return key
