--- Valid inputs of every kind, what decodes each, and which byte strings in it hold CBOR.
local authenticate <const> = require "teep.suit.authenticate"
local cbor <const> = require "teep.cbor"
local cose <const> = require "teep.cose"
local core <const> = require "teep.core"
local envelope <const> = require "teep.suit.envelope"
local key <const> = require "teep.key"
local limits <const> = require("teep.suit.limits").with()
local manifest <const> = require "teep.suit.manifest"
local message <const> = require "teep.message"
local messages <const> = require "fixtures.messages"
local scan <const> = require "teep.suit.scan"
local suit_raw <const> = require "fixtures.suit_raw"
local wire <const> = require "teep.wire"

local structures = {}

local function add(structure) table.insert(structures, structure) end

-- Opened are the paths that match one of the patterns whole.
local function opened(...)
  local patterns <const> = { ... }
  return function(path)
    for _, pattern in ipairs(patterns) do
      if path:find("^" .. pattern .. "$") then return true end
    end
    return false
  end
end

add{ name = "CBOR", decode = cbor.decode, opened = opened(), bytes = assert(cbor.encode(cbor.array{
  0, 23, 24, 255, 256, 65536, 1 << 32, cbor.integer(-1), -1, -25, cbor.integer(-1, true), "", "bytes", ("x"):rep(24),
  cbor.text "", cbor.text "t\u{e9}xt", cbor.array{}, cbor.map{}, cbor.tag(1, 5), cbor.tag(55799, cbor.array{ 1, { 2, 3 } }),
  cbor.map{ { 1, 2 }, { -1, "x" }, { "bytes", cbor.text "y" }, { cbor.text "k", cbor.array{ cbor.null } }, { false, 1.5 } },
  true, false, cbor.null, cbor.undefined, cbor.simple(16), cbor.simple(255), 1.5, 100000.0, 1.1, 0 / 0, math.huge,
})) }

for _, dialect in ipairs(wire.dialects) do
  local numbers <const> = wire.open(dialect)
  for _, name in ipairs(messages.types) do
    local fields <const> = messages.make(name, messages.all(name))
    if fields.tc_list then
      fields.tc_list[2] = { component_id = { "d" }, vendor_identifier = ("v"):rep(16), class_identifier = ("c"):rep(16),
        image_digest = { algorithm = -16, bytes = ("d"):rep(32) }, image_size = 1 << 40 }
    end
    add{ name = "TEEP " .. dialect .. " " .. name, numbers = numbers, message = name,
      bytes = assert(message.encode(fields, { wire = dialect })),
      opened = opened(("/2/%d/%%d+/3"):format(numbers.label.tc_list)),
      decode = function(bytes) return message.decode(bytes, { wire = dialect }) end }
  end
end

local es256 <const>, ed25519 <const> = assert(key.generate{ algorithm = "ESP256" }), assert(key.generate{ algorithm = "Ed25519" })
local payload <const> = "payload of a message"
local sign1 <const> = { name = "COSE_Sign1", cose = "/1", decode = cose.parse, allows_empty = true,
  bytes = assert(cose.sign1{ key = es256, payload = payload }), opened = opened "/1/1" }
add(sign1)
add{ name = "COSE_Sign1 untagged", cose = "", decode = cose.parse, allows_empty = true, opened = opened "/1",
  bytes = assert(cose.sign1{ key = ed25519, payload = payload, untagged = true }) }
add{ name = "COSE_Sign1 detached", cose = "/1", decode = cose.parse, allows_empty = true, opened = opened "/1/1",
  bytes = assert(cose.sign1{ key = es256, payload = payload, detached = true }) }
add{ name = "COSE_Sign", cose = "/1", signers = true, decode = cose.parse, allows_empty = true,
  bytes = assert(cose.sign{ keys = { es256, ed25519 }, payload = payload }), opened = opened("/1/1", "/1/4/%d/1") }
add{ name = "COSE_Sign1 verified", decode = function(bytes)
  return cose.verify(bytes, { keys = { es256 }, algorithms = { "ESP256" } })
end, allows_empty = true, bytes = sign1.bytes, opened = opened "/1/1" }

local function load(bytes) return core.key.load(bytes) end
for _, algorithm in ipairs{ "ESP256", "ESP384", "ESP512", "Ed25519", "ECDH-ES+A128KW" } do
  local made <const> = assert(key.generate{ algorithm = algorithm })
  add{ name = "COSE_Key public " .. algorithm, key = true, bytes = assert(made:public()), opened = opened(), decode = load }
  add{ name = "COSE_Key private " .. algorithm, key = true, bytes = assert(made:private()), opened = opened(), decode = load }
end
add{ name = "COSE_Key HMAC-256", key = true, bytes = assert(assert(key.generate{ algorithm = "HMAC-256" }):private()),
  opened = opened(), decode = load }

local function decode_suit(bytes)
  local opened_envelope <const>, reason, code = envelope.open(bytes, limits)
  if not opened_envelope then return nil, reason, code end
  local parts, decoded
  parts, reason, code = authenticate.open(opened_envelope, limits)
  if parts then decoded, reason, code = manifest.decode(opened_envelope, limits) end
  if decoded then return scan.check(decoded) end
  return nil, reason, code
end
-- What an authentication block is, its tag says: nothing else of it is looked at when that is not COSE_Sign1.
local function judge_block(block)
  return function(path, replacement)
    local other <const> = path == block .. "/<<>>" and replacement:byte() ~= 0xd2
    return (other or path == block and replacement == "\x40") and "not_cose" or nil
  end
end

for _, tagged in ipairs{ true, false } do
  local root <const> = tagged and "/1" or ""
  local common <const> = root .. "/3/<<>>/3"
  add{ name = tagged and "SUIT envelope tagged" or "SUIT envelope", suit = root, decode = decode_suit,
    judge = judge_block(root .. "/2/<<>>/2"),
    most = limits.envelope_bytes, bytes = suit_raw.make{ envelope = { tagged = tagged } },
    opened = opened(root .. "/2", root .. "/2/<<>>/%d", root .. "/3", common, common .. "/<<>>/4",
      common .. "/<<>>/4/<<>>/2/3", root .. "/3/<<>>/20", root .. "/3/<<>>/24") }
end

return structures
