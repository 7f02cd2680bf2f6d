-- The encryption examples of the SUIT and TEEP drafts (draft-ietf-suit-firmware-encryption section 6, TEEP appendix E).
local bytes = require "fixtures.bytes"
local cbor = require "teep.cbor"
local cose = require "teep.cose"
local key = require "teep.key"
local vectors = require "fixtures.suit_vectors"

local bstr, int, map, unhex = bytes.bstr, bytes.int, bytes.map, bytes.unhex

local folder <const> = "../shared/vectors/suit/encryption/"
local other <const> = "SUIT Payload Encryption"
local firmware <const> = "This is a real firmware image."

local function read(name)
  local file <const> = io.open(folder .. name .. ".hex", "rb")
  if not file then return nil end
  local text <const> = file:read "a"
  file:close()
  return unhex(text)
end

local kek <const> = map(int(1), int(4), int(2), bstr "kid-1", int(3), int(-3), int(-1), bstr(("a"):rep(16)))

-- The device of both drafts: kid-2 in one, none in the other.
local function device(kid)
  local members <const> = {
    int(1), int(2), int(3), int(-29), int(-1), int(1),
    int(-2), bstr(unhex "5886cd61dd875862e5aaa820e7a15274c968a9bc96048ddcace32f50c3651ba3"),
    int(-3), bstr(unhex "9eed8125e932cd60c0ead3650d0a485cf726d378d1b016ed4298b2961e258f1b"),
    int(-4), bstr(unhex "60fe6dd6d85d5740a5349b6f91267eeac5ba81b8cb53ee249e4b4eb102c476b3"),
  }
  if kid then table.move({ int(2), bstr(kid) }, 1, 2, #members + 1, members) end
  return assert(key.load(map(table.unpack(members))))
end

describe("the encryption examples of the SUIT draft:", function()
  if not read "suit-encryption-info-aes-kw-aes-gcm" then
    pending("skipped: the public vectors are not beside this checkout (" .. folder .. ")")
    return
  end

  for _, example in ipairs{
    { "aes-kw-aes-gcm", "A128GCM" }, { "aes-kw-aes-ctr", "A128CTR" },
    { "es-ecdh-aes-gcm", "A128GCM" }, { "es-ecdh-aes-ctr", "A128CTR" },
  } do
    local name <const>, algorithm <const> = example[1], example[2]
    local info <const>, ciphertext <const> = read("suit-encryption-info-" .. name), read("encrypted-payload-" .. name)

    local function given(more)
      more.keys = more.keys or { assert(key.load(kek)), device "kid-2" }
      more.algorithms, more.other = more.algorithms or { algorithm }, more.other or other
      return more
    end

    it("refuses the other content algorithm for " .. name .. " (D10)", function()
      local given_other <const> = given{ ciphertext = ciphertext,
        algorithms = { algorithm == "A128GCM" and "A128CTR" or "A128GCM", "A256GCM", "ChaCha20/Poly1305" } }
      local opened, _, code = cose.decrypt(info, given_other)
      assert.is_nil(opened)
      assert.are.equal("algorithm_not_allowed", code)
    end)

    it("refuses another KDF context for " .. name .. " (S-093)", function()
      local opened, _, code = cose.decrypt(info, given{ ciphertext = ciphertext, other = "EAT Encryption" })
      if name:find "^aes" then
        assert.are.equal(firmware, opened.plaintext) -- no KDF in AES Key Wrap
      else
        assert.is_nil(opened)
        assert.are.equal("bad_signature", code)
      end
    end)

    it("refuses any other recipient key for " .. name, function()
      local opened, _, code = cose.decrypt(info, given{ ciphertext = ciphertext,
        keys = { assert(key.generate{ algorithm = "A128KW" }), assert(key.generate{ algorithm = "ECDH-ES+A128KW" }) } })
      assert.is_nil(opened)
      assert.is_true(code == "bad_signature" or code == "unknown_key")
    end)

    it("decrypts " .. name, function()
      assert.are.equal(firmware, assert(cose.decrypt(info, given{ ciphertext = ciphertext })).plaintext)
    end)

    it("decrypts " .. name .. " in pieces of every size", function()
      for size = 1, #ciphertext + 1 do
        local stream <const>, out <const> = assert(cose.decryptor(info, given{})), {}
        for i = 1, #ciphertext, size do out[#out + 1] = assert(stream:update(ciphertext:sub(i, i + size - 1))) end
        if algorithm == "A128GCM" then assert.are.equal("", table.concat(out)) end
        out[#out + 1] = assert(stream:finish())
        assert.are.equal(firmware, table.concat(out))
      end
    end)
  end

  it("refuses AES-CTR with a protected header that is not of zero length (P-18)", function()
    local info <const> = read "suit-encryption-info-aes-kw-aes-ctr"
    local body <const> = cbor.decode(info).value
    for _, protected in ipairs{ "\xa0", "\xa1\x03\x00", "\xa1\x01\x39\xff\xfd" } do
      body[1] = protected
      if protected == "\xa1\x01\x39\xff\xfd" then body[2] = cbor.map{ { 5, body[2]:get(5) } } end
      local shape, _, code = cose.parse_encrypted(cbor.encode(cbor.tag(96, body)))
      assert.is_nil(shape)
      assert.are.equal("bad_header", code)
    end
  end)

  it("refuses an IV that does not fit (P-19)", function()
    for name, algorithm in pairs{ ["aes-kw-aes-ctr"] = "A128CTR", ["aes-kw-aes-gcm"] = "A128GCM" } do
      local body <const> = cbor.decode(read("suit-encryption-info-" .. name)).value
      local iv <const> = body[2]:get(5)
      for _, wrong in ipairs{ iv:sub(2), iv .. "\0", "", ("i"):rep(17) } do
        local headers <const> = algorithm == "A128CTR" and { { 1, -65534 }, { 5, wrong } } or { { 5, wrong } }
        body[2] = cbor.map(headers)
        local opened, _, code = cose.decrypt(cbor.encode(cbor.tag(96, body)), {
          keys = { assert(key.load(kek)) }, algorithms = { algorithm }, ciphertext = ("c"):rep(30),
        })
        assert.is_nil(opened)
        assert.are.equal("size_out_of_range", code)
      end
    end
  end)
end)

describe("the personalization example of the TEEP draft", function()
  local envelope <const> = vectors.example "suit_personalization"
  if not envelope then
    pending(vectors.absent)
    return
  end

  -- Byte strings in the envelope: the head is 58, then the size.
  local function content(position) return envelope:sub(position, position + envelope:byte(position - 1) - 1) end
  local info <const> = content((envelope:find("\xd8\x60\x84", 1, true)))
  local ciphertext <const> = content(envelope:find("\x12\x58\x3d", 1, true) + 3)

  it("is decrypted", function()
    local opened <const> = assert(cose.decrypt(info, {
      keys = { device() }, algorithms = { "A128CTR" }, other = other, ciphertext = ciphertext,
    }))
    assert.are.equal('{"name":"FOO Bar","secret":"0123456789abfcdef0123456789abcd"}', opened.plaintext)
  end)

  it("has one recipient of ECDH-ES+A128KW", function()
    local shape <const> = assert(cose.parse_encrypted(info))
    assert.are.same({ structure = "encrypt", tagged = true, detached = true, algorithm = -65534, recipients = {
      { algorithm = -29, kid = shape.recipients[1].kid },
    } }, shape)
  end)
end)
