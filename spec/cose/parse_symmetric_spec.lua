local bytes = require "fixtures.bytes"
local cose = require "teep.cose"

local array, bstr, int, map, null, text = bytes.array, bytes.bstr, bytes.int, bytes.map, bytes.null, bytes.text

local gcm, hmac = map(int(1), int(1)), map(int(1), int(5))
local iv <const> = map(int(5), bstr(("i"):rep(12)))
local mac <const> = bstr(("m"):rep(32))
local epk <const> = map(int(1), int(2), int(-1), int(1), int(-2), bstr(("x"):rep(32)), int(-3), bstr(("y"):rep(32)))

local function recipient(given)
  given = given or {}
  return array(bstr(given.protected or ""), given.unprotected or map(int(1), int(-3)), given.key or bstr(("k"):rep(24)))
end

local function agreed(more)
  return recipient{ protected = map(int(1), int(-29)), unprotected = map(int(-1), epk, table.unpack(more or {})) }
end

-- A COSE_Encrypt of encoded parts.
local function encrypt(given)
  return (given.tag or "\xd8\x60") .. array(bstr(given.protected or gcm), given.unprotected or iv,
    given.ciphertext or bstr "c", given.recipients or array(recipient()))
end

local function encrypt0(given)
  return (given.tag or "\xd0") .. array(bstr(given.protected or gcm), given.unprotected or iv, given.ciphertext or bstr "c")
end

local function mac0(given)
  return (given.tag or "\xd1") .. array(bstr(given.protected or hmac), given.unprotected or map(), given.payload or bstr "p",
    given.mac or mac)
end

local function maced(given)
  return (given.tag or "\xd8\x61") .. array(bstr(hmac), map(), bstr "p", given.mac or mac,
    given.recipients or array(recipient()))
end

local function list(count)
  local recipients <const> = {}
  for i = 1, count do recipients[i] = recipient() end
  return array(table.unpack(recipients))
end

