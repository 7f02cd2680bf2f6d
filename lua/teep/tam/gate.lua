--- The input gate of a TAM: what has to hold before anything of a message is believed
-- (draft-ietf-teep-protocol sections 4.1.2 and 7.1). The cheap checks come first: size, well-formed CBOR,
-- COSE shape, message type, token, known key; then the signature, then the structure. It writes nothing.
-- @module teep.tam.gate
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local errors <const> = require "teep.errors"
local hex <const> = require "teep.hex"
local message <const> = require "teep.message"
local setup <const> = require "teep.tam.setup"
local token <const> = require "teep.tam.token"
local fail <const> = errors.fail

local gate = {}

local KID_SHOWN <const> = 32 -- bytes of a kid in a message: a whole thumbprint, never what a stranger likes

local received <const> = { ["query-response"] = true, success = true, error = true }

local function check_size(tam, entry)
  if #entry.bytes <= tam.limits.message then return true end
  return fail("too_large", "message: %d bytes, limit is %d", #entry.bytes, tam.limits.message)
end

local function check_shape(_, entry)
  local shape <const>, reason, code = cose.parse(entry.bytes)
  if not shape then return nil, reason, code end
  if not shape.payload then return fail("not_cose", "message: the payload is detached") end
  if #shape.signers > #setup.algorithms then
    return fail("limit_reached", "message: %d signatures, limit is one for each suite", #shape.signers)
  end
  entry.shape = shape
  return true
end

local function check_type(tam, entry)
  local name <const>, reason, code = message.peek(entry.shape.payload, tam.wire.name)
  if not name then return nil, reason, code end
  if not received[name] then return fail("wrong_direction", "%s: a TAM does not receive it", name) end
  return true
end

-- The token, read out of bytes that nobody vouches for yet; `span` scans all of them first.
local function check_token(tam, entry)
  local payload <const> = entry.shape.payload
  local first <const>, last <const>, malformed <const> = cbor.span(payload, { 2, tam.wire.label.token })
  if malformed == "missing_field" then return fail("token_missing") end
  if not first then return nil, last, malformed end
  local bytes <const> = cbor.decode(payload:sub(first, last))
  if type(bytes) ~= "string" then return fail("wrong_type", "token: not a byte string") end
  local reason, code
  entry.token, reason, code = token.check(tam.secret, bytes, tam.clock())
  return entry.token, reason, code
end

local function kids_of(shape)
  local kids <const> = {}
  for i, signer in ipairs(shape.signers) do
    kids[i] = signer.kid and hex.encode(signer.kid:sub(1, KID_SHOWN)) or "none"
  end
  return table.concat(kids, ", ")
end

local function find_keys(tam, entry)
  entry.keys = {}
  for _, signer in ipairs(entry.shape.signers) do
    table.insert(entry.keys, signer.kid and tam.agents[signer.kid])
  end
  if #entry.keys > 0 then return true end
  return fail("unknown_key", "kid %s: not among the trusted agents", kids_of(entry.shape))
end

local function check_signature(_, entry)
  local reason, code
  entry.proof, reason, code = cose.verify(entry.bytes, { keys = entry.keys, algorithms = setup.algorithms })
  return entry.proof, reason, code
end

local function check_structure(tam, entry)
  local reason, code
  entry.message, reason, code = message.decode(entry.proof.payload, { wire = tam.wire.name })
  return entry.message, reason, code
end

-- What a message numbered as in another draft fails with before it is decoded.
local numbers_matter <const> = { unknown_message = true, token_missing = true, wrong_type = true }

local EXPLAINED <const> = 16 * 1024 -- bytes: strangers cause this second look as well

local function explain(tam, entry, reason, code)
  local payload <const> = entry.shape and entry.shape.payload
  if payload and #payload <= EXPLAINED and numbers_matter[code] then
    local ok <const>, mismatch, mismatch_code = message.check_wire(payload, tam.wire.name)
    if not ok then return nil, mismatch, mismatch_code end
  end
  return nil, reason, code
end

local steps <const> = {
  check_size, check_shape, check_type, check_token, find_keys, check_signature, check_structure,
}

--- Admit a message.
-- @tparam Tam tam
-- @tparam string bytes as the transport delivered them
-- @treturn[1] table admitted `{ message, token = (content, of teep.tam.token), kid, key, algorithm }`
-- @treturn[2] nil, string, string message and code: `too_large`, `limit_reached` (more than two
--   signatures), those of the scanner and of `teep.cose.parse`, `unknown_message`, `wrong_direction`,
--   `token_missing`, `token_invalid`, `token_expired`, `unknown_key`, `algorithm_not_allowed`,
--   `bad_signature`, those of `teep.message.decode` (`wire_mismatch` among them)
function gate.admit(tam, bytes)
  local entry <const> = { bytes = bytes }
  for _, step in ipairs(steps) do
    local ok <const>, reason, code = step(tam, entry)
    if not ok then return explain(tam, entry, reason, code) end
  end
  return {
    message = entry.message, token = entry.token, kid = entry.proof.kid, key = entry.proof.key,
    algorithm = entry.proof.algorithm,
  }
end

return gate
