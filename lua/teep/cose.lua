--- COSE (RFC 9052): signatures (Sign1, Sign), MACs (Mac0, Mac) and encryption (Encrypt0, Encrypt). What is
-- signed is checked over the original bytes. The algorithm is read from the protected header only and must
-- be in the set the caller gives; a kid selects among the keys the caller gives and is no reason to trust.
-- Headers marked critical and not understood refuse the message; others not understood are skipped. At most
-- 8 signers or recipients, 32 header parameters in one bucket, 1 MiB for the whole message. MACs and
-- encryption are in `teep.cose.symmetric`; its functions are those of this module.
-- @module teep.cose
local core <const> = require("teep.core").cose
local options <const> = require "teep.options"
local symmetric <const> = require "teep.cose.symmetric"

local cose = {}

for name, value in pairs(symmetric) do cose[name] = value end

local verify_options <const> = {
  keys = "table", algorithms = "table", external_aad = "string?", payload = "string?", tagged = "boolean?",
  all = "boolean?", certificates = "table?",
}

local sign1_options <const> = {
  key = "userdata", payload = "string", external_aad = "string?",
  detached = "boolean?", untagged = "boolean?", no_kid = "boolean?", x5chain = "table?",
}

local sign_options <const> = {
  keys = "table", payload = "string", external_aad = "string?",
  detached = "boolean?", untagged = "boolean?", no_kid = "boolean?",
}

local certificate_options <const> = { anchors = "table", time = "number", extended_key_usage = "table?" }

local function check_certificates(given)
  options.check(given, certificate_options)
  for _, oid in ipairs(given.extended_key_usage or {}) do
    if type(oid) ~= "string" or not oid:find "^[0-2]%.[%d.]*%d$" then
      error("option extended_key_usage: want OIDs, as in 1.3.6.1.5.5.7.3.3", 4)
    end
  end
end

--- Sign with one key: COSE_Sign1.
-- @tparam table given
-- @tparam key given.key its algorithm goes into the protected header
-- @tparam string given.payload
-- @tparam[opt=""] string given.external_aad bytes that are signed but not sent
-- @tparam[opt=false] boolean given.detached leave the payload out of the result
-- @tparam[opt=false] boolean given.untagged leave tag 18 out
-- @tparam[opt=false] boolean given.no_kid leave the kid (the thumbprint of the key, unprotected) out
-- @tparam[opt] {string,...} given.x5chain 1..8 certificates (DER, that of the key first), protected (RFC
--   9360)
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code: `no_private_key`, `wrong_key` (it does not sign, or its
--   key_ops leave that out), `crypto_failed`, `no_memory`, and those of the driver that holds the key
-- @usage local bytes = assert(cose.sign1{ key = mine, payload = "hello" })
function cose.sign1(given)
  options.check(given, sign1_options)
  return core.sign1(given)
end

--- Sign with several keys: COSE_Sign.
-- @tparam table given as for @{sign1}, but with `keys` in place of `key`, and without `x5chain`
-- @tparam {key,...} given.keys 1..8 keys, one per signature
-- @treturn[1] string bytes
-- @treturn[2] nil, string, string message and code, as for @{sign1}
-- @usage local bytes = assert(cose.sign{ keys = { esp256, ed25519 }, payload = query_request })
function cose.sign(given)
  options.check(given, sign_options)
  return core.sign(given)
end

--- Take a message apart without verifying it: nothing in the result may be trusted.
-- Tag 18 or 98 may be missing.
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
--
-- With `certificates`, a signer whose key is none of `keys` may prove it by x5chain (RFC 9360): a path of
-- at most 8 certificates of 8 KiB that ends in one of the anchors, all valid at the given time. Nothing
-- else is trusted, and revocation is not looked at. Without, x5chain is skipped, or refused where it is
-- critical. The first certificate has to be for digital signatures if it has a key usage, and for one of
-- `extended_key_usage`; where that is not given, no extended key usage may limit it (RFC 5280 section
-- 4.2.1.12), so a certificate for TLS servers alone signs nothing here. `anyExtendedKeyUsage` is for all.
-- Judge by the key: certificates in the unprotected header are not signed along, and there may be others for
-- the same key (RFC 9360 section 5).
-- @tparam string bytes
-- @tparam table given
-- @tparam {key,...} given.keys acceptable keys
-- @tparam {string,...} given.algorithms acceptable algorithms by name
-- @tparam[opt=""] string given.external_aad
-- @tparam[opt] string given.payload the payload, for a message without one (refused for others)
-- @tparam[opt] boolean given.tagged true: the tag has to be there, false: it must not
-- @tparam[opt=false] boolean given.all each of `keys` has to have signed, not just one; no key twice
-- @tparam[opt] table given.certificates `{ anchors = { at most 64, DER }, time = seconds since 1970,
--   extended_key_usage = { 1..8 OIDs, as in "1.3.6.1.5.5.7.3.3" } }`, the last optional
-- @treturn[1] table `{ payload =, key = (one of those given), kid = (its thumbprint), algorithm = (name)
--   }`; where x5chain proved the key, that key, and `x5chain = { certificates, DER }`
-- @treturn[2] nil, string, string message and code: `algorithm_not_allowed`, `unknown_key`,
--   `bad_signature`, `limit_reached`, `not_cose` (no payload, or two; a tag against `tagged`),
--   `repeated_key` (with `all`: two of `keys` are the same, whatever their algorithms and kids),
--   `certificate_expired`, `certificate_not_yet_valid`, `certificate_untrusted`, `bad_certificate`,
--   `wrong_key` (a certificate for another use; key_ops without verify), `bad_key` (a certificate for another
--   algorithm), `too_large`, `unsupported` (no crypto provider in use knows certificates), the codes of
--   @{parse}, `crypto_failed`, `no_memory`
-- @usage local verified, message, code = cose.verify(bytes, { keys = { tam }, algorithms = { "ESP256" } })
function cose.verify(bytes, given)
  options.check(given, verify_options)
  if given.certificates then check_certificates(given.certificates) end
  return core.verify(bytes, given)
end

return cose
