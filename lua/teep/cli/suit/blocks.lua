--- Which authentication block of an envelope is by which key.
-- For people: what may run is decided by `suit.verify` alone.
-- @module teep.cli.suit.blocks
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local hex <const> = require "teep.hex"
local labels <const> = require "teep.suit.labels"

local blocks = {}

local names <const> = {}
for name, number in pairs(crypto.algorithms) do
  if math.type(number) == "integer" then names[number] = name end
end

local function try(block, found, payload, keys, algorithms)
  for _, each in ipairs(keys) do
    local signer <const>, message <const> = cose.verify(block, {
      keys = { each.key }, algorithms = algorithms, payload = payload,
    })
    if signer then
      found.verified, found.file, found.kid = true, each.path, hex.encode(each.key:thumbprint())
      return
    end
    found.why = found.why or message
  end
end

--- Try every key on every block.
-- @tparam Envelope opened of teep.suit.envelope
-- @tparam {table,...} keys `{ key, path }`
-- @tparam {string,...} algorithms names that are accepted
-- @treturn {table,...} one for each block: `structure`, `algorithm` (name), `kid` (hex; as stated, or of the
--   key when `verified`), `file` of the key, `why` not
-- @usage for _, block in ipairs(blocks.check(suit.decode(bytes).envelope, {}, {})) do print(block.kid) end
function blocks.check(opened, keys, algorithms)
  local parts <const> = cbor.decode(opened:content(labels.authentication_wrapper))
  local payload <const> = table.remove(parts, 1) -- the encoded digest, which every block is over
  local list <const> = {}
  for i, block in ipairs(parts) do
    local parsed <const>, message <const> = cose.parse(block)
    local signer <const> = parsed and parsed.signers[1] or {}
    local found <const> = {
      structure = parsed and parsed.structure, algorithm = names[signer.algorithm] or signer.algorithm,
      kid = signer.kid and hex.encode(signer.kid), verified = false, why = not parsed and message or nil,
    }
    if parsed then try(block, found, payload, keys, algorithms) end
    list[i] = found
  end
  return list
end

--- One line about a block.
-- @tparam integer position counted from 1
-- @tparam table block of @{check}
-- @treturn string
function blocks.describe(position, block)
  local line <const> = ("authentication block %d: %s %s, kid %s: "):format(position,
    block.structure or "COSE", block.algorithm or "", block.kid or "none")
  if block.verified then return line .. "verified with " .. block.file end
  return line .. (block.why and "not verified, " .. block.why or "not checked, no key given")
end

return blocks
