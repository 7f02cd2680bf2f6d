local unhex = require("fixtures.bytes").unhex
local cbor = require "teep.cbor"
local cose = require "teep.cose"
local inspect = require "teep.inspect"
local kept = require "fixtures.kept_messages"
local key = require "teep.key"
local message = require "teep.message"
local providers = require "fixtures.providers"
local suit = require "teep.suit"
local wire = require "teep.wire.v26"

local function view(bytes, options) return table.concat(assert(inspect.view(bytes, options)), "\n") end
local function hex(bytes) return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)) end

local function shows(bytes, ...)
  local text = view(bytes)
  for _, wanted in ipairs{ ... } do assert.matches(wanted, text, 1, true) end
  assert.matches("^not verified: ", text)
  assert.is_nil(text:find "[^\n -~]")
  return text
end

local token = ("\xa0"):rep(16)

local function encode(fields) return assert(message.encode(fields, { wire = "v26" })) end

local vendor, class = ("\1"):rep(16), ("\2"):rep(16)
local function envelope(signer)
  local unsigned = assert(suit.create{
    manifest_component_id = { "hello", "manifest" }, sequence_number = 7,
    components = { { id = { "hello" }, payload = "payload", vendor_identifier = vendor, class_identifier = class } },
  })
  return signer and assert(suit.sign(unsigned, { key = signer })) or unsigned
end

