--- COSE signatures: Sign1 and Sign (RFC 9052 section 4).
-- Signatures are checked over the original bytes. The algorithm is read from the protected header only and
-- must be in the set the caller gives; a kid selects among the keys the caller gives and is no reason to
-- trust. Headers marked critical and not understood refuse the message; others not understood are skipped.
-- @module teep.cose
local core <const> = require("teep.core").cose
local options <const> = require "teep.options"

local cose = {}

local verify_options <const> = {
  keys = "table", algorithms = "table", external_aad = "string?", payload = "string?",
}

local sign1_options <const> = {
  key = "userdata", payload = "string", external_aad = "string?",
  detached = "boolean?", untagged = "boolean?", no_kid = "boolean?",
}

local sign_options <const> = {
  keys = "table", payload = "string", external_aad = "string?",
  detached = "boolean?", untagged = "boolean?", no_kid = "boolean?",
}

local function sign(make, keys, given)
  return make(keys, given.payload, given.external_aad or "", given.detached, given.untagged, given.no_kid)
end

--- Sign with one key: COSE_Sign1.
-- @tparam table given
-- @tparam key given.key its algorithm goes into the protected header
-- @tparam string given.payload
-- @tparam[opt=""] string given.external_aad bytes that are signed but not sent
-- @tparam[opt=false] boolean given.detached leave the payload out of the result
-- @tparam[opt=false] boolean given.untagged leave tag 18 out
-- @tparam[opt=false] boolean given.no_kid leave the kid (the thumbprint of the key, unprotected) out
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code: `no_private_key`, `crypto_failed`, `no_memory`
-- @usage local bytes = assert(cose.sign1{ key = mine, payload = "hello" })
function cose.sign1(given)
  options.check(given, sign1_options)
  return sign(core.sign1, given.key, given)
end

--- Sign with several keys: COSE_Sign.
-- @tparam table given as for @{sign1}, but with `keys` in place of `key`
-- @tparam {key,...} given.keys 1..8 keys, one per signature
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code: `no_private_key`, `crypto_failed`, `no_memory`
-- @usage local bytes = assert(cose.sign{ keys = { esp256, ed25519 }, payload = query_request })
function cose.sign(given)
  options.check(given, sign_options)
  return sign(core.sign, given.keys, given)
end

--- Take a message apart without verifying it: nothing in the result may be trusted.
-- Tag 18 or 98 may be missing. At most 8 signers and 32 header parameters in one bucket.
-- @function parse
-- @tparam string bytes
-- @treturn[1] table `{ structure = "sign1"|"sign", tagged =, payload = (nil when detached), signers = { {
--   algorithm = (number), kid = }, ... } }`
-- @treturn[2] nil, string, string message and code: `not_cose`, `bad_header`, `critical_header`,
--   `limit_reached`, and the codes of malformed CBOR
-- @usage local shape = cose.parse(bytes)
-- local candidate = shape and keys_by_kid[shape.signers[1].kid]
cose.parse = core.parse

--- Verify a message and hand out its payload.
-- One matching signature suffices: by an accepted key, with an accepted algorithm, where the key is the one
-- that the kid names, or any of that algorithm when there is no kid. At most 16 signatures are checked.
-- @tparam string bytes
-- @tparam table given
-- @tparam {key,...} given.keys acceptable keys
-- @tparam {string,...} given.algorithms acceptable algorithms by name
-- @tparam[opt=""] string given.external_aad
-- @tparam[opt] string given.payload the payload, for a message without one (refused for others)
-- @treturn[1] table `{ payload =, key = (one of those given), kid = (its thumbprint), algorithm = (name) }`
-- @treturn[2] nil, string, string message and code: `algorithm_not_allowed`, `unknown_key`, `bad_signature`,
--   `limit_reached`, `not_cose` (no payload, or two), the codes of @{parse}, `crypto_failed`, `no_memory`
-- @usage local verified, message, code = cose.verify(bytes, { keys = { tam }, algorithms = { "ESP256" } })
function cose.verify(bytes, given)
  options.check(given, verify_options)
  return core.verify(bytes, given.keys, given.algorithms, given.external_aad or "", given.payload)
end

return cose
