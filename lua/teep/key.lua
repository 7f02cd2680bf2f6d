--- Keys: a public part, one algorithm, and operations.
-- Where the private part lives (a crypto provider, a TEE driver, a function of the host) is the key's own
-- affair: COSE asks keys to sign or to agree, never for private bytes. Points are checked to be on their
-- curve, private parts to match public ones. `tostring(key)` shows the kid only.
-- @module teep.key
local core <const> = require("teep.core").key
local errors <const> = require "teep.errors"
local options <const> = require "teep.options"

local key = {}

local most <const> = 65536

--- Make a new key pair, or a new secret for a symmetric algorithm.
-- @tparam table given
-- @tparam string given.algorithm of signatures, key agreement, MACs, encryption or key wrap (`teep.crypto`)
-- @tparam[opt="P-256"] string given.curve for key agreement: `P-256`, `P-384`, `P-521` or `X25519`
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code: `unsupported_algorithm`, `bad_key` (the algorithm has no
--   keys on this curve), `crypto_failed`, `no_memory`
-- @usage local mine = assert(key.generate{ algorithm = "ESP256" })
function key.generate(given)
  options.check(given, { algorithm = "string", curve = "string?" })
  return core.generate(given.algorithm, given.curve)
end

local function format_of(bytes)
  if bytes:find "^%s*%-%-%-%-%-BEGIN " then return "pem" end
  if bytes:find "^%s*{" then return "jwk" end
  return bytes:byte() == 0x30 and "der" or "cose"
end

--- Load a key, public or private, in any format; the first bytes tell which.
--
-- * COSE_Key (RFC 9052 section 7): EC2, OKP, Symmetric. Base IV and unknown members are skipped.
-- * PEM: one block, `PUBLIC KEY`, `PRIVATE KEY` or `EC PRIVATE KEY`, not encrypted.
-- * DER: SubjectPublicKeyInfo, PKCS #8, SEC 1; named curves and uncompressed points.
-- * JWK (RFC 7517): `EC`, `OKP`, `oct`. Unknown members are skipped; of two with one name the last counts.
--
-- Curves: P-256, P-384, P-521, Ed25519, X25519. A key that names no algorithm serves the one of its curve:
-- `ESP256`, `ESP384`, `ESP512`, `Ed25519` (RFC 9864), `ECDH-ES+A128KW` on X25519 or where its key_ops are
-- derivation alone. Key_ops limit what a key does (`wrong_key`), and stay with it where its private part is
-- written; a private key has to sign, a public one to verify. Symmetric keys have to name theirs. A `kid`,
-- if it has one, is what messages name it by.
-- @tparam string bytes at most 64 KiB
-- @tparam[opt] table given
-- @tparam[opt] string given.algorithm what the key serves when it does not say
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code: `bad_key`, `wrong_key` (it names another algorithm; its
--   key_ops leave out what it is for), `unsupported_algorithm`, `too_large`, the codes of
--   malformed CBOR, `crypto_failed`, `no_memory`
-- @usage local anchor = assert(key.load(file:read "a"))
-- local recipient = assert(key.load(pem, { algorithm = "ECDH-ES+A128KW" }))
function key.load(bytes, given)
  local algorithm <const> = given and options.check(given, { algorithm = "string?" }).algorithm
  if type(bytes) ~= "string" then error("key: want a string, got " .. type(bytes), 2) end
  if #bytes > most then return errors.fail("too_large", "key: %d bytes, at most %d", #bytes, most) end
  local format <const> = format_of(bytes)
  if format == "cose" then return core.load(bytes, algorithm) end
  if format == "der" then return core.load_der(bytes, algorithm) end
  return require("teep.key." .. format).load(bytes, algorithm)
end

--- Load a COSE_KeySet (RFC 9052 section 7) or a JWK Set (RFC 7517 section 5).
-- Keys that cannot be used are skipped, as these say.
-- @tparam string bytes of 1..64 keys
-- @treturn[1] {key,...}
-- @treturn[1] {table,...} `{ index =, message =, code = }` for each key skipped
-- @treturn[2] nil, string, string message and code: `bad_key`, `limit_reached`, the codes of malformed CBOR
-- @usage local keys, skipped = assert(key.load_set(bytes))
function key.load_set(bytes) return require("teep.key.set").load(bytes) end

