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

-- COSE_Mac has no place in any of the profiles of draft-ietf-suit-mti.
local SIGNED <const> = { parse = cose.parse, verify = cose.verify }
local structures <const> = {
  ["\xD2"] = SIGNED, ["\xD8\x62"] = SIGNED, ["\xD1"] = { parse = cose.parse_mac, verify = cose.verify_mac },
  ["\xD8\x61"] = { unsupported = "COSE_Mac" },
}

-- The tag is required inside the wrapper, and the payload has to be the digest itself: detached.
local function check_shape(structure, block, path)
  local parsed, message, code = structure.parse(block)
  if not parsed then return errors.fail(code, "%s: %s", path, message) end
  if parsed.payload or parsed.detached == false then
    return errors.fail("not_cose", "%s: the payload has to be detached", path)
  end
  return true
end

local function read_block(bytes, i)
  local path <const> = ("authentication block %d"):format(i)
  local structure <const> = structures[bytes:sub(1, 1)] or structures[bytes:sub(1, 2)]
  if not structure then
    return errors.fail("not_cose", "%s: want COSE_Sign1, COSE_Sign or COSE_Mac0 with its tag", path)
  end
  local block <const> = {
    bytes = bytes, path = path, unsupported = structure.unsupported, verify = structure.verify,
  }
  if block.unsupported then return block end
  local ok, message, code = check_shape(structure, bytes, path)
  if not ok then return ok, message, code end
  return block
end

local function check_size(envelope, limits)
  local span <const> = envelope.members[labels.manifest]
  local size <const> = span.last - span.content + 1
  if size > limits.manifest_bytes then
    return errors.fail("too_large", "envelope.manifest: %d bytes, limit %d", size, limits.manifest_bytes)
  end
  return true
end

--- Take the authentication wrapper apart; nothing of it is trusted yet.
-- @tparam Envelope envelope
-- @tparam table limits of teep.suit.limits
-- @treturn[1] table `digest`, `payload` (what is signed), `blocks`
-- @treturn[2] nil, string, string `too_large`, `limit_reached`, `not_cose`, `bad_header`, `critical_header`
--   and the codes of teep.schema
function authenticate.open(envelope, limits)
  local ok, message, code = check_size(envelope, limits)
  if not ok then return ok, message, code end
  local parts
  parts, message, code = wrapper_codec:decode(envelope:content(labels.authentication_wrapper))
  if not parts then return parts, message, code end
  if #parts - 1 > limits.authentication_blocks then
    return errors.fail("limit_reached", "authentication-wrapper: %d blocks, limit %d", #parts - 1,
      limits.authentication_blocks)
  end
  local wrapper <const> = { payload = parts[1], blocks = {} }
  wrapper.digest, message, code = digest_codec:decode(parts[1])
  if code then return nil, "authentication-wrapper.digest: " .. message, code end
  for i = 2, #parts do
    wrapper.blocks[i - 1], message, code = read_block(parts[i], i - 1)
    if code then return nil, message, code end
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
  return digest.verify(wrapper.digest, envelope:encoded(labels.manifest), "envelope.manifest")
end

local function verify_block(block, wrapper, options)
  if block.unsupported then
    return nil, ("%s is not supported"):format(block.unsupported)
  end
  return block.verify(block.bytes, {
    keys = options.keys, algorithms = options.algorithms, payload = wrapper.payload,
  })
end

-- All blocks are looked at: their signers bring their rights together. Those by unknown keys or with
-- algorithms that are not accepted do not count.
local function verify_blocks(wrapper, options)
  local signers <const>, causes <const> = {}, {}
  for _, block in ipairs(wrapper.blocks) do
    local signer <const>, message <const> = verify_block(block, wrapper, options)
    signers[#signers + 1] = signer
    if not signer then causes[#causes + 1] = ("%s: %s"):format(block.path, message) end
  end
  if signers[1] then return signers end
  if #causes == 0 then causes[1] = "the authentication wrapper holds no signature" end
  return errors.fail("unauthorised", "%s", table.concat(causes, "; "))
end

--- Authenticate an envelope.
-- @tparam Envelope envelope
-- @tparam table options `keys`, `algorithms`, `limits`
-- @treturn[1] table `signers` (list of `{ key, kid, algorithm }`), `digest`
-- @treturn[2] nil, string, string `unauthorised`, `digest_mismatch`, `unsupported_algorithm` and the codes of
--   @{open}
function authenticate.verify(envelope, options)
  local wrapper, message, code = authenticate.open(envelope, options.limits)
  if not wrapper then return wrapper, message, code end
  local signers, ok
  signers, message, code = verify_blocks(wrapper, options)
  if not signers then return signers, message, code end
  ok, message, code = authenticate.check_digest(envelope, wrapper)
  if not ok then return ok, message, code end
  return { signers = signers, digest = wrapper.digest }
end

return authenticate
