--- Keys in JSON: JWK (RFC 7517, RFC 7518 section 6, RFC 8037), told in terms of COSE_Key.
-- @module teep.key.jwk
local core <const> = require("teep.core").key
local algorithms <const> = require("teep.crypto").algorithms
local base64 <const> = require "teep.key.base64"
local cbor <const> = require "teep.cbor"
local errors <const> = require "teep.errors"

-- Of our own: what the host sets for its JSON does not count here. No NaN, no hexadecimal numbers.
local json <const> = require("cjson").new()
json.decode_invalid_numbers(false)

local jwk = {}

-- JOSE names its algorithms as COSE does, but for these; the first of ours is meant. ES256 and the like are
-- bound to one curve in JOSE, as ESP256 is in COSE.
local of_jose <const> = {
  ES256 = { "ESP256", "ES256" }, ES384 = { "ESP384", "ES384" }, ES512 = { "ESP512", "ES512" },
  EdDSA = { "Ed25519", "EdDSA" }, Ed25519 = { "Ed25519", "EdDSA" },
  HS256 = { "HMAC-256" }, HS384 = { "HMAC-384" }, HS512 = { "HMAC-512" },
}
for _, name in ipairs{ "A128KW", "A192KW", "A256KW", "A128GCM", "A192GCM", "A256GCM", "ECDH-ES+A128KW",
  "ECDH-ES+A192KW", "ECDH-ES+A256KW" } do of_jose[name] = { name } end

local to_jose <const> = {}
for jose, names in pairs(of_jose) do
  for _, name in ipairs(names) do to_jose[name] = to_jose[name] or jose end
end
to_jose.Ed25519, to_jose.EdDSA = "Ed25519", "EdDSA" -- RFC 9864

local kty_numbers <const> = { OKP = 1, EC = 2, oct = 4 }
local crv_numbers <const> = { ["P-256"] = 1, ["P-384"] = 2, ["P-521"] = 3, X25519 = 4, Ed25519 = 6 }
local kty_names <const>, crv_names <const> = {}, {}
for name, number in pairs(kty_numbers) do kty_names[number] = name end
for name, number in pairs(crv_numbers) do crv_names[number] = name end

-- key_ops (RFC 7517 section 4.3) to those of RFC 9052 table 5; those of MACs have numbers of their own.
local operations <const> = { sign = 1, verify = 2, encrypt = 3, decrypt = 4, wrapKey = 5, unwrapKey = 6,
  deriveKey = 7, deriveBits = 8 }
local operation_names <const> = {}
for name, number in pairs(operations) do operation_names[number] = name end
local uses <const> = {
  sig = { "sign", "verify" },
  enc = { "encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey" },
}

local function bad(message, ...) return errors.fail("bad_key", "JWK: " .. message, ...) end

local NAME_SHOWN <const> = 32 -- characters of a name that is none of ours

-- For messages: a name on one line, else its type.
local function shown(value)
  if type(value) ~= "string" then return type(value) end
  return (value:sub(1, NAME_SHOWN):gsub("[^\x20-\x7E]", "?"))
end

-- Numbers of what a key may do, nil: anything. A use that is none of ours allows nothing we do.
local function operation_numbers(given)
  local names = given.key_ops
  if names == nil and given.use ~= nil then names = uses[given.use] or {} end
  if names == nil then return nil end
  if type(names) ~= "table" then return bad "key_ops is no array" end
  local numbers <const> = cbor.array{}
  for i, name in ipairs(names) do
    local number = operations[name]
    if number and number <= 2 and given.kty == "oct" then number = number + 8 end
    numbers[i] = number or cbor.text(shown(name))
  end
  return numbers
end

-- label -> member of base64url
local members <const> = {
  EC = { [-2] = "x", [-3] = "y", [-4] = "d" }, OKP = { [-2] = "x", [-4] = "d" }, oct = { [-1] = "k" },
}

