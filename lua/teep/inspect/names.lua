--- Names beside numbers: COSE registries that no other room keeps by name.
-- TEEP's own numbers come from `teep.wire`, SUIT's from `teep.suit.labels`.
-- @module teep.inspect.names
local names = {}

--- CBOR tags (IANA; SUIT tags of draft-ietf-suit-manifest section 11).
names.tags = {
  [0] = "date and time", [1] = "epoch time", [16] = "COSE_Encrypt0", [17] = "COSE_Mac0", [18] = "COSE_Sign1",
  [24] = "encoded CBOR", [32] = "URI", [37] = "UUID", [61] = "CWT", [96] = "COSE_Encrypt", [97] = "COSE_Mac",
  [98] = "COSE_Sign", [107] = "SUIT_Envelope", [1070] = "SUIT_Manifest",
}

--- COSE algorithms (RFC 9053, RFC 9864, draft-ietf-suit-mti).
names.algorithms = {
  [-7] = "ES256", [-8] = "EdDSA", [-9] = "ESP256", [-19] = "Ed25519", [-35] = "ES384", [-36] = "ES512",
  [-16] = "SHA-256", [-43] = "SHA-384", [-44] = "SHA-512", [-18] = "SHAKE128", [-45] = "SHAKE256",
  [5] = "HMAC-256", [1] = "A128GCM", [3] = "A256GCM", [24] = "ChaCha20/Poly1305", [-65534] = "A128CTR",
  [-65532] = "A256CTR", [-3] = "A128KW", [-5] = "A256KW", [-6] = "direct", [-25] = "ECDH-ES+HKDF-256",
  [-29] = "ECDH-ES+A128KW",
}

names.key_types = { [1] = "OKP", [2] = "EC2", [3] = "RSA", [4] = "Symmetric" }
names.curves = { [1] = "P-256", [2] = "P-384", [3] = "P-521", [4] = "X25519", [6] = "Ed25519" }

--- number -> name for a table name -> number, with `-` for `_`.
-- @tparam {[string]=integer} numbers
-- @treturn {[integer]=string}
function names.reverse(numbers)
  local reversed = {}
  for name, number in pairs(numbers) do reversed[number] = (name:gsub("_", "-")) end
  return reversed
end

return names