describe("inspect", function()
  local signer
  setup(function() signer = assert(key.generate{ algorithm = "ESP256" }) end)

  describe("refuses what is not CBOR and tells where:", function()
    local broken = {
      { "nothing", "", "truncated" },
      { "a truncated item", "\x82\x01", "truncated" },
      { "trailing bytes", "\x01\x02", "trailing_bytes" },
      { "a duplicate key", "\xa2\x01\x01\x01\x02", "duplicate_key" },
      { "text that is not UTF-8", "\x62\xff\xff", "invalid_utf8" },
    }
    for _, case in ipairs(broken) do
      it(case[1], function()
        local lines, text, code = inspect.view(case[2])
        assert.is_nil(lines)
        assert.equal(case[3], code)
        assert.equal("string", type(text))
      end)
    end
  end)

  it("says of every prefix of a message that it is no complete item", function()
    local bytes = encode{ type = "success", token = token, msg = "done" }
    for size = 0, #bytes - 1 do assert.is_nil(inspect.view(bytes:sub(1, size))) end
  end)

  it("falls back to diagnostic notation for structures it does not know", function()
    shows("\xa1\x61\x61\x82\x01\x20", '{"a": [1, -1]}')
    shows("\x01", "diagnostic notation")
  end)

  it("shows text with control characters escaped (D24)", function()
    for _, wanted in ipairs{ "a\27[2Jb", "\127", "\u{9b}2J", "\u{202e}txt", "caf\u{e9}", "a\nnot verified: b" } do
      local text = view(cbor.encode(cbor.text(wanted)))
      assert.is_nil(text:find "[^\n -~]")
      assert.equal(2, select(2, text:gsub("\n", "")))
    end
  end)

  it("accepts hexadecimal text with white space and comments", function()
    local bytes = encode{ type = "success", token = token }
    assert.equal(view(bytes), view(hex(bytes)))
    assert.equal(view(bytes), view(hex(bytes):gsub("(......)", "%1  # comment\n ") .. "\n"))
  end)

  describe("shows the numbers of draft 26 with their names in a", function()
    it("query-request", function()
      shows(encode{ type = "query-request", token = token, data_item_requested = { trusted_components = true },
        supported_teep_cipher_suites = wire.cipher_suites, supported_suit_cose_profiles = wire.suit_cose_profiles },
        "TEEP query-request", "[0] type: 1 (query-request)", "19 token: h'a0a0", "[2] supported-teep-cipher-suites:",
        "[18 (COSE_Sign1), -9 (ESP256)]", "-19 (Ed25519)", "-29 (ECDH-ES+A128KW)", "-65534 (A128CTR)",
        "[4] data-item-requested: 2 (trusted-components)")
    end)

    it("query-response", function()
      shows(encode{ type = "query-response", token = token, selected_version = 0,
        tc_list = { { component_id = { "hello" }, image_size = 5 } },
        requested_tc_list = { { component_id = { "a", "\0" }, tc_manifest_sequence_number = 3 } },
        unneeded_manifest_list = { { "x", "manifest" } } },
        "[0] type: 2 (query-response)", "5 selected-version: 0", "7 tc-list:", "0 component-id: hello  [h'68656c6c6f']",
        "14 image-size: 5", "13 requested-tc-list:", "15 component-id: a/%00", "16 tc-manifest-sequence-number: 3",
        "14 unneeded-manifest-list:", "x/manifest")
    end)

    it("update, down to the commands of its manifest", function()
      shows(encode{ type = "update", token = token, manifest_list = { envelope(signer) } },
        "[0] type: 3 (update)", "9 manifest-list:", "SUIT_Envelope", "2 authentication-wrapper:",
        "algorithm", "COSE_Sign1", "3 manifest: SUIT_Manifest", "2 manifest-sequence-number: 7",
        "5 manifest-component-id: hello/manifest", "2 components: ", "@1 20 override-parameters:",
        "1 vendor-identifier: h'0101", "3 image-digest:", "-16 (SHA-256)", "14 image-size: 7", "20 install:",
        "21 fetch: 2 (record-failure)", '21 uri: "#0"', "24 uninstall:", "33 unlink:")
    end)

    it("success", function()
      shows(encode{ type = "success", token = token, msg = "done" }, "[0] type: 4 (success)", '10 msg: "done"')
    end)

    it("error", function()
      shows(encode{ type = "error", token = token, err_code = "manifest_processing_failed", err_msg = "disk full",
        err_lang = "en" }, "[0] type: 5 (error)", '11 err-msg: "disk full"', '21 err-lang: "en"',
        "[2] err-code: 11 (manifest-processing-failed)")
    end)
  end)

  describe("asked for draft 25", function()
    local V25 = { wire = "v25" }

    it("shows its numbers with their names", function()
      for name, wanted in pairs{
        ["query-response"] = { "[0] type: 2 (query-response)", "20 token:", "8 tc-list:", "14 requested-tc-list:",
          "16 component-id: c", "17 tc-manifest-sequence-number: 7", "18 have-binary: true", "15 unneeded-manifest-list:" },
        update = { "[0] type: 3 (update)", "20 token:", "10 manifest-list:", "23 err-code: 17 (manifest-processing-failed)" },
        success = { "TEEP success", "[0] type: 5 (success)", '11 msg: "done"', "20 token:" },
        error = { "TEEP error", "[0] type: 6 (error)", '12 err-msg: "why"', "[2] err-code: 17 (manifest-processing-failed)" },
      } do
        local text = view(unhex(kept.v25[name]), V25)
        for _, part in ipairs(wanted) do assert.matches(part, text, 1, true) end
      end
    end)

    it("throws at a dialect that does not exist", function()
      assert.error_matches(function() inspect.view("\x82\4\xa0", { wire = "v24" }) end, "v24")
      assert.error_matches(function() inspect.view("\x82\4\xa0", { wier = "v25" }) end, "wier")
    end)
  end)

  it("names nothing of a message that fits the other draft alone, and says which (A-01)", function()
    for _, way in ipairs{ { "v25", "v26", 25, 26 }, { "v26", "v25", 26, 25 } } do
      for name, text in pairs(kept[way[1]]) do
        local payload = unhex(text)
        local wanted = ("TEEP message with numbers of draft %d, not %d: see --wire %s"):format(way[3], way[4], way[1])
        for _, input in ipairs{ payload, assert(cose.sign1{ key = signer, payload = payload }) } do
          local shown = view(input, { wire = way[2] })
          assert.matches(wanted, shown, 1, true)
          assert.is_nil(shown:find("token", 1, true), name)
          assert.is_nil(shown:find("type", 1, true), name)
        end
      end
    end
  end)

  it("shows a message that fits neither draft by the numbers asked for", function()
    local broken = cbor.encode(cbor.array{ 4, cbor.map{ { 19, "short" } } })
    assert.matches("19 token:", view(broken), 1, true)
  end)

  it("opens the payload of a signed message without trusting it", function()
    local payload = encode{ type = "success", token = token }
    local signed = assert(cose.sign1{ key = signer, payload = payload })
    local wanted = { "tag 18 (COSE_Sign1)", "1 alg: -9 (ESP256)", "4 kid: h'", "payload: TEEP success", "signature: h'" }
    shows(signed, table.unpack(wanted))
    local forged = signed:sub(1, -2) .. string.char(signed:byte(-1) ~ 1)
    shows(forged, table.unpack(wanted))
    shows(assert(cose.sign1{ key = signer, payload = payload, untagged = true }), "COSE_Sign1", "TEEP success")
  end)

  it("shows what is encrypted and for whom, and MACs", function()
    local recipient = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" })
    local public = assert(key.load(recipient:public()))
    local made = assert(suit.encrypt("payload", { recipients = { public } }))
    shows(made.info, "tag 96 (COSE_Encrypt)", "1 alg: 1 (A128GCM)", "5 IV: h'", "[2] ciphertext: null", "[3] recipients:",
      "1 alg: -29 (ECDH-ES+A128KW)", "-1 ephemeral key: COSE_Key", "-1 crv: 1 (P-256)", "[2] wrapped key: h'")
    shows(assert(cose.mac0{ key = assert(key.generate{ algorithm = "HMAC-256" }), payload = "p" }),
      "tag 17 (COSE_Mac0)", "1 alg: 5 (HMAC-256)", "[3] tag: h'")
  end)

  it("tells where each value begins", function()
    local bytes = envelope(signer)
    for _, line in ipairs(assert(inspect.view(bytes, { offsets = true }))) do
      local offset, shown = line:match "^ *(%d+) .*: h'(%x+)'$"
      if offset then
        local found = hex(bytes:sub(offset + 1, offset + 3 + #shown // 2))
        assert.truthy(found:find(shown, 1, true), line)
      end
    end
    assert.matches("^        not verified", inspect.view(bytes, { offsets = true })[1])
  end)

  it("shows every signer of a COSE_Sign", function()
    local lacking = providers.lack "Ed25519"
    if lacking then return pending(lacking) end
    local other = assert(key.generate{ algorithm = "Ed25519" })
    shows(assert(cose.sign{ keys = { signer, other }, payload = encode{ type = "success", token = token } }),
      "tag 98 (COSE_Sign)", "-9 (ESP256)", "-19 (Ed25519)", "TEEP success")
  end)

  it("shows an envelope, tagged or not, signed or not", function()
    shows(envelope(), "SUIT_Envelope", "2 manifest-sequence-number: 7")
    shows(envelope(signer), "SUIT_Envelope", "authentication-block: ", "COSE_Sign1")
    shows("\xd8\x6b" .. envelope(signer), "tag 107 (SUIT_Envelope)", "2 manifest-sequence-number: 7")
  end)

  it("shows a public key and never the private part of a private one", function()
    shows(signer:public(), "COSE_Key", "1 kty: 2 (EC2)", "-1 crv: 1 (P-256)", "-2 x: h'")
    local text = shows(signer:private(), "-4 d: (secret, not shown)")
    local private = cbor.decode(signer:private()):get(-4)
    assert.is_nil(text:find(hex(private), 1, true))
    assert.is_nil(text:find(hex(private:sub(1, 4)), 1, true))
  end)

  it("shortens long byte strings unless all is wanted", function()
    local bytes = encode{ type = "update", token = token, manifest_list = { ("\xff"):rep(300) } }
    assert.matches("... (300 bytes)", view(bytes):gsub("'", ""), 1, true)
    assert.matches(("ff"):rep(300), view(bytes, { full = true }), 1, true)
  end)

  it("never throws and shows printable ASCII only, whichever byte of its input is another one", function()
    local envelopes = { envelope(signer) }
    local inputs = { signer:public(), encode{ type = "update", token = token, manifest_list = envelopes },
      assert(cose.sign1{ key = signer, payload = encode{ type = "error", token = token, err_code = "temporary_error" } }),
      encode{ type = "query-response", token = token, requested_tc_list = { { component_id = { "a" } } } } }
    local seen = 0
    for _, input in ipairs(inputs) do
      for at = 1, #input do
        for _, other in ipairs{ 0x00, 0x40, 0x80, 0xa0, 0xf6, input:byte(at) ~ 1, input:byte(at) ~ 0x20 } do
          local lines = inspect.view(input:sub(1, at - 1) .. string.char(other) .. input:sub(at + 1))
          for _, line in ipairs(lines or {}) do assert.is_nil(line:find "[^ -~]") end
          if lines then seen = seen + 1 end
        end
      end
    end
    assert.is_true(seen > #inputs)
  end)

  it("bears byte strings nested in byte strings deeper than it opens", function()
    local bytes = cbor.encode(cbor.array{ 1 })
    for _ = 1, 100 do
      bytes = cbor.encode(cbor.array{ cbor.encode(cbor.map{}), cbor.map{}, bytes, "signature" })
    end
    assert.truthy(inspect.view(bytes))
  end)
end)