local function to_cose_key(given)
  local entries <const> = { { 1, kty_numbers[given.kty] } }
  local function add(label, value) entries[#entries + 1] = { label, value } end
  if given.kid ~= nil then
    if type(given.kid) ~= "string" then return bad "kid is no string" end
    add(2, given.kid)
  end
  local numbers <const>, why <const>, reason <const> = operation_numbers(given)
  if reason then return nil, why, reason end
  if numbers then add(4, numbers) end
  if given.kty ~= "oct" then
    if not crv_numbers[given.crv] then return bad("no curve of ours: %s", shown(given.crv)) end
    add(-1, crv_numbers[given.crv])
  end
  for label, name in pairs(members[given.kty]) do
    local value = given[name]
    if value ~= nil then
      value = type(value) == "string" and base64.decode_url(value)
      if not value then return bad("%s is not base64url", name) end
      add(label, value)
    end
  end
  return cbor.encode(cbor.map(entries))
end

-- What the key serves: its `alg`, as the caller means it where JOSE leaves COSE a choice.
local function algorithm_of(given, wanted)
  if given.alg == nil then return wanted end
  local names <const> = of_jose[given.alg]
  if not names then return errors.fail("unsupported_algorithm", "JWK: alg %s", shown(given.alg)) end
  if not wanted then return names[1] end
  for _, name in ipairs(names) do if name == wanted then return name end end
  return errors.fail("wrong_key", "JWK: its alg is %s", given.alg)
end

--- From a decoded JSON object.
-- @tparam table given
-- @tparam[opt] string algorithm what the key serves; without it its `alg`, or that of its curve
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code as for `teep.key.load`
function jwk.from_table(given, algorithm)
  if not kty_numbers[given.kty] then return bad("no key type of ours: %s", shown(given.kty)) end
  local served <const>, message <const>, code <const> = algorithm_of(given, algorithm)
  if code then return nil, message, code end
  local cose_key <const>, why <const>, reason <const> = to_cose_key(given)
  if not cose_key then return nil, why, reason end
  return core.load(cose_key, served)
end

--- Of members with one name the last counts (RFC 7517 section 4).
-- @tparam string text JSON
-- @treturn[1] table
-- @treturn[2] nil, string, string message and code `bad_key`
function jwk.decode(text)
  local ok <const>, given <const> = pcall(json.decode, text)
  -- cjson takes a NUL for the end.
  if not ok or type(given) ~= "table" or text:find("\0", 1, true) then return bad "malformed JSON" end
  return given
end

--- @tparam string text JSON
-- @tparam[opt] string algorithm as for @{from_table}
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code
function jwk.load(text, algorithm)
  local given <const>, message <const>, code <const> = jwk.decode(text)
  if not given then return nil, message, code end
  return jwk.from_table(given, algorithm)
end

-- The numbers of MACs are past those of JOSE.
local function names_of(numbers)
  local names <const> = {}
  for i, number in ipairs(numbers) do names[i] = operation_names[number > 8 and number - 8 or number] end
  return names
end

--- @tparam key key
-- @tparam boolean with_private
-- @treturn[1] string JSON, members in the order of RFC 7517
-- @treturn[2] nil, string, string message and code: `no_private_key`; `wrong_key` for a Symmetric key
function jwk.write(key, with_private)
  local bytes, message <const>, code <const> = (with_private and key.private or key.public)(key)
  if not bytes then return nil, message, code end
  local map <const> = cbor.decode(bytes)
  local kty <const> = kty_names[map:get(1)]
  local parts <const> = { ('"kty":"%s"'):format(kty) }
  local function add(name, value) parts[#parts + 1] = ('"%s":%s'):format(name, json.encode(value)) end
  if to_jose[algorithms[map:get(3)]] then add("alg", to_jose[algorithms[map:get(3)]]) end
  if map:get(4) then add("key_ops", names_of(map:get(4))) end
  local kid <const> = map:get(2)
  if kid and utf8.len(kid) then add("kid", kid) end
  if kty ~= "oct" then add("crv", crv_names[map:get(-1)]) end
  for label = -1, -4, -1 do
    local name <const> = members[kty][label]
    if name and map:get(label) then add(name, base64.encode_url(map:get(label))) end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

return jwk
