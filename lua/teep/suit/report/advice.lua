--- What an operator can do about a failed manifest: one sentence a cause, the most telling cause first.
-- @module teep.suit.report.advice
local errors <const> = require "teep.errors"
local reasons <const> = require "teep.suit.reasons"

local advice = {}

--- Of a condition whose parameter is not set.
advice.unset = "Set the parameter before the command, in the same section or the shared sequence."

local CONDITION_FAILED <const>, OPERATION_FAILED <const> = 10, 11

-- By error code, where the report comes from a processor of ours.
local by_code <const> = {
  rollback = "A later manifest was installed before: raise the sequence number.",
  digest_mismatch = "The manifest or a severed member was changed after it was signed: send the original.",
  severed_member = "Send the envelope with all of its severed members.",
  nothing_to_do = "The manifest installs nothing: give it an install section.",
  obsolete_label = "The manifest is written for an outdated draft: make it anew.",
  component_in_use = "Another manifest holds the component: remove that one first.",
  payload_not_found = "Make the payload available at its URI, or integrate it into the envelope.",
  no_space = "Free storage on the device, or send a smaller payload.",
  corrupt = "The storage of the device is damaged: install again, and replace the device if that fails too.",
  unknown_key = "The payload is encrypted to none of the keys of this device: encrypt it to its public key.",
  not_connected = "Check that the device reaches the server of the payload.",
  timed_out = "Check that the device reaches the server of the payload.",
  payload_unconfirmed = "State the image-digest and have image-match check it after the payload is stored.",
  limit_reached = "The manifest asks for more than the device allows: make it ask for less, or raise "
    .. "suit_limits of the device.",
  parameter_unset = advice.unset,
  manifest_version = "The device knows another version of manifests: make it anew.",
  command_forbidden = "The command may not stand there: correct the manifest.",
  dependency_unchecked = "Check each dependency with dependency-integrity before it is processed.",
  dependency_incomplete = "Fetch each dependency before payloads, and process it in every section it has.",
  dependency_cycle = "Let no manifest depend on itself.",
}

-- By command, of conditions and directives.
local by_command <const> = {
  [1] = "The manifest is made for devices of another vendor: send it to those, or correct it.",
  [2] = "The manifest is made for another class of devices: send it to those, or correct it.",
  [3] = "The payload is not the one the manifest was signed for: provide that one, or sign a manifest for "
    .. "this.",
  [4] = "The time to use this manifest is over: sign a new one.",
  [5] = "The manifest is made for another slot.",
  [18] = "If the content is encrypted, encrypt it anew to the public key of this device.",
  [21] = "Make the payload available at its URI, no larger than its image-size.",
  [22] = "Have the source installed before; if it is encrypted, encrypt it anew to the public key of this "
    .. "device.",
  [24] = "The manifest is made for another device: send it to that one.",
  [26] = "Charge the device and send the manifest again.",
  [27] = "Have the update authorized at the device and send the manifest again.",
  [28] = "The manifest wants another version of the component: install that first.",
}

-- By reason of the report (draft-ietf-suit-report section 4).
local by_reason <const> = {
  [1] = "Look at the manifest with `teep inspect`, and make it anew.",
  [2] = "Protect manifest and payload with COSE structures that the device knows.",
  [3] = "Use algorithms the device has: its capability report lists them.",
  [4] = "Sign with a key the device trusts, or add the key to its trust anchors.",
  [5] = "Leave the command out: the capability report of the device lists those it has.",
  [6] = "Name components the device has.",
  [7] = "Have the manifest signed by someone with a right to the component.",
  [8] = "Leave the parameter out: the capability report of the device lists those it has.",
  [9] = "Send the manifest with nothing severed.",
  [10] = "Bring the device into the state that the condition asks for, or correct the manifest.",
  [11] = "Send the manifest again; if it fails again, look into the log of the device.",
}

local names <const> = {}
for code, number in pairs(errors.numbers) do names[number] = code end

-- Label 5 is a number of the processor that made the report: it is ours where it fits the reason.
local function code_of(failure)
  local code <const> = names[failure.code]
  return code and reasons.of(code) == failure.reason and code
end

--- What to do.
-- @tparam table failure of @{teep.suit.report.decode}
-- @tparam[opt] integer command that failed
-- @treturn[1] string a sentence
-- @treturn[2] nil for a reason that is not known
-- @usage advice.of(report.failure, 3)
function advice.of(failure, command)
  local reason <const> = failure.reason
  local telling <const> = reason == CONDITION_FAILED or reason == OPERATION_FAILED
  return by_code[code_of(failure)] or telling and by_command[command] or by_reason[reason]
end

return advice
