--- Numbers of draft-ietf-teep-protocol-26, as data (sections 4, 6, 8 and the IANA registries).
-- @module teep.wire.v26
local function suite(cose_type, algorithm) return { { cose_type = cose_type, algorithm = algorithm } } end

local function profile(digest, authentication, key_exchange, encryption)
  return {
    digest = digest, authentication = authentication, key_exchange = key_exchange, encryption = encryption,
  }
end

return {
  name = "v26",

  -- First element of every message.
  type = { ["query-request"] = 1, ["query-response"] = 2, update = 3, success = 4, error = 5 },

  -- Labels of the options map.
  label = {
    supported_teep_cipher_suites = 1,
    challenge = 2,
    versions = 3,
    supported_suit_cose_profiles = 4,
    selected_version = 5,
    attestation_payload = 6,
    tc_list = 7,
    ext_list = 8,
    manifest_list = 9,
    msg = 10,
    err_msg = 11,
    attestation_payload_format = 12,
    requested_tc_list = 13,
    unneeded_manifest_list = 14,
    component_id = 15,
    tc_manifest_sequence_number = 16,
    have_binary = 17,
    suit_reports = 18,
    token = 19,
    supported_freshness_mechanisms = 20,
    err_lang = 21,
    err_code = 22,
  },

  -- ERR_ codes without the prefix; 0 is reserved and never sent.
  err_code = {
    permanent_error = 1,
    unsupported_extension = 2,
    unsupported_freshness_mechanisms = 3,
    unsupported_msg_version = 4,
    unsupported_cipher_suites = 5,
    bad_certificate = 6,
    attestation_required = 7,
    unsupported_suit_report = 8,
    certificate_expired = 9,
    temporary_error = 10,
    manifest_processing_failed = 11,
  },

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
