--- Authentication of a SUIT envelope (draft-ietf-suit-manifest section 8.3).
-- The digest covers the manifest with the head of its byte string; every authentication block signs the
-- digest, and at least one of them has to be by a trusted signer. Nothing of the manifest is read before.
-- @module teep.suit.authenticate
local cose <const> = require "teep.cose"
local digest <const> = require "teep.suit.digest"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"
local schema <const> = require "teep.schema"

local authenticate = {}

local wrapper_codec <const> = schema.compile{
  name = "authentication-wrapper", type = "array", of = { type = "bytes" }, min = 1,
}
local digest_codec <const> = schema.compile(digest.description)

-- What draft-ietf-suit-mti asks for where the host names none.
local ALGORITHMS <const> = { "ESP256", "Ed25519" }

-- COSE_Mac has no place in any of the profiles of draft-ietf-suit-mti.
local SIGNED <const> = { parse = cose.parse, verify = cose.verify }
local structures <const> = {
  ["\xD2"] = SIGNED, ["\xD8\x62"] = SIGNED, ["\xD1"] = { parse = cose.parse_mac, verify = cose.verify_mac },
  ["\xD8\x61"] = { unsupported = "COSE_Mac" },
}

local function name(i) return ("authentication block %d"):format(i) end

-- The tag is required inside the wrapper.
local function structure_of(block, i)
  local structure <const> = structures[block:sub(1, 1)] or structures[block:sub(1, 2)]
  if structure then return structure end
  return errors.fail("not_cose", "%s: want COSE_Sign1, COSE_Sign or COSE_Mac0 with its tag", name(i))
end

-- The payload has to be the digest itself: detached.
local function check_shape(structure, block, i)
  if structure.unsupported then return true end
  local parsed, message, code = structure.parse(block)
  if not parsed then return errors.fail(code, "%s: %s", name(i), message) end
  if parsed.payload or parsed.detached == false then
    return errors.fail("not_cose", "%s: the payload has to be detached", name(i))
  end
  return true
end

local function check_size(envelope, limits)
  local span <const> = envelope.members[labels.manifest]
  local size <const> = span.last - span.content + 1
  if size > limits.manifest_bytes then
    return errors.fail("too_large", "envelope.manifest: %d bytes, limit %d", size, limits.manifest_bytes)
  end
  return true
end

local function read_wrapper(envelope, limits)
  local ok, message, code = check_size(envelope, limits)
  if not ok then return ok, message, code end
  local parts
  parts, message, code = envelope:decode(labels.authentication_wrapper, wrapper_codec)
  if not parts then return parts, message, code end
  if #parts - 1 > limits.authentication_blocks then
    return errors.fail("limit_reached", "authentication-wrapper: %d blocks, limit %d", #parts - 1,
      limits.authentication_blocks)
  end
  local stated
  stated, message, code = digest_codec:decode(parts[1])
  if not stated then return nil, "authentication-wrapper.digest: " .. message, code end
  return { payload = table.remove(parts, 1), blocks = parts, digest = stated }
end

--- Take the authentication wrapper apart; nothing of it is trusted yet.
-- @tparam Envelope envelope
-- @tparam table limits of teep.suit.limits
-- @treturn[1] table `digest`, `payload` (what is signed), `blocks` (encoded)
-- @treturn[2] nil, string, string `too_large`, `limit_reached`, `not_cose`, `bad_header`, `critical_header`
--   and the codes of teep.schema
function authenticate.open(envelope, limits)
  local wrapper, message, code = read_wrapper(envelope, limits)
  if not wrapper then return wrapper, message, code end
  for i, block in ipairs(wrapper.blocks) do
    local structure, ok
    structure, message, code = structure_of(block, i)
    if not structure then return structure, message, code end
    ok, message, code = check_shape(structure, block, i)
    if not ok then return ok, message, code end
  end
  return wrapper
end

--- Encode an authentication wrapper.
-- @tparam string payload the encoded digest
-- @tparam {string,...} blocks
function authenticate.encode(payload, blocks)
  return wrapper_codec:encode{ payload, table.unpack(blocks) }
end

--- Encode a digest.
function authenticate.encode_digest(value)
  return digest_codec:encode(value)
end

--- Check that the manifest has the digest of the wrapper.
function authenticate.check_digest(envelope, wrapper)
  return envelope:check_digest(labels.manifest, wrapper.digest, "envelope.manifest")
end

-- The signer of a block; false and the reason when it does not count. What is verified with the payload next
-- to it has the right shape.
local function verify_block(block, i, given)
  local structure <const>, why <const>, reason <const> = structure_of(block, i)
  if not structure then return structure, why, reason end
  local signer, cause
  if structure.verify then signer, cause = structure.verify(block, given) end
  if signer then return signer end
  local ok <const>, message <const>, code <const> = check_shape(structure, block, i)
  if not ok then return ok, message, code end
  return false, ("%s: %s"):format(name(i), cause or structure.unsupported .. " is not supported")
end

-- All blocks are looked at: their signers bring their rights together. Those by unknown keys or with
-- algorithms that are not accepted do not count.
local function verify_blocks(blocks, given)
  local signers <const>, causes <const> = {}, {}
  for i = 1, #blocks do
    local signer <const>, message <const>, code <const> = verify_block(blocks[i], i, given)
    if signer == nil then return signer, message, code end
    if signer then signers[#signers + 1] = signer else causes[#causes + 1] = message end
  end
  if signers[1] then return signers end
  if #causes == 0 then causes[1] = "the authentication wrapper holds no signature" end
  return errors.fail("unauthorised", "%s", table.concat(causes, "; "))
end

--- Authenticate an envelope.
-- @tparam Envelope envelope
-- @tparam table given `keys`, `algorithms`
-- @tparam table limits of teep.suit.limits
-- @treturn[1] table `signers` (list of `{ key, kid, algorithm }`), `digest`
-- @treturn[2] nil, string, string `unauthorised`, `digest_mismatch`, `unsupported_algorithm` and the codes of
--   @{open}
function authenticate.verify(envelope, given, limits)
  local wrapper, message, code = read_wrapper(envelope, limits)
  if not wrapper then return wrapper, message, code end
  local signers, ok
  signers, message, code = verify_blocks(wrapper.blocks, {
    keys = given.keys, algorithms = given.algorithms or ALGORITHMS, payload = wrapper.payload,
  })
  if not signers then return signers, message, code end
  ok, message, code = authenticate.check_digest(envelope, wrapper)
  if not ok then return ok, message, code end
  return { signers = signers, digest = wrapper.digest }
end

return authenticate
