-- Calls of the Lua interface for binding_oom: a list of { name, function }. Each returns one value that is the same
-- whenever the call succeeds, or nil, message and code.
local build <const> = ...
package.path = ("./spec/?.lua;%s/lua/?.lua;%s/lua/?/init.lua"):format(build, build)

local cbor <const> = require "teep.cbor"
local core <const> = require "teep.core"
local cose <const> = require "teep.cose"
local crypto <const> = require "teep.crypto"
local driver <const> = require "teep.driver"
local envelope <const> = require "teep.suit.envelope"
local hex <const> = require "teep.hex"
local key <const> = require "teep.key"
local limits <const> = require("teep.suit.limits").with()
local manifest <const> = require "teep.suit.manifest"
local message <const> = require "teep.message"
local messages <const> = require "fixtures.messages"
local schema <const> = require "teep.schema"
local suit_raw <const> = require "fixtures.suit_raw"
local vectors <const> = require "fixtures.cose_vectors"

local V26 <const> = { wire = "v26" }

-- Success alone is told, for results that differ each time.
local function done(value, text, code)
  if value == nil then return nil, text, code end
  return true
end

local calls <const> = {}
local function add(name, call) table.insert(calls, { name, call }) end

local sample <const> = assert(cbor.encode(cbor.array{ 1, cbor.integer(-1), "bytes", cbor.text "text", cbor.map{ { 2, 3 },
  { "k", cbor.array{} } }, cbor.tag(5, cbor.null), cbor.simple(99), 1.5, true, cbor.array{ cbor.array{ cbor.array{ 7 } } } }))
local value <const> = cbor.decode(sample)
add("cbor.decode", function() return done(cbor.decode(sample)) end)
add("cbor.encode", function() return cbor.encode(value) end)
add("cbor.scan", function() return cbor.scan(sample) end)
add("cbor.span", function() return cbor.span(sample, { 5, 2 }) end)
add("cbor.items", function() return done(cbor.items(sample)) end)
add("cbor.pairs", function() return done(cbor.pairs "\xa2\1\2\3\4") end)
add("cbor.diagnose", function() return cbor.diagnose(sample) end)

local description <const> = { name = "d", type = "map", unknown = "keep", exclusive = { { "a", "b" } }, fields = {
  { label = 1, name = "a", of = { type = "array", of = { type = "bytes" } } }, { label = 2, name = "b", of = { type = "any" } },
  { label = 3, name = "c", of = { type = "wrapped", of = { type = "table", keys = { type = "int" },
    of = { type = "text" } } } } } }
local codec <const> = schema.compile(description)
local record <const> = { a = { "x", "y" }, c = { { key = 1, value = "t" } }, unknown = { [9] = "\xf6" } }
local encoded <const> = assert(codec:encode(record))
add("schema.compile", function() return done(schema.compile(description)) end)
add("schema:decode", function() return done(codec:decode(encoded)) end)
add("schema:encode", function() return codec:encode(record) end)
add("schema:decode, refused", function()
  return select(3, codec:decode "\xa1\1\x81\1") == "wrong_type"
end)

for _, name in ipairs(messages.types) do
  local fields <const> = messages.make(name, messages.all(name))
  local payload <const> = assert(message.encode(fields, V26))
  add("message.encode " .. name, function() return message.encode(fields, V26) end)
  add("message.decode " .. name, function() return done(message.decode(payload, V26)) end)
end

add("crypto.random", function() return done(crypto.random(16)) end)
add("crypto.digest", function() return crypto.digest("SHA-256", "data") end)
add("crypto.hash", function()
  local hash <const>, text, code = crypto.hash "SHA-256"
  if not hash then return nil, text, code end
  hash:update "data"
  return hash:finish()
end)
add("crypto.hmac", function() return crypto.hmac("HMAC-256", "key", "data") end)
add("crypto.hkdf", function() return crypto.hkdf{ secret = "secret", size = 32 } end)
local block <const>, nonce <const> = ("k"):rep(16), ("n"):rep(12)
local sealed <const> = assert(crypto.seal{ algorithm = "A128GCM", key = block, nonce = nonce, plaintext = "plain" })
add("crypto.seal", function() return crypto.seal{ algorithm = "A128GCM", key = block, nonce = nonce, plaintext = "plain" } end)
add("crypto.open", function() return crypto.open{ algorithm = "A128GCM", key = block, nonce = nonce, ciphertext = sealed } end)
add("crypto.cipher", function()
  local cipher <const>, text, code = crypto.cipher{ algorithm = "A128CTR", key = block, iv = block }
  if not cipher then return nil, text, code end
  return cipher:update "data"
end)
add("crypto.wrap", function() return crypto.wrap{ algorithm = "A128KW", key = block, secret = block } end)
add("crypto.providers", function() return done(crypto.providers()) end)

