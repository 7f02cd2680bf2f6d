--- Which authentication block of an envelope is by which key.
-- For people: what may run is decided by `suit.verify` alone.
-- @module teep.cli.suit.blocks
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local hex <const> = require "teep.hex"
local labels <const> = require "teep.suit.labels"

local blocks = {}

--- Names of what an authentication block may be made with.
blocks.algorithms = {
  "ESP256", "ESP384", "ESP512", "Ed25519", "ES256", "ES384", "ES512", "EdDSA",
  "HMAC-256", "HMAC-384", "HMAC-512",
}

local names <const> = {}
for name, number in pairs(crypto.algorithms) do
  if math.type(number) == "integer" then names[number] = name end
end

-- Shape of a signature or MAC, and what checks it.
local function parse(block)
  local signed <const>, message <const> = cose.parse(block)
  if signed then return { structure = signed.structure, by = signed.signers[1], verify = cose.verify } end
  local made <const> = cose.parse_mac(block)
  if made then
    local by <const> = { algorithm = made.algorithm, kid = made.recipients[1].kid }
    return { structure = made.structure, by = by, verify = cose.verify_mac }
  end
  return nil, message
end

local function try(block, found, shape, options)
  for _, each in ipairs(options.keys) do
    local verified <const>, message <const>, code <const> = shape.verify(block, {
      keys = { each.key }, algorithms = options.algorithms, payload = options.payload,
    })
    if verified then
      found.verified, found.file, found.why, found.code = true, each.path, nil, nil
      found.kid = verified.kid and hex.encode(verified.kid) or found.kid
      return
    end
    found.why, found.code = found.why or message, found.code or code
  end
end

--- Try every key on every block.
-- @tparam Envelope opened of teep.suit.envelope
-- @tparam {table,...} keys `{ key, path }`
-- @tparam {string,...} algorithms names that are accepted
-- @treturn {table,...} one for each block: `structure`, `algorithm` (name), `kid` (hex; as stated, or of the
--   key when `verified`), `file` of the key, `why` not and its `code`
-- @usage for _, block in ipairs(blocks.check(suit.decode(bytes).envelope, {}, {})) do print(block.kid) end
function blocks.check(opened, keys, algorithms)
  local parts <const> = cbor.decode(opened:content(labels.authentication_wrapper))
  local payload <const> = table.remove(parts, 1) -- the encoded digest, which every block is over
  local list <const> = {}
  for i, block in ipairs(parts) do
    local shape <const>, message <const> = parse(block)
    local by <const> = shape and shape.by or {}
    local found <const> = {
      structure = shape and shape.structure, algorithm = names[by.algorithm] or by.algorithm,
      kid = by.kid and hex.encode(by.kid), verified = false, why = message,
    }
    local options <const> = { keys = keys, algorithms = algorithms, payload = payload }
    if shape then try(block, found, shape, options) end
    list[i] = found
  end
  return list
end

--- One line about a block.
-- @tparam integer position counted from 1
-- @tparam table block of @{check}; with `offset` in bytes that is told as well
-- @treturn string
function blocks.describe(position, block)
  local place <const> = block.offset and (" at byte %d"):format(block.offset) or ""
  local line <const> = ("authentication block %d%s: %s %s, kid %s: "):format(position, place,
    block.structure or "COSE", block.algorithm or "", block.kid or "none")
  if block.verified then return line .. "verified with " .. block.file end
  return line .. (block.why and "not verified, " .. block.why or "not checked, no key given")
end

return blocks
