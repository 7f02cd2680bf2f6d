--- What is known about structures, as data for `teep.inspect.render`.
-- A shape is a table with `title` (optional) and one of: `names` (integer -> name), `bits` (bit ->
-- name), `map` (label -> { name, shape }, `other`: shape of values under other labels), `elements`
-- (list of { name, shape }, `rest`: { name, shape } of further ones), `list` (shape of each item),
-- `wrapped` (shape of the CBOR inside a byte string), `id` (SUIT component identifier), `sequence`
-- (SUIT commands), `secret` (never shown), `detect` (find out), `by_type` (CBOR type -> shape).
-- @module teep.inspect.shapes
local labels <const> = require "teep.suit.labels"
local names <const> = require "teep.inspect.names"

local shapes = {}

local algorithm <const> = { names = names.algorithms }
local detect <const> = { detect = true }
local plain <const> = { wrapped = {} }
local identifier <const> = { id = true }
local digest <const> = { elements = { { "algorithm", algorithm }, { "digest" } } }

-- COSE (RFC 9052, RFC 9053; AES-CTR: RFC 9459).
shapes.key = { title = "COSE_Key", map = {
  [1] = { "kty", { names = names.key_types } }, [2] = { "kid" }, [3] = { "alg", algorithm },
  [4] = { "key_ops" }, [-1] = { "crv", { names = names.curves } }, [-2] = { "x" }, [-3] = { "y" },
  [-4] = { "d", { secret = true } },
} }

local headers <const> = { map = {
  [1] = { "alg", algorithm }, [2] = { "crit" }, [3] = { "content type" }, [4] = { "kid" }, [5] = { "IV" },
  [6] = { "Partial IV" }, [33] = { "x5chain" }, [-1] = { "ephemeral key", shapes.key }, [-20] = { "salt" },
} }
local protected <const> = { wrapped = headers }
local signature <const> = { elements = {
  { "protected", protected }, { "unprotected", headers }, { "signature" },
} }
local recipients <const> = { list = { elements = {
  { "protected", protected }, { "unprotected", headers }, { "wrapped key" },
} } }

shapes.sign1 = { title = "COSE_Sign1", elements = {
  { "protected", protected }, { "unprotected", headers }, { "payload", detect }, { "signature" },
} }
shapes.sign = { title = "COSE_Sign", elements = {
  { "protected", protected }, { "unprotected", headers }, { "payload", detect },
  { "signatures", { list = signature } },
} }

shapes.encrypt0 = { title = "COSE_Encrypt0", elements = {
  { "protected", protected }, { "unprotected", headers }, { "ciphertext" },
} }
shapes.encrypt = { title = "COSE_Encrypt", elements = {
  { "protected", protected }, { "unprotected", headers }, { "ciphertext" }, { "recipients", recipients },
} }
shapes.mac0 = { title = "COSE_Mac0", elements = {
  { "protected", protected }, { "unprotected", headers }, { "payload", detect }, { "tag" },
} }
shapes.mac = { title = "COSE_Mac", elements = {
  { "protected", protected }, { "unprotected", headers }, { "payload", detect }, { "tag" },
  { "recipients", recipients },
} }

-- SUIT (draft-ietf-suit-manifest, -trust-domains, -report).
local sequence <const> = { wrapped = { sequence = true } }
local section <const> = { by_type = { bytes = sequence, array = digest } }

--- Argument of commands without one of their own: which outcomes to report.
shapes.policy = { bits = names.reverse(labels.policy) }
shapes.identifier, shapes.sequence = identifier, sequence

local parameter <const> = {
  [3] = { wrapped = digest }, [19] = { wrapped = detect }, [28] = plain, [29] = plain, [30] = plain,
}
shapes.parameters = { map = {} }
for label, name in pairs(labels.parameters) do shapes.parameters.map[label] = { name, parameter[label] } end

local common <const> = { map = {
  [1] = { "dependencies", { map = {}, other = { map = { [1] = { "dependency-prefix", identifier } } } } },
  [2] = { "components", { list = identifier } },
  [4] = { "shared-sequence", sequence },
} }
shapes.manifest = { title = "SUIT_Manifest", map = {
  [1] = { "manifest-version" }, [2] = { "manifest-sequence-number" },
  [3] = { "common", { wrapped = common } }, [4] = { "reference-uri" },
  [5] = { "manifest-component-id", identifier }, [6] = { "set-version", plain },
} }
shapes.envelope = { title = "SUIT_Envelope", other = detect, map = {
  [1] = { "delegation" },
  [2] = { "authentication-wrapper", { wrapped = {
    elements = { { "digest", { wrapped = digest } } }, rest = { "authentication-block", detect },
  } } },
  [3] = { "manifest", { wrapped = shapes.manifest } },
} }

local section_names <const> = {}
for _, known in ipairs(labels.sections) do
  local name <const> = known.name:gsub("_", "-")
  section_names[known.label] = name
  shapes.manifest.map[known.label] = { name, section }
  if known.severable then shapes.envelope.map[known.label] = { name, sequence } end
end
for _, known in ipairs(labels.metadata) do
  shapes.manifest.map[known.label] = { known.name, { by_type = { bytes = plain, array = digest } } }
  shapes.envelope.map[known.label] = { known.name, plain }
end

local record <const> = { elements = {
  { "manifest-id" }, { "section", { names = section_names } }, { "offset" }, { "component-index" },
  { "properties", shapes.parameters },
} }
local failure <const> = { map = {
  [5] = { "result-code" }, [6] = { "result-record", record },
  [7] = { "result-reason", { names = labels.reasons } },
} }
shapes.report = { title = "SUIT_Report", map = {
  [99] = { "reference", { elements = { { "manifest-uri" }, { "digest", digest } } } },
  [2] = { "nonce" },
  [3] = { "records", { list = { by_type = { array = record } } } },
  [4] = { "result", { by_type = { map = failure } } },
  [8] = { "capability-report" },
} }

return shapes
