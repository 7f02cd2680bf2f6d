--- Numbers of draft-ietf-teep-protocol-25, as data, for peers from before the renumbering of draft 26.
-- Drafts before 23 differ in more than numbers.
-- @module teep.wire.v25
local common <const> = require "teep.wire.common"

return {
  name = "v25",
  draft = 25,

  -- First element of every message.
  type = { ["query-request"] = 1, ["query-response"] = 2, update = 3, success = 5, error = 6 },

  -- Labels of the options map; 5 was selected-teep-cipher-suite once (until draft 17).
  label = {
    supported_teep_cipher_suites = 1,
    challenge = 2,
    versions = 3,
    supported_suit_cose_profiles = 4,
    selected_version = 6,
    attestation_payload = 7,
    tc_list = 8,
    ext_list = 9,
    manifest_list = 10,
    msg = 11,
    err_msg = 12,
    attestation_payload_format = 13,
    requested_tc_list = 14,
    unneeded_manifest_list = 15,
    component_id = 16,
    tc_manifest_sequence_number = 17,
    have_binary = 18,
    suit_reports = 19,
    token = 20,
    supported_freshness_mechanisms = 21,
    err_lang = 22,
    err_code = 23,
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
    manifest_processing_failed = 17,
  },

  data_item = common.data_item,
  freshness = common.freshness,
  cipher_suites = common.cipher_suites,
  suit_cose_profiles = common.suit_cose_profiles,
}
