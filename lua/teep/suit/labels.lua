--- Numbers of SUIT as data.
-- draft-ietf-suit-manifest-37 section 11, draft-ietf-suit-trust-domains-12,
-- draft-ietf-suit-update-management-14, draft-ietf-suit-report-18. Names serve messages and tools as well,
-- so that a command or parameter that is not supported can still be called by its name.
-- @module teep.suit.labels
local labels = {}

--- CBOR tag of an envelope, optional on input.
labels.envelope_tag = 107

--- Members of the envelope that are no severed sections.
labels.delegation, labels.authentication_wrapper, labels.manifest = 1, 2, 3

--- Key of the common metadata, where the shared sequence lives.
labels.common = 3

--- Command sequences of a manifest, in ascending order of their keys.
labels.sections = {
  { label = 7, name = "validate" },
  { label = 8, name = "load" },
  { label = 9, name = "invoke" },
  { label = 15, name = "dependency_resolution", severable = true },
  { label = 16, name = "payload_fetch", severable = true },
  { label = 18, name = "candidate_verification", severable = true },
  { label = 20, name = "install", severable = true },
  { label = 24, name = "uninstall" },
}

--- Severable members that hold no commands.
labels.metadata = {
  { label = 14, name = "coswid", severable = true },
  { label = 23, name = "text", severable = true },
}

--- Manifest keys of drafts before 2024; key 9 of those drafts (install) is today's invoke.
labels.obsolete = { [10] = "validate", [11] = "load", [12] = "run", [13] = "text", [17] = "install" }

--- Sections that a procedure runs, in this order.
labels.procedures = {
  update = { "dependency_resolution", "payload_fetch", "candidate_verification", "install", "validate" },
  invocation = { "validate", "load", "invoke" },
  uninstall = { "uninstall" },
}

--- Reporting policy of a command: bit numbers.
labels.policy = { record_success = 0, record_failure = 1, system_success = 2, system_failure = 3 }

--- Digest algorithms of COSE that may be met: name and size in bytes.
labels.digests = {
  [-16] = { name = "SHA-256", size = 32 },
  [-43] = { name = "SHA-384", size = 48 },
  [-44] = { name = "SHA-512", size = 64 },
}

labels.commands = {
  [1] = "vendor-identifier", [2] = "class-identifier", [3] = "image-match", [4] = "use-before",
  [5] = "component-slot", [6] = "check-content", [7] = "dependency-integrity", [8] = "is-dependency",
  [11] = "process-dependency", [12] = "set-component-index", [14] = "abort", [15] = "try-each",
  [18] = "write", [19] = "set-parameters", [20] = "override-parameters", [21] = "fetch", [22] = "copy",
  [23] = "invoke", [24] = "device-identifier", [25] = "image-not-match", [26] = "minimum-battery",
  [27] = "update-authorized", [28] = "version", [29] = "wait", [31] = "swap", [32] = "run-sequence",
  [33] = "unlink", [34] = "override-multiple", [35] = "copy-params",
}

labels.parameters = {
  [1] = "vendor-identifier", [2] = "class-identifier", [3] = "image-digest", [4] = "use-before",
  [5] = "component-slot", [12] = "strict-order", [13] = "soft-failure", [14] = "image-size", [18] = "content",
  [19] = "encryption-info", [21] = "uri", [22] = "source-component", [23] = "invoke-args",
  [24] = "device-identifier", [25] = "fetch-arguments", [26] = "minimum-battery", [27] = "update-priority",
  [28] = "version", [29] = "wait-info", [30] = "component-metadata",
}

--- Reasons of a SUIT Report (draft-ietf-suit-report section 4).
labels.reasons = {
  [0] = "ok", [1] = "CBOR parse", [2] = "COSE unsupported", [3] = "algorithm unsupported",
  [4] = "unauthorised", [5] = "command unsupported", [6] = "component unsupported",
  [7] = "component unauthorised", [8] = "parameter unsupported", [9] = "severing unsupported",
  [10] = "condition failed", [11] = "operation failed", [12] = "invoke pending",
}

--- A label that a peer chose as it may stand in a message: whoever chose it must not choose what a log or a
-- terminal does (D24).
-- @tparam integer|string label
-- @treturn string at most 40 bytes of printable ASCII
function labels.shown(label) return (tostring(label):sub(1, 40):gsub("[^ -~]", "?")) end

--- A number with the name it has in one of the tables above: `fetch (21)`, or `99` when it has none.
-- @tparam {[integer]=string,...} names
-- @tparam integer|string number text is a label that no table has
-- @treturn string
function labels.describe(names, number)
  return names[number] and ("%s (%d)"):format(names[number], number) or labels.shown(number)
end

return labels
