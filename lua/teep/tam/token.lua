--- Tokens that authenticate themselves: nothing is stored for a peer that has proved nothing.
-- Layout: version (1 byte), kind (1), requested items (1), expiry (8), random (16), MAC (16, HMAC-SHA-256
-- cut) = 43 bytes of the 8..64 that draft-ietf-teep-protocol section 4.2 allows. No device is named in
-- it: tokens correlate, they do not identify (T-014).
-- @module teep.tam.token
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local fail <const> = errors.fail

local token = {}

local VERSION <const> = 1
local LAYOUT <const> = ">BBBI8c16"
local MAC_SIZE <const> = 16

--- Size of a token in bytes.
token.SIZE = LAYOUT:packsize() + MAC_SIZE

local kinds <const> = { query = 1, update = 2 }
local kind_names <const> = { "query", "update" }

-- Our own numbering: it never leaves this TAM, so it does not follow the wire dialect.
local items <const> = { "attestation", "trusted_components", "extensions", "suit_reports" }

local function to_bits(set)
  local bits = 0
  for i, name in ipairs(items) do
    if set[name] then bits = bits | 1 << i - 1 end
  end
  return bits
end

local function to_set(bits)
  local set <const> = {}
  for i, name in ipairs(items) do
    if bits & 1 << i - 1 ~= 0 then set[name] = true end
  end
  return set
end

local function mac(secret, body)
  local tag <const>, message, code = crypto.hmac("HMAC-256", secret, body)
  if not tag then return nil, message, code end
  return tag:sub(1, MAC_SIZE)
end

--- Name of a token in the store.
-- @tparam string bytes the token
-- @treturn string SHA-256, 32 bytes
function token.hash(bytes) return crypto.digest("SHA-256", bytes) end

--- Make a token.
-- @tparam string secret shared by all TAMs of one store
-- @tparam table content `kind`: `"query"` or `"update"`; `items`: set of requested data items;
--   `expires`: last second of its life, since 1970
-- @tparam function random n -> n bytes
-- @treturn[1] string token, @{token.SIZE} bytes
-- @treturn[2] nil, string, string message and code `crypto_failed`
-- @usage token.issue(secret, { kind = "query", items = {}, expires = now + 3600 }, crypto.random)
function token.issue(secret, content, random)
  local noise <const>, message, code = random(16)
  if not noise then return nil, message, code end
  local kind <const>, bits <const> = kinds[content.kind], to_bits(content.items)
  local body <const> = LAYOUT:pack(VERSION, kind, bits, content.expires, noise)
  local tag <const>, reason, why = mac(secret, body)
  if not tag then return nil, reason, why end
  return body .. tag
end

--- Check a token: made under this secret, unaltered, not expired. Its use is tracked by the store.
-- @tparam string secret
-- @tparam string bytes
-- @tparam integer now seconds since 1970
-- @treturn[1] table content `{ kind, items, expires, bytes, hash }`
-- @treturn[2] nil, string, string message and code: `token_invalid`, `token_expired`, `crypto_failed`
function token.check(secret, bytes, now)
  if #bytes ~= token.SIZE then return fail("token_invalid") end
  local body <const>, tag <const> = bytes:sub(1, -MAC_SIZE - 1), bytes:sub(-MAC_SIZE)
  local expected <const>, message, code = mac(secret, body)
  if not expected then return nil, message, code end
  if not crypto.equal(expected, tag) then return fail("token_invalid") end
  local version <const>, kind <const>, bits <const>, expires <const> = LAYOUT:unpack(body)
  if version ~= VERSION then return fail("token_invalid") end
  if now > expires then return fail("token_expired", "token: expired %d s ago", now - expires) end
  return {
    kind = kind_names[kind], items = to_set(bits), expires = expires, bytes = bytes, hash = token.hash(bytes),
  }
end

return token
