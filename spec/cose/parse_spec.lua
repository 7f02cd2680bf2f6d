local bytes = require "fixtures.bytes"
local cose = require "teep.cose"

local array, bstr, int, map, null, text = bytes.array, bytes.bstr, bytes.int, bytes.map, bytes.null, bytes.text

local signature = bstr(("s"):rep(64))
local esp256 = map(int(1), int(-9))

-- A Sign1 of encoded parts; `protected` is the content of the byte string.
local function sign1(given)
  return (given.tag or "\xd2") .. array(given.raw_protected or bstr(given.protected or esp256),
    given.unprotected or map(), given.payload or bstr "p", given.signature or signature)
end

local function signer(given)
  given = given or {}
  return array(bstr(given.protected or esp256), given.unprotected or map(), signature)
end

local function sign(signers, given)
  given = given or {}
  return (given.tag or "\xd8\x62") .. array(bstr(given.protected or ""), given.unprotected or map(), bstr "p",
    array(table.unpack(signers)))
end

-- `count` header parameters with labels nobody knows.
local function headers(count)
  local entries = {}
  for i = 1, count do entries[#entries + 1], entries[#entries + 2] = int(1000 + i), int(0) end
  return map(table.unpack(entries))
end

describe("teep.cose.parse", function()
  local function refuses(code, what, input)
    it("refuses " .. what, function()
      local result, message, found = cose.parse(input)
      assert.is_nil(result)
      assert.are.equal(code, found)
      assert.is_truthy(message:find("^COSE, byte %d+: "))
    end)
  end

  describe("shape (T-008):", function()
    refuses("truncated", "no bytes at all", "")
    refuses("not_cose", "something else than an array", map())
    refuses("not_cose", "3 elements", array(bstr "", map(), bstr "p"))
    refuses("not_cose", "5 elements", array(bstr "", map(), bstr "p", signature, signature))
    refuses("not_cose", "another tag", sign1{ tag = "\xd1" })
    refuses("not_cose", "a tag in a tag", sign1{ tag = "\xd2\xd2" })
    refuses("not_cose", "a COSE_Sign with the tag of Sign1", sign({ signer() }, { tag = "\xd2" }))
    refuses("not_cose", "a Sign1 with the tag of COSE_Sign", sign1{ tag = "\xd8\x62" })
    refuses("not_cose", "a protected bucket that is a map", sign1{ raw_protected = esp256 })
    refuses("not_cose", "an unprotected bucket that is a byte string", sign1{ unprotected = bstr "" })
    refuses("not_cose", "a payload of text", sign1{ payload = text "p" })
    refuses("not_cose", "a payload that is undefined", sign1{ payload = "\xf7" })
    refuses("not_cose", "a signature of text", sign1{ signature = text "s" })
    refuses("not_cose", "an empty list of signers", sign{})
    refuses("not_cose", "a signer with two elements", sign{ array(bstr "", map()) })
    refuses("not_cose", "a signer that is no array", sign{ signature })
    refuses("limit_reached", "9 signers", sign{ signer(), signer(), signer(), signer(), signer(), signer(), signer(),
      signer(), signer() })
    refuses("trailing_bytes", "bytes after the message (D5)", sign1{} .. "\0")
    refuses("indefinite_length", "indefinite lengths", "\xd2\x9f" .. bstr "" .. map() .. bstr "p" .. signature .. "\xff")
    refuses("not_shortest", "a tag that is longer than need be", sign1{ tag = "\xd8\x12" })

    it("accepts 8 signers", function()
      local eight = sign{ signer(), signer(), signer(), signer(), signer(), signer(), signer(), signer() }
      assert.are.equal(8, #assert(cose.parse(eight)).signers)
    end)

    it("refuses every prefix", function()
      for _, whole in ipairs{ sign1{}, sign{ signer(), signer() } } do
        for i = 0, #whole - 1 do
          local _, _, code = cose.parse(whole:sub(1, i))
          assert.are.equal("truncated", code)
        end
      end
    end)
  end)

  describe("headers (T-004, T-009):", function()
    local function everywhere(code, what, given)
      refuses(code, what, sign1(given))
      refuses(code, what .. ", of a signer", sign{ signer(given) })
    end

    everywhere("bad_header", "a protected bucket that is no map", { protected = array() })
    everywhere("trailing_bytes", "bytes after the protected map", { protected = esp256 .. "\0" })
    everywhere("truncated", "half a protected map", { protected = esp256:sub(1, -2) })
    everywhere("duplicate_key", "the same label twice", { protected = map(int(1), int(-9), int(1), int(-7)) })
    everywhere("bad_header", "the same label in both buckets", { unprotected = map(int(1), int(-7)) })
    everywhere("bad_header", "the same label nobody knows in both buckets",
      { protected = map(int(1), int(-9), text "l", int(1)), unprotected = map(text "l", int(2)) })
    everywhere("bad_header", "a label that is neither number nor text", { unprotected = map(bstr "l", int(1)) })
    everywhere("bad_header", "an algorithm that is a byte string", { protected = map(int(1), bstr "a") })
    everywhere("bad_header", "an algorithm beyond 64 bits", { protected = map(int(1), "\x3b" .. ("\xff"):rep(8)) })
    everywhere("bad_header", "a kid that is text", { unprotected = map(int(4), text "k") })
    everywhere("limit_reached", "33 parameters in the unprotected bucket", { unprotected = headers(33) })
    everywhere("limit_reached", "33 parameters in the protected bucket", { protected = headers(33) })
    everywhere("critical_header", "a critical parameter nobody knows",
      { protected = map(int(1), int(-9), int(2), array(int(99)), int(99), int(0)) })
    everywhere("critical_header", "a critical parameter nobody knows that is not even there",
      { protected = map(int(1), int(-9), int(2), array(int(99))) })
    everywhere("critical_header", "a critical parameter named by text",
      { protected = map(int(1), int(-9), int(2), array(int(1), text "l"), text "l", int(0)) })
    everywhere("critical_header", "a critical content type",
      { protected = map(int(1), int(-9), int(2), array(int(3)), int(3), int(0)) })
    everywhere("critical_header", "a critical label that is 1 or 4 only in part",
      { protected = map(int(1), int(-9), int(2), array(int(0x104))) })
    everywhere("bad_header", "a critical kid that is not in the protected bucket",
      { protected = map(int(1), int(-9), int(2), array(int(4))), unprotected = map(int(4), bstr "k") })
    everywhere("bad_header", "crit in the unprotected bucket", { unprotected = map(int(2), array(int(1))) })
    everywhere("bad_header", "an empty crit", { protected = map(int(1), int(-9), int(2), array()) })
    everywhere("bad_header", "a crit that is no array", { protected = map(int(1), int(-9), int(2), int(1)) })
    everywhere("bad_header", "a crit with a byte string", { protected = map(int(1), int(-9), int(2), array(bstr "")) })

    refuses("critical_header", "a critical parameter in the body of a COSE_Sign",
      sign({ signer() }, { protected = map(int(2), array(int(99)), int(99), int(0)) }))
    refuses("bad_header", "the same label in both buckets of the body of a COSE_Sign",
      sign({ signer() }, { protected = map(int(3), int(0)), unprotected = map(int(3), int(0)) }))

    it("accepts critical parameters that are understood", function()
      local input = sign1{ protected = map(int(1), int(-9), int(2), array(int(1), int(4)), int(4), bstr "k") }
      assert.are.equal("k", assert(cose.parse(input)).signers[1].kid)
    end)

    it("skips certificates and other parameters that are not critical", function()
      local input = sign1{ protected = map(int(1), int(-9), int(3), int(60)),
        unprotected = map(int(33), bstr "certificate", text "note", null) }
      assert.are.equal(-9, assert(cose.parse(input)).signers[1].algorithm)
    end)

    it("accepts 32 parameters in each bucket", function()
      assert.is_truthy(cose.parse(sign1{ protected = headers(32) }))
      assert.is_truthy(cose.parse(sign1{ unprotected = headers(32) }))
    end)

    it("takes the algorithm from the protected bucket alone", function()
      local shape = assert(cose.parse(sign1{ protected = "", unprotected = map(int(1), int(-9)) }))
      assert.is_nil(shape.signers[1].algorithm)
      assert.is_nil(assert(cose.parse(sign1{ protected = map(int(1), text "ESP256") })).signers[1].algorithm)
    end)
  end)

  it("tells the structures apart, with and without their tags", function()
    for _, tag in ipairs{ "", "\xd2" } do
      local shape = assert(cose.parse(sign1{ tag = tag, unprotected = map(int(4), bstr "k") }))
      assert.are.same({ structure = "sign1", tagged = tag ~= "", payload = "p",
        signers = { { algorithm = -9, kid = "k" } } }, shape)
    end
    for _, tag in ipairs{ "", "\xd8\x62" } do
      local shape = assert(cose.parse(sign({ signer(), signer{ protected = map(int(1), int(-19)) } }, { tag = tag })))
      assert.are.same({ structure = "sign", tagged = tag ~= "", payload = "p",
        signers = { { algorithm = -9 }, { algorithm = -19 } } }, shape)
    end
  end)

  it("leaves the payload out when it is detached", function()
    assert.is_nil(assert(cose.parse(sign1{ payload = null })).payload)
    assert.are.equal("", assert(cose.parse(sign1{ payload = bstr "" })).payload)
  end)
end)
