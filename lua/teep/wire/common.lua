--- What all wire dialects have in common, as data: renumbering touched message types, labels and
-- error codes alone.
-- @module teep.wire.common
local function suite(cose_type, algorithm) return { { cose_type = cose_type, algorithm = algorithm } } end

local function profile(digest, authentication, key_exchange, encryption)
  return {
    digest = digest, authentication = authentication, key_exchange = key_exchange, encryption = encryption,
  }
end

return {
  -- Bits of data-item-requested.
  data_item = { attestation = 0, trusted_components = 1, extensions = 2, suit_reports = 3 },

  freshness = { nonce = 0, timestamp = 1 },

  -- COSE_Sign1 with ESP256 and with Ed25519 (section 8.1), mandatory for a TAM.
  cipher_suites = { suite(18, -9), suite(18, -19) },

  -- The four profiles a TAM must support (section 8.2): ESP256 or Ed25519, ECDH-ES+A128KW, and
  -- A128CTR, A128GCM or ChaCha20/Poly1305.
  suit_cose_profiles = {
    profile(-16, -9, -29, -65534),
    profile(-16, -19, -29, -65534),
    profile(-16, -9, -29, 1),
    profile(-16, -19, -29, 24),
  },
}
