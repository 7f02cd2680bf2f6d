-- What the certificates of an x5chain may be used for (RFC 5280 sections 4.2.1 and 6.1.4).
-- spec/fixtures/cose_vectors.py made them: root signs each middle, a middle signs each leaf.
local cose = require "teep.cose"
local key = require "teep.key"
local providers = require "fixtures.providers"
local vectors = require "fixtures.cose_vectors"
local unhex = require("fixtures.bytes").unhex

local signing <const>, server <const>, ours <const> = "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.32473.1"
local any <const> = "2.5.29.37.0"

local now <const> = os.time{ year = 2026, month = 6, day = 1, hour = 12 }

local function certificates(names)
  local found <const> = {}
  for i, name in ipairs(names) do found[i] = unhex(vectors.certificates[name]) end
  return found
end

local function verify(chain, purposes, anchors)
  local leaf <const> = assert(key.load(unhex(vectors.certificate_keys.leaf)))
  local message <const> = assert(cose.sign1{ key = leaf, payload = "p", x5chain = certificates(chain) })
  return cose.verify(message, { keys = {}, algorithms = { "ESP256" },
    certificates = { anchors = certificates(anchors or { "root" }), time = now, extended_key_usage = purposes } })
end

local function code_of(...) return (select(3, verify(...))) end

describe("x5chain", function()
  if not providers.all:find "openssl" then
    pending "skipped: no crypto provider in use validates certificates"
    return
  end

  it("throws for extended key usages that are none", function()
    for _, wrong in ipairs{ {}, { "serverAuth" }, { "" }, { 1 }, { signing, {} }, { "1.3." }, { "1.3\0.4" } } do
      assert.has_error(function() verify({ "leaf", "middle" }, wrong) end)
    end
    local many <const> = {}
    for i = 1, 8 do many[i] = i == 8 and signing or ours end
    assert.is_truthy(verify({ "leaf_for_signing", "middle" }, many))
    many[9] = signing
    assert.has_error(function() verify({ "leaf_for_signing", "middle" }, many) end)
  end)

  describe("with a purpose asked for", function()
    it("refuses a leaf for other purposes, critical or not", function()
      assert.are.equal("wrong_key", code_of({ "leaf_for_servers", "middle" }, { signing }))
      assert.are.equal("wrong_key", code_of({ "leaf_for_signing", "middle" }, { server, ours }))
      assert.are.equal("wrong_key", code_of({ "leaf_for_ours", "middle" }, { signing }))
      assert.are.equal("wrong_key", code_of({ "leaf_for_ours", "middle" }, { ours .. ".1" }))
    end)

    it("refuses a leaf that names no purpose", function()
      assert.are.equal("wrong_key", code_of({ "leaf", "middle" }, { signing }))
      assert.are.equal("wrong_key", code_of({ "leaf", "middle" }, { any }))
    end)

    it("takes a leaf for one of those, or for any", function()
      assert.is_truthy(verify({ "leaf_for_signing", "middle" }, { ours, signing }))
      assert.is_truthy(verify({ "leaf_for_signing_critical", "middle" }, { signing }))
      assert.is_truthy(verify({ "leaf_for_ours", "middle" }, { ours }))
      assert.is_truthy(verify({ "leaf_for_any", "middle" }, { ours }))
    end)

    it("refuses an issuer for other purposes", function()
      assert.are.equal("certificate_untrusted", code_of({ "leaf_for_signing", "middle_for_servers" }, { signing }))
      assert.are.equal("certificate_untrusted",
        code_of({ "leaf_for_ours", "middle_for_signing" }, { ours, signing }), "no purpose that both have")
      assert.is_truthy(verify({ "leaf_for_signing", "middle_for_signing" }, { signing }))
      assert.is_truthy(verify({ "leaf_for_signing", "middle_for_any" }, { signing }))
    end)

    it("does not ask an anchor for purposes", function()
      assert.is_truthy(verify({ "leaf_for_signing" }, { signing }, { "middle_for_servers" }))
      assert.are.equal("wrong_key", code_of({ "leaf_for_servers" }, { signing }, { "leaf_for_servers" }))
    end)
  end)

  describe("without a purpose asked for", function()
    it("refuses a leaf that is limited to purposes", function()
      for _, name in ipairs{ "leaf_for_servers", "leaf_for_signing", "leaf_for_signing_critical", "leaf_for_ours" } do
        assert.are.equal("wrong_key", code_of{ name, "middle" })
      end
      assert.are.equal("certificate_untrusted", code_of{ "leaf", "middle_for_servers" })
    end)

    it("takes a leaf for any purpose", function()
      assert.is_truthy(verify{ "leaf_for_any", "middle" })
      assert.is_truthy(verify{ "leaf", "middle_for_any" })
    end)
  end)

  it("needs digitalSignature in a key usage, whatever the purposes", function()
    assert.are.equal("wrong_key", code_of{ "leaf_for_any_agreement", "middle" })
    assert.are.equal("wrong_key", code_of({ "leaf_for_any_agreement", "middle" }, { signing }))
    assert.are.equal("wrong_key", code_of{ "leaf_commitment", "middle" })
  end)

  it("refuses malformed purposes", function()
    assert.are.equal("bad_certificate", code_of{ "leaf_broken_purposes", "middle" })
    assert.are.equal("bad_certificate", code_of({ "leaf_broken_purposes", "middle" }, { signing }))
  end)

  it("refuses critical extensions that are not known, in leaf and issuer", function()
    assert.are.equal("certificate_untrusted", code_of{ "leaf_unknown_critical", "middle" })
    assert.are.equal("certificate_untrusted", code_of{ "leaf", "middle_unknown_critical" })
    assert.is_truthy(verify{ "leaf_unknown", "middle" })
  end)

  it("needs basicConstraints and keyCertSign of an issuer (RFC 5280 6.1.4 k, n)", function()
    assert.are.equal("certificate_untrusted", code_of{ "leaf", "middle_usage_alone" })
    assert.are.equal("certificate_untrusted", code_of{ "leaf", "middle_no_cert_sign" })
    assert.are.equal("certificate_untrusted", code_of{ "leaf", "middle_no_authority" })
  end)

  it("heeds the path length of each issuer (RFC 5280 6.1.4 l, m)", function()
    assert.is_truthy(verify{ "leaf", "middle_last" })
    assert.are.equal("certificate_untrusted", code_of{ "leaf", "middle_of_upper", "upper_last" })
    assert.is_truthy(verify{ "leaf", "middle_of_upper", "upper" })
  end)

  it("heeds name constraints (RFC 5280 section 4.2.1.10)", function()
    assert.are.equal("certificate_untrusted", code_of{ "leaf", "middle_names_others" })
    assert.is_truthy(verify{ "leaf", "middle_names_leaf" })
  end)

  it("trusts a self-signed leaf that is an anchor, no other", function()
    assert.are.equal("certificate_untrusted", code_of{ "leaf_self_signed" })
    assert.are.equal("certificate_untrusted", code_of({ "leaf_self_signed", "root" }, nil, { "root" }))
    assert.is_truthy(verify({ "leaf_self_signed" }, nil, { "leaf_self_signed" }))
  end)

  it("takes a certificate that is there twice", function()
    assert.is_truthy(verify{ "leaf", "middle", "middle" })
    assert.is_truthy(verify{ "leaf", "leaf", "middle" })
    assert.is_truthy(verify({ "leaf", "middle" }, nil, { "root", "root" }))
    assert.are.equal("certificate_untrusted", code_of{ "leaf", "leaf" })
  end)
end)