--- Write keys as a COSE_KeySet.
-- @tparam {key,...} keys 1..64 keys
-- @tparam[opt] table given
-- @tparam[opt=false] boolean given.private with their private parts
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code: `bad_key` (no keys), `limit_reached`, or of the first
--   that fails, as for @{export}
-- @usage file:write(key.export_set{ tam, signer })
function key.export_set(keys, given)
  options.check(given or {}, { private = "boolean?" })
  return require("teep.key.set").write(keys, given and given.private or false)
end

--- Write a key in a format of the caller's choice.
-- PEM and DER hold no algorithm, kid or key_ops; JWK says `ES256` for ESP256 and ES256 alike.
-- @tparam key of
-- @tparam table given
-- @tparam string given.format `cose`, `pem`, `der` or `jwk`
-- @tparam[opt=false] boolean given.private with its private part
-- @treturn[1] string
-- @treturn[2] nil, string, string message and code: `no_private_key`; `wrong_key`: a Symmetric key has no
--   public part, and no PEM or DER form; `crypto_failed`, `no_memory`
-- @usage io.write(key.export(mine, { format = "pem" }))
function key.export(of, given)
  options.check(given, { format = "string", private = "boolean?" })
  local format <const>, private <const> = given.format, given.private or false
  if format == "cose" then return (private and of.private or of.public)(of) end
  if format == "der" then return core.to_der(of, private) end
  if format ~= "pem" and format ~= "jwk" then error("option format: no such format: " .. format, 2) end
  return require("teep.key." .. format).write(of, private)
end

--- A key whose private part is elsewhere: in a PKCS#11 token, an HSM, another process.
-- @tparam table given
-- @tparam string given.public the public key, in any format of @{load}
-- @tparam[opt] function given.sign `sign(to_be_signed) -> signature`: gets the whole bytes (for ESP256 it
--   hashes them with SHA-256 itself), returns 64, 96 or 132 bytes (ECDSA: r || s, not DER). It may not yield.
--   An error in it, or another result, makes the signing fail with `crypto_failed` and its message.
-- @tparam[opt] function given.agree `agree(peer) -> secret`: gets the COSE_Key of the peer, whose point was
--   checked, returns the x-coordinate of the ECDH (32, 48 or 66 bytes). Rules as for `sign`.
-- @tparam[opt] string given.algorithm what the key serves when `public` does not say
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code, as for @{load}
-- @usage local mine = key.external{ public = bytes, sign = function(data) return token:sign(data) end }
function key.external(given)
  options.check(given, { public = "string", sign = "function?", agree = "function?", algorithm = "string?" })
  if not (given.sign or given.agree) then error("missing option: sign or agree", 2) end
  local wanted <const> = { algorithm = given.algorithm }
  local public <const>, message <const>, code <const> = key.load(given.public, wanted)
  if not public then return nil, message, code end
  local bytes <const>, why <const>, reason <const> = public:public()
  if not bytes then return nil, why, reason end
  return core.external(bytes, given.sign, given.agree)
end

--- Methods of a key.
-- @type key

--- The public part.
-- @function key:public
-- @treturn[1] string COSE_Key bytes
-- @treturn[2] nil, string, string message and code: `wrong_key` for a Symmetric key, `crypto_failed`,
--   `no_memory`
-- @usage io.open("tam.pub", "wb"):write(mine:public())

--- All of the key, for a key file.
-- @function key:private
-- @treturn[1] string COSE_Key bytes
-- @treturn[2] nil, string, string message and code: `no_private_key` for public keys and those held
--   elsewhere, `crypto_failed`, `no_memory`
-- @usage local bytes = assert(mine:private())

--- SHA-256 thumbprint of the public part (RFC 9679), the kid of keys that have no other. That of a
-- Symmetric key is over its secret: not to be published (section 5.3), and no kid.
-- @function key:thumbprint
-- @treturn[1] string 32 bytes
-- @treturn[2] nil, string, string message and code: `crypto_failed`, `no_memory`
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

--- Whether the key has a private part to agree with.
-- @function key:can_agree
-- @treturn boolean

--- ECDH (RFC 9053 section 6.3): the x-coordinate shared with another key, for a KDF.
-- @function key:agree
-- @tparam key peer public, on the same curve
-- @treturn[1] string 32, 48 or 66 bytes
-- @treturn[2] nil, string, string message and code: `bad_key` (another curve, an all-zero result),
--   `wrong_key` (no key agreement key, or its key_ops leave that out), `no_private_key`, `crypto_failed`,
--   `no_memory`, and those of the driver that holds the key
-- @usage local kek = crypto.hkdf{ secret = mine:agree(theirs), info = context, size = 16 }

return key