local signer <const> = assert(key.generate{ algorithm = "ESP256" })
local private <const>, public <const> = assert(signer:private()), assert(signer:public())
local agreeing <const> = assert(key.generate{ algorithm = "ECDH-ES+A128KW" })
local peer <const> = assert(key.load(agreeing:public()))
add("key.generate", function() return done(key.generate{ algorithm = "Ed25519" }) end)
add("key.load", function() return done(key.load(private)) end)
add("key:public", function() return signer:public() end)
add("key:private", function() return signer:private() end)
add("key:thumbprint", function() return signer:thumbprint() end)
add("key:agree", function() return agreeing:agree(peer) end)
add("tostring(key)", function() return (tostring(signer):match "^key ") end)

local external <const> = key.external{ public = public, sign = function() return ("s"):rep(64) end }
local signed <const> = assert(cose.sign1{ key = signer, payload = "payload" })
local accepted <const> = { keys = { assert(key.load(public)) }, algorithms = { "ESP256" } }
add("cose.sign1", function() return done(cose.sign1{ key = signer, payload = "payload" }) end)
add("cose.sign1, external key", function() return cose.sign1{ key = external, payload = "payload" } end)
add("cose.sign", function() return done(cose.sign{ keys = { signer, signer }, payload = "payload" }) end)
add("cose.parse", function() return done(cose.parse(signed)) end)
add("cose.verify", function()
  local verified <const>, text, code = cose.verify(signed, accepted)
  if not verified then return nil, text, code end
  return verified.payload
end)

local function certificate(name) return (hex.decode(vectors.certificates[name])) end
local certified <const> = assert(cose.sign1{ key = assert(key.load((hex.decode(vectors.certificate_keys.leaf)))),
  payload = "payload", x5chain = { certificate "leaf_for_signing", certificate "middle_for_signing" } })
local trusted <const> = { keys = {}, algorithms = { "ESP256" }, certificates = { anchors = { certificate "root" },
  time = 1780000000, extended_key_usage = { "1.3.6.1.5.5.7.3.3" } } }
add("cose.verify, x5chain", function()
  local verified <const>, text, code = cose.verify(certified, trusted)
  if not verified then return nil, text, code end
  return verified.payload
end)

local encrypted <const>, ciphertext <const> = cose.encrypt{ recipients = { peer }, algorithm = "A128GCM", plaintext = "plain",
  detached = true }
local mac <const> = assert(cose.mac{ recipients = { peer }, algorithm = "HMAC-256", payload = "payload" })
add("cose.encrypt", function()
  return done(cose.encrypt{ recipients = { peer }, algorithm = "A128GCM", plaintext = "plain", detached = true })
end)
add("cose.mac", function() return done(cose.mac{ recipients = { peer }, algorithm = "HMAC-256", payload = "payload" }) end)
add("cose.decrypt", function()
  local opened <const>, text, code = cose.decrypt(encrypted, { keys = { agreeing }, algorithms = { "A128GCM" },
    ciphertext = ciphertext })
  if not opened then return nil, text, code end
  return opened.plaintext
end)
add("cose.decryptor", function()
  local stream <const>, text, code = cose.decryptor(encrypted, { keys = { agreeing }, algorithms = { "A128GCM" } })
  if not stream then return nil, text, code end
  local ok
  ok, text, code = stream:update(ciphertext)
  if not ok then return nil, text, code end
  return stream:finish()
end)
add("cose.verify_mac", function()
  local checked <const>, text, code = cose.verify_mac(mac, { keys = { agreeing }, algorithms = { "HMAC-256" } })
  if not checked then return nil, text, code end
  return checked.payload
end)
add("cose.parse_encrypted", function() return done(cose.parse_encrypted(encrypted)) end)

local envelope_bytes <const> = suit_raw.make()
add("SUIT", function()
  local opened <const>, text, code = envelope.open(envelope_bytes, limits)
  if not opened then return nil, text, code end
  return done(manifest.decode(opened, limits))
end)

local folder <const> = os.tmpname()
os.remove(folder)
local function change(tee)
  local txn, text, code = tee:txn()
  if not txn then return nil, text, code end
  local slot, ok
  slot, text, code = txn:stage{ "a" }
  if not slot then return nil, text, code end
  ok, text, code = slot:write "content"
  if ok then ok, text, code = slot:finish() end
  if ok then ok, text, code = txn:commit() end
  return ok and true, text, code
end
add("driver", function()
  local tee <const>, text, code = driver.open{ name = "sim", path = folder }
  if not tee then return nil, text, code end
  local _ <close> = setmetatable({}, { __close = function() tee:close() end })
  local ok
  ok, text, code = change(tee)
  if ok then ok, text, code = tee:probe{ "a" } end
  if ok then ok, text, code = tee:read({ "a" }, 0, 100) end
  if ok then ok, text, code = tee:seal_put("name", "value") end
  if ok then ok, text, code = tee:seal_get "name" end
  if ok then ok, text, code = tee:key("key", "ESP256") end
  if ok then ok, text, code = cose.sign1{ key = ok, payload = "payload" } end
  return ok and true, text, code
end)

add("errors", function() return core.errors.no_memory end)
setmetatable(calls, { __gc = function() os.execute("rm -rf '" .. folder .. "'") end })
return calls
