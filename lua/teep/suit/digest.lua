--- SUIT_Digest (draft-ietf-suit-manifest section 10): `[ algorithm, bytes ]`.
-- In Lua `{ algorithm = name, bytes = string }`; an algorithm that is not known stays a number.
-- @module teep.suit.digest
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local labels <const> = require "teep.suit.labels"

local digest = {}

local numbers <const> = {}
for number, row in pairs(labels.digests) do numbers[row.name] = number end

local sizes <const> = {}
for _, row in pairs(labels.digests) do sizes[row.name] = row.size end

--- Description for teep.schema. Elements after the bytes are parameters of algorithms to come.
digest.description = {
  type = "tuple", rest = "skip",
  fields = {
    { name = "algorithm", of = { type = "enum", values = numbers, unknown = "keep" } },
    { name = "bytes", of = { type = "bytes", max = 64 } },
  },
}

--- Check that a decoded digest can be used.
-- @tparam table value
-- @tparam string path of the field, for the message
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `unsupported_algorithm`, `size_out_of_range`
function digest.check(value, path)
  local size <const> = sizes[value.algorithm]
  if not size then
    return errors.fail("unsupported_algorithm", "%s: digest algorithm %s", path, value.algorithm)
  end
  if #value.bytes ~= size then
    return errors.fail("size_out_of_range", "%s: %d bytes, want %d", path, #value.bytes, size)
  end
  return true
end

--- Check bytes against the digest stated for them.
-- @tparam table stated
-- @tparam string bytes what is hashed; of an encoded byte string head and content
-- @tparam string path
-- @tparam[opt] integer first of the bytes that count, as string.sub takes it
-- @tparam[opt] integer last
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string `digest_mismatch` and what @{check} returns
function digest.verify(stated, bytes, path, first, last)
  local ok, message, code = digest.check(stated, path)
  if not ok then return ok, message, code end
  local found = crypto.digest(stated.algorithm, bytes, first, last)
  if not crypto.equal(found, stated.bytes) then
    return errors.fail("digest_mismatch", "%s: the bytes do not have the digest stated for them", path)
  end
  return true
end

--- Digest of bytes.
function digest.of(bytes, algorithm)
  algorithm = algorithm or "SHA-256"
  return { algorithm = algorithm, bytes = crypto.digest(algorithm, bytes) }
end

return digest
