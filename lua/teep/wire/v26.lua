--- Numbers of draft-ietf-teep-protocol-26, as data (sections 4, 6, 8 and the IANA registries).
-- @module teep.wire.v26
local common <const> = require "teep.wire.common"

return {
  name = "v26",
  draft = 26,

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

  data_item = common.data_item,
  freshness = common.freshness,
  cipher_suites = common.cipher_suites,
  suit_cose_profiles = common.suit_cose_profiles,
}
