--- Reasons of a SUIT Report (draft-ietf-suit-report section 4) for our error codes.
-- @module teep.suit.reasons
local reasons = {}

local OPERATION_FAILED <const> = 11

local numbers <const> = {
  not_suit = 1, truncated = 1, trailing_bytes = 1, not_well_formed = 1, not_shortest = 1,
  indefinite_length = 1, duplicate_key = 1, unsorted_keys = 1, invalid_utf8 = 1, too_deep = 1,
  too_many_items = 1, too_large = 1, wrong_type = 1, size_out_of_range = 1, number_out_of_range = 1,
  unknown_value = 1, missing_field = 1, unknown_field = 1, forbidden_field = 1, simple_value = 1,
  limit_reached = 1,
  not_cose = 2, bad_header = 2, critical_header = 2,
  unsupported_algorithm = 3, algorithm_not_allowed = 3,
  unauthorised = 4, digest_mismatch = 4, rollback = 4, dependency_unchecked = 4,
  payload_unconfirmed = 4,
  command_unsupported = 5, command_forbidden = 5, manifest_version = 5, nothing_to_do = 5,
  obsolete_label = 5, dependency_incomplete = 5, dependency_cycle = 5,
  component_unsupported = 6,
  denied = 7,
  parameter_unsupported = 8, parameter_unset = 8,
  condition_failed = 10,
}

--- Reason of an error code; what storage, network and directives report is "operation failed".
-- @tparam string code
-- @treturn integer
function reasons.of(code)
  return numbers[code] or OPERATION_FAILED
end

return reasons
