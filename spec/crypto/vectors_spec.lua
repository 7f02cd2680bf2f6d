-- The encryption, MAC and recipient examples of cose-wg/Examples, step by step: secrets, derived keys, tags.
local base64 = require "teep.key.base64"
local bytes = require "fixtures.bytes"
local cbor = require "teep.cbor"
local cjson = require "cjson"
local crypto = require "teep.crypto"
local key = require "teep.key"
local lfs = require "lfs"
local providers = require "fixtures.providers"

local hex, unhex = bytes.hex, bytes.unhex

local root = "../shared/vectors/cose/"
local folders = { "aes-gcm-examples", "aes-wrap-examples", "chacha-poly-examples", "ecdh-wrap-examples",
  "hmac-examples", "X25519-tests" }

local function read(path)
  local file = assert(io.open(path, "rb"))
  local example = cjson.decode(file:read "a")
  file:close()
  return example
end

local function files()
  local list = {}
  for _, folder in ipairs(folders) do
    for name in lfs.dir(root .. folder) do
      if name:find "%.json$" then list[#list + 1] = folder .. "/" .. name end
    end
  end
  table.sort(list)
  return list
end

-- A JWK, where some examples have hexadecimal members.
local function jwk(given)
  local fixed = { kty = given.kty, crv = given.crv }
  for _, name in ipairs{ "x", "y", "d", "k" } do
    local digits = given[name .. "_hex"]
    fixed[name] = digits and base64.encode_url(unhex(digits)) or given[name]
  end
  return cjson.encode(fixed)
end

-- The algorithm in one of two headers.
local function algorithm_of(protected, unprotected)
  local number = protected ~= "" and cbor.decode(protected):get(1) or unprotected:get(1)
  return crypto.algorithms[number], number
end

-- KEK and wrapped CEK.
local function unwrap(algorithm, kek, wrapped)
  return crypto.unwrap{ algorithm = algorithm, key = kek, wrapped = wrapped }
end

-- The CEK of the first recipient, found as a recipient would; nil: it needs what we do not do.
local function cek_of(example, recipient, steps)
  local given = (example.input.enveloped or example.input.mac).recipients[1]
  local algorithm, number = algorithm_of(recipient[1], recipient[2])
  if number == -6 then return unhex(example.intermediates.CEK_hex) end -- direct: nothing to find
  if number and number >= -5 and number <= -3 then
    return unwrap(algorithm, base64.decode_url(given.key.k), recipient[3])
  end
  local ephemeral = recipient[2]:get(-1)
  if not algorithm or not ephemeral then return nil end
  local mine = assert(key.load(jwk(given.key), { algorithm = algorithm }))
  local peer, _, code = key.load(cbor.encode(ephemeral), { algorithm = algorithm })
  if code == "bad_key" then return nil end -- a compressed point
  local secret = assert(mine:agree(peer))
  assert.equal(steps.Secret_hex:lower(), hex(secret))
  local wrap = algorithm:match "%+(A%d+KW)$"
  local kek = crypto.hkdf{ secret = secret, info = unhex(steps.Context_hex),
    size = wrap and tonumber(wrap:match "%d+") // 8 or #example.intermediates.CEK_hex // 2 }
  if not wrap then return kek end
  assert.equal(steps.KEK_hex:lower(), hex(kek))
  return unwrap(wrap, kek, recipient[3])
end

local function check_content(example, message, cek)
  local algorithm = algorithm_of(message[1], message[2])
  local steps = example.intermediates
  if steps.ToMac_hex then
    local tag = assert(crypto.hmac(algorithm, cek, unhex(steps.ToMac_hex)))
    assert.equal(not example.fail, hex(message[4]) == hex(tag):sub(1, 2 * #message[4]))
  else
    if not message[2]:get(5) then return end -- a Partial IV: the context of both parties is not in the example
    local given = { algorithm = algorithm, key = cek, nonce = message[2]:get(5), aad = unhex(steps.AAD_hex),
      ciphertext = message[3] }
    local plaintext, _, code = crypto.open(given)
    assert.equal(example.fail and "bad_signature" or nil, code)
    assert.equal(not example.fail and example.input.plaintext or nil, plaintext)
  end
end

describe("the encryption and MAC examples of cose-wg/Examples", function()
  if not lfs.attributes(root, "mode") then
    pending("skipped: the public vectors are not beside this checkout (" .. root .. ")")
    return
  end

  providers.each(function(has)
    local used = 0
    for _, path in ipairs(files()) do
      local example = read(root .. path)
      local message = cbor.decode(unhex(example.output.cbor))
      message = message and message.value
      local content = message and algorithm_of(message[1], message[2])
      local recipient = message and type(message[#message]) == "table" and message[#message][1]
      if content and has(content) and recipient then
        it("hold for " .. path, function()
          local steps = example.intermediates
          local cek, _, code = cek_of(example, recipient, steps.recipients[1])
          if code then
            assert.equal("bad_signature", code)
            assert.is_true(example.fail)
          elseif cek then
            used = used + 1
            assert.equal(steps.CEK_hex:lower(), hex(cek))
            check_content(example, message, cek)
          end
        end)
      end
    end

    it("were used, most of them", function() assert.is_true(used >= 35, used .. " examples") end)
  end)
end)