local function headers(count)
  local entries <const> = {}
  for i = 1, count do entries[#entries + 1], entries[#entries + 2] = int(1000 + i), int(0) end
  return map(table.unpack(entries))
end

local function protected_recipient(content)
  return array(recipient{ protected = content, unprotected = map() })
end

describe("the parsers of encryption and MACs", function()
  local function refuses(parse, code, what, input)
    it("refuse " .. what, function()
      local result, message, found = cose[parse](input)
      assert.is_nil(result)
      assert.are.equal(code, found)
      assert.is_truthy(message:find("^COSE, byte %d+: "))
    end)
  end

  local function refuses_encrypted(...) refuses("parse_encrypted", ...) end
  local function refuses_mac(...) refuses("parse_mac", ...) end

  describe("as to shape:", function()
    for _, parse in ipairs{ "parse_encrypted", "parse_mac" } do
      refuses(parse, "truncated", "no bytes at all, in " .. parse, "")
      refuses(parse, "not_cose", "something else than an array, in " .. parse, map())
      refuses(parse, "not_cose", "two elements, in " .. parse, array(bstr "", map()))
      refuses(parse, "not_cose", "six elements, in " .. parse, array(bstr "", map(), bstr "", bstr "", array(), null))
      refuses(parse, "not_cose", "a tag in a tag, in " .. parse, "\xd0\xd0" .. array())
    end
    refuses_encrypted("not_cose", "a MAC", mac0{})
    refuses_encrypted("not_cose", "a MAC for recipients", maced{})
    refuses_encrypted("not_cose", "a signature", encrypt0{ tag = "\xd2" })
    refuses_encrypted("not_cose", "COSE_Encrypt with the tag of COSE_Encrypt0", encrypt{ tag = "\xd0" })
    refuses_encrypted("not_cose", "COSE_Encrypt0 with the tag of COSE_Encrypt", encrypt0{ tag = "\xd8\x60" })
    refuses_encrypted("not_cose", "a protected bucket that is a map", array(gcm, map(), bstr "c"))
    refuses_encrypted("not_cose", "an unprotected bucket that is a byte string", encrypt0{ unprotected = bstr "" })
    refuses_encrypted("not_cose", "a ciphertext of text", encrypt0{ ciphertext = text "c" })
    refuses_encrypted("not_cose", "recipients that are no array", encrypt{ recipients = map() })
    refuses_encrypted("not_cose", "no recipients", encrypt{ recipients = array() })
    refuses_encrypted("not_cose", "a recipient that is no array", encrypt{ recipients = array(bstr "") })
    refuses_encrypted("not_cose", "a recipient of two elements", encrypt{ recipients = array(array(bstr "", map())) })
    refuses_encrypted("not_cose", "a recipient of five elements",
      encrypt{ recipients = array(array(bstr "", map(), bstr "", array(), null)) })
    refuses_encrypted("not_cose", "a key of text", encrypt{ recipients = array(recipient{ key = text "k" }) })
    refuses_encrypted("limit_reached", "9 recipients", encrypt{ recipients = list(9) })
    refuses_encrypted("not_cose", "a direct recipient beside another",
      encrypt{ recipients = array(recipient(), recipient{ unprotected = map(int(1), int(-6)), key = bstr "" }) })
    refuses_encrypted("not_cose", "a direct recipient with a key",
      encrypt{ recipients = array(recipient{ unprotected = map(int(1), int(-6)) }) })
    refuses_encrypted("not_cose", "direct key agreement with a key",
      encrypt{ recipients = protected_recipient(map(int(1), int(-25))) })
    refuses_mac("not_cose", "an encryption", encrypt{ tag = "" })
    refuses_mac("not_cose", "COSE_Mac with the tag of COSE_Mac0", maced{ tag = "\xd1" })
    refuses_mac("not_cose", "COSE_Mac0 with the tag of COSE_Mac", mac0{ tag = "\xd8\x61" })
    refuses_mac("not_cose", "a payload of text", mac0{ payload = text "p" })
    refuses_mac("not_cose", "a tag of text", mac0{ mac = text "m" })
    refuses_mac("not_cose", "a tag that is absent", mac0{ mac = null })
  end)

  describe("as to headers:", function()
    refuses_encrypted("bad_header", "the same label in both buckets",
      encrypt0{ protected = map(int(1), int(1), int(5), bstr "i"), unprotected = map(int(5), bstr "i") })
    refuses_encrypted("bad_header", "IV and Partial IV in one bucket",
      encrypt0{ unprotected = map(int(5), bstr "i", int(6), bstr "i") })
    refuses_encrypted("bad_header", "IV and Partial IV in two buckets",
      encrypt0{ protected = map(int(1), int(1), int(6), bstr "i"), unprotected = map(int(5), bstr "i") })
    refuses_encrypted("bad_header", "an IV of text", encrypt0{ unprotected = map(int(5), text "i") })
    refuses_encrypted("bad_header", "a Partial IV that is a number", encrypt0{ unprotected = map(int(6), int(1)) })
    refuses_encrypted("bad_header", "an algorithm that is a byte string", encrypt0{ protected = map(int(1), bstr "a") })
    refuses_encrypted("bad_header", "an unprotected algorithm that is an array",
      encrypt0{ protected = "", unprotected = map(int(1), array()) })
    refuses_encrypted("bad_header", "crit in the unprotected bucket",
      encrypt0{ unprotected = map(int(2), array(int(1))) })
    refuses_encrypted("critical_header", "a critical label that nobody knows",
      encrypt0{ protected = map(int(1), int(1), int(2), array(int(99)), int(99), int(0)) })
    refuses_encrypted("critical_header", "a critical salt of a content layer",
      encrypt0{ protected = map(int(1), int(1), int(2), array(int(-20)), int(-20), bstr "s") })
    refuses_mac("critical_header", "critical x5chain of a MAC",
      mac0{ protected = map(int(1), int(5), int(2), array(int(33)), int(33), bstr "c") })
    refuses_encrypted("bad_header", "a critical label that is absent",
      encrypt0{ protected = map(int(1), int(1), int(2), array(int(4))) })
    refuses_encrypted("limit_reached", "33 parameters", encrypt0{ unprotected = headers(33) })
    refuses_encrypted("bad_header", "AES-CTR in the protected header (P-18)", encrypt0{ protected = map(int(1), "\x39\xff\xfd") })
    refuses_encrypted("bad_header", "AES-CTR with a protected header of an empty map (P-18)",
      encrypt0{ protected = map(), unprotected = map(int(1), "\x39\xff\xfd") })
    refuses_encrypted("bad_header", "AES-CTR beside something protected (P-18)",
      encrypt0{ protected = map(int(3), int(0)), unprotected = map(int(1), "\x39\xff\xfd") })
  end)

  describe("as to headers of recipients:", function()
    local function refuses_recipient(code, what, of) refuses_encrypted(code, what, encrypt{ recipients = array(of) }) end
    refuses_recipient("bad_header", "key wrap in the protected header", recipient{ protected = map(int(1), int(-3)) })
    refuses_recipient("bad_header", "direct in the protected header",
      recipient{ protected = map(int(1), int(-6)), unprotected = map() })
    refuses_recipient("bad_header", "key wrap beside something protected", recipient{ protected = map(int(3), int(0)) })
    refuses_recipient("bad_header", "an ephemeral key of bytes",
      recipient{ protected = map(int(1), int(-29)), unprotected = map(int(-1), bstr "") })
    refuses_recipient("bad_header", "a salt of text", agreed{ int(-20), text "s" })
    refuses_recipient("bad_header", "an identity of text", agreed{ int(-21), text "i" })
    refuses_recipient("bad_header", "an identity that is a number", agreed{ int(-24), int(1) })
    refuses_recipient("bad_header", "a nonce of text", agreed{ int(-22), text "n" })
    refuses_recipient("bad_header", "other information of text", agreed{ int(-26), text "o" })
    refuses_recipient("critical_header", "a critical IV",
      recipient{ protected = map(int(1), int(-29), int(2), array(int(5)), int(5), bstr "i") })
  end)

  it("take 8 recipients and 32 parameters", function()
    assert.are.equal(8, #assert(cose.parse_encrypted(encrypt{ recipients = list(8) })).recipients)
    assert.is_truthy(cose.parse_encrypted(encrypt0{ unprotected = headers(32) }))
  end)

  it("show what the message says", function()
    assert.are.same({ structure = "encrypt0", tagged = true, detached = false, algorithm = 1,
      recipients = { { algorithm = -6 } } }, cose.parse_encrypted(encrypt0{}))
    assert.are.same({ structure = "encrypt0", tagged = false, detached = true, algorithm = -65534,
      recipients = { { algorithm = -6, kid = "k" } } }, cose.parse_encrypted(encrypt0{ tag = "", protected = "",
        unprotected = map(int(1), "\x39\xff\xfd", int(4), bstr "k"), ciphertext = null }))
    assert.are.same({ structure = "encrypt", tagged = true, detached = false, algorithm = 1,
      recipients = { { algorithm = -3 }, { algorithm = -29, kid = "k" } } },
      cose.parse_encrypted(encrypt{ recipients = array(recipient(), agreed{ int(4), bstr "k" }) }))
    assert.are.same({ structure = "mac", tagged = true, detached = false, algorithm = 5,
      recipients = { { algorithm = -3 } } }, cose.parse_mac(maced{}))
    assert.are.same({ structure = "mac0", tagged = false, detached = true, algorithm = 5,
      recipients = { { algorithm = -6 } } }, cose.parse_mac(mac0{ tag = "", payload = null }))
  end)

  it("show no algorithm that is not protected, or that nothing here serves", function()
    local function algorithm(of)
      return assert(cose.parse_encrypted(encrypt{ recipients = array(of) })).recipients[1].algorithm
    end
    assert.is_nil(assert(cose.parse_encrypted(encrypt0{ protected = "", unprotected = map(int(1), int(1)) })).algorithm)
    assert.is_nil(assert(cose.parse_encrypted(encrypt0{ protected = map(int(1), text "A128GCM") })).algorithm)
    assert.is_nil(algorithm(recipient{ unprotected = map(int(-1), epk, int(1), int(-29)) }))
    assert.is_nil(algorithm(recipient{ unprotected = map() }))
    assert.is_nil(algorithm(recipient{ unprotected = map(int(1), int(1)) }))
    assert.is_nil(algorithm(recipient{ unprotected = map(int(1), "\x3b\x00\x00\x00\x01\x00\x00\x00\x02") }))
    assert.is_nil(algorithm(recipient{ protected = map(int(1), int(-32)), unprotected = map() }))
    assert.is_nil(algorithm(array(bstr "", map(int(1), int(-3)), bstr "", array(recipient()))))
  end)

  it("take the header parameters of key agreement", function()
    assert.is_truthy(cose.parse_encrypted(encrypt{ recipients = array(agreed{
      int(-20), bstr "s", int(-21), bstr "i", int(-22), int(7), int(-23), bstr "o", int(-24), bstr "i", int(-25), bstr "n",
      int(-26), bstr "o" }) }))
    assert.is_truthy(cose.parse_encrypted(encrypt{ recipients = array(recipient{ unprotected = map(), protected =
      map(int(1), int(-29), int(2), array(int(-1), int(-20), int(-23), int(-26)), int(-1), epk, int(-20), bstr "s",
        int(-23), bstr "o", int(-26), bstr "o") }) }))
  end)
end)
