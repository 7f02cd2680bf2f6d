-- x5chain (RFC 9360). spec/fixtures/cose_vectors.py made the certificates: root and middle sign leaf.
local bytes = require "fixtures.bytes"
local cose = require "teep.cose"
local crypto = require "teep.crypto"
local key = require "teep.key"
local providers = require "fixtures.providers"
local vectors = require "fixtures.cose_vectors"

local array, bstr, flip, int, map, unhex = bytes.array, bytes.bstr, bytes.flip, bytes.int, bytes.map, bytes.unhex

local certificates <const> = {}
for name, text in pairs(vectors.certificates) do certificates[name] = unhex(text) end

local function time(year) return os.time{ year = year, month = 6, day = 1, hour = 12 } end

local now <const> = time(2026)

local function code_of(_, _, code) return code end

local function list(...)
  local found <const> = {}
  for i, name in ipairs{ ... } do found[i] = certificates[name] end
  return found
end

local function leaf(name) return assert(key.load(unhex(vectors.certificate_keys[name or "leaf"]))) end

local function sign(chain, signer) return assert(cose.sign1{ key = signer or leaf(), payload = "p", x5chain = chain }) end

local function accepted(more)
  local given <const> = { keys = {}, algorithms = { "ESP256" }, certificates = { anchors = list "root", time = now } }
  for name, value in pairs(more or {}) do given[name] = value end
  return given
end

local function verify(chain, anchors, at)
  return cose.verify(sign(chain), accepted{ certificates = { anchors = anchors or list "root", time = at or now } })
end

-- A Sign1 whose x5chain is `chain`, encoded already; nobody has signed it.
local function unsigned(chain, unprotected)
  local alg <const> = { int(1), int(-9) }
  local protected <const> = unprotected and map(table.unpack(alg)) or map(alg[1], alg[2], "\x18\x21", chain)
  return array(bstr(protected), unprotected and map("\x18\x21", chain) or map(), bstr "p", bstr(("s"):rep(64)))
end

local validator <const> = providers.all:find "openssl"

describe("x5chain", function()
  if not validator then
    pending "skipped: no crypto provider in use validates certificates"
    return
  end

  it("throws for what is not asked for rightly", function()
    local message <const> = sign(list("leaf", "middle"))
    assert.has_error(function() sign{} end)
    assert.has_error(function() sign{ 1, 2, {} } end)
    assert.has_error(function() cose.sign{ keys = { leaf() }, payload = "p", x5chain = list "leaf" } end)
    assert.has_error(function() cose.verify(message, accepted{ certificates = {} }) end)
    assert.has_error(function() cose.verify(message, accepted{ certificates = { anchors = {} } }) end)
    assert.has_error(function() cose.verify(message, accepted{ certificates = { anchors = { 1, {} }, time = 0 } }) end)
    assert.has_error(function() cose.verify(message, accepted{ certificates = { anchors = {}, time = 0.5 } }) end)
    assert.has_error(function() cose.verify(message, accepted{ certificates = { anchors = {}, time = 0, roots = {} } }) end)
  end)

  it("tells expired, not yet valid and untrusted apart", function()
    local chain <const> = list("leaf", "middle")
    assert.are.equal("certificate_not_yet_valid", code_of(verify(chain, nil, time(2023))))
    assert.are.equal("certificate_expired", code_of(verify(chain, nil, time(2035))))
    assert.are.equal("certificate_untrusted", code_of(verify(chain, list "stranger")))
    assert.are.equal("certificate_untrusted", code_of(verify(chain, list "false_root")))
    assert.are.equal("certificate_expired", code_of(verify(list("leaf", "middle_expired"))))
    assert.is_truthy(verify(chain))
  end)

  it("needs the whole path, and an anchor", function()
    assert.are.equal("certificate_untrusted", code_of(verify(list "leaf")))
    assert.are.equal("certificate_untrusted", code_of(verify(list("leaf_of_stranger", "middle"))))
    assert.are.equal("certificate_untrusted", code_of(verify(list("leaf_of_stranger", "stranger"))))
    assert.are.equal("certificate_untrusted", code_of(verify(list("leaf", "middle", "root"), list "stranger")))
    assert.are.equal("unknown_key", code_of(verify(list("leaf", "middle"), {})))
  end)

  it("needs an authority to sign certificates", function()
    assert.are.equal("certificate_untrusted", code_of(verify(list("leaf", "middle_no_authority"))))
  end)

  it("needs a leaf for signatures", function()
    assert.are.equal("wrong_key", code_of(verify(list("leaf_for_agreement", "middle"))))
    assert.is_truthy(verify(list("leaf_without_usage", "middle")))
  end)

  it("needs a leaf for the algorithm of the message (D10)", function()
    local message = sign(list("leaf", "middle"), leaf "leaf_ed25519")
    assert.are.equal("bad_key", code_of(cose.verify(message, accepted{ algorithms = { "Ed25519" } })))
    message = sign(list("leaf_ed25519", "middle"), leaf "leaf_ed25519")
    assert.are.equal("algorithm_not_allowed", code_of(cose.verify(message, accepted())))
    local verified <const> = assert(cose.verify(message, accepted{ algorithms = { "Ed25519" } }))
    assert.are.equal("Ed25519", verified.algorithm)
  end)

  it("needs the signature of the leaf", function()
    local message <const> = sign(list("leaf", "middle"), (assert(key.generate{ algorithm = "ESP256" })))
    assert.are.equal("bad_signature", code_of(cose.verify(message, accepted())))
  end)

  it("refuses malformed certificates", function()
    local good <const> = certificates.leaf
    for _, bad in ipairs{ "", "x", good .. "\0", good:sub(1, -2), good:sub(2) } do
      assert.are.equal("bad_certificate", code_of(verify{ bad, certificates.middle }))
      assert.are.equal("bad_certificate", code_of(verify{ good, bad }))
      assert.are.equal("bad_certificate", code_of(verify(list("leaf", "middle"), { bad })))
    end
  end)

  it("refuses a certificate changed at any byte", function()
    for position = 1, #certificates.leaf, 3 do
      assert.is_nil(verify{ flip(certificates.leaf, position, 1), certificates.middle })
    end
    for position = 1, #certificates.middle, 3 do
      assert.is_nil(verify{ certificates.leaf, flip(certificates.middle, position, 1) })
    end
  end)

  it("takes certificates of 8192 bytes, no larger ones", function()
    assert.are.equal("bad_certificate", code_of(verify{ ("c"):rep(8192) }))
    assert.are.equal("too_large", code_of(verify{ ("c"):rep(8193) }))
    assert.are.equal("too_large", code_of(verify(list("leaf", "middle"), { ("c"):rep(8193) })))
  end)

  it("takes 8 certificates and 64 anchors, no more", function()
    local chain <const> = list("leaf", "middle")
    while #chain < 8 do chain[#chain + 1] = certificates.stranger end
    assert.is_truthy(verify(chain))
    local nine <const> = { table.unpack(chain) }
    nine[9] = certificates.stranger
    assert.has_error(function() sign(nine) end)
    for i, certificate in ipairs(nine) do nine[i] = bstr(certificate) end
    assert.are.equal("limit_reached", code_of(cose.verify(unsigned(array(table.unpack(nine))), accepted())))
    local anchors <const> = list "root"
    while #anchors < 64 do anchors[#anchors + 1] = certificates.stranger end
    assert.is_truthy(verify(chain, anchors))
    anchors[65] = certificates.stranger
    assert.has_error(function() verify(chain, anchors) end)
  end)

  it("has one certificate or an array of at least two (RFC 9360 section 2)", function()
    local one <const> = bstr(certificates.leaf)
    for _, unprotected in ipairs{ false, true } do
      for _, wrong in ipairs{ array(), array(one), int(1), map(), array(one, int(1)), array(one, array(one, one)) } do
        assert.are.equal("bad_header", code_of(cose.verify(unsigned(wrong, unprotected), accepted())))
      end
      assert.are.equal("certificate_untrusted", code_of(cose.verify(unsigned(one, unprotected), accepted())))
    end
  end)

  it("is skipped without anchors, unless it is critical", function()
    local message <const> = sign(list("leaf", "middle"))
    local known <const> = { keys = { leaf() }, algorithms = { "ESP256" } }
    assert.is_nil(assert(cose.verify(message, known)).x5chain)
    known.keys = {}
    assert.are.equal("unknown_key", code_of(cose.verify(message, known)))
    local critical <const> = map(int(1), int(-9), int(2), array "\x18\x21", "\x18\x21", bstr(certificates.leaf))
    local body <const> = array(bstr(critical), map(), bstr "p", bstr(("s"):rep(64)))
    known.keys = { leaf() }
    assert.are.equal("critical_header", code_of(cose.verify(body, known)))
    known.all = true
    assert.are.equal("critical_header", code_of(cose.verify(body, known)))
    local several <const> = array(bstr(critical), map(), bstr "p", array(array(bstr "", map(), bstr "s")))
    assert.are.equal("critical_header", code_of(cose.parse(several)))
  end)

  it("counts where it is critical, whatever keys are known", function()
    local message <const> = unhex(vectors.certified.critical)
    local expired <const> = { anchors = list "root", time = time(2040) }
    assert.are.equal("certificate_expired",
      code_of(cose.verify(message, accepted{ keys = { leaf() }, certificates = expired })))
    assert.is_truthy(assert(cose.verify(message, accepted{ keys = { leaf() } })).x5chain)
    local other <const> = assert(key.load(unhex(vectors.keys.esp256)))
    local misleading <const> = unhex(vectors.certified.critical_under_another_key)
    assert.are.equal("bad_signature", code_of(cose.verify(misleading, accepted{ keys = { other } })))
  end)

  it("is read from the unprotected bucket as well", function()
    local verified <const> = assert(cose.verify(unhex(vectors.certified.unprotected), accepted()))
    assert.are.same(list("leaf", "middle"), verified.x5chain)
  end)

  it("gives way to a key that is known", function()
    local verified <const> = assert(cose.verify(sign(list "leaf"), accepted{ keys = { leaf() } }))
    assert.is_nil(verified.x5chain)
  end)

  it("hands out key and certificates", function()
    local chain <const> = list("leaf", "middle")
    local verified <const> = assert(verify(chain))
    assert.are.equal("p", verified.payload)
    assert.are.equal(leaf():thumbprint(), verified.kid)
    assert.are.equal("ESP256", verified.key:algorithm())
    assert.is_false(verified.key:can_sign())
    assert.are.same(chain, verified.x5chain)
  end)

  it("ends in any anchor, a root or not", function()
    assert.is_truthy(verify(list("leaf", "middle"), list("stranger", "root")))
    assert.is_truthy(verify(list("leaf", "middle", "root")))
    assert.is_truthy(verify(list "leaf", list "middle"))
    assert.is_truthy(verify(list "leaf_of_root"))
    assert.is_truthy(verify(list "leaf", list "leaf"))
    assert.is_truthy(verify(list("leaf_of_root", "stranger", "middle")))
  end)

  it("is unsupported where no provider validates", function()
    if not providers.all:find "mbedtls" then return end
    assert(crypto.set_order "mbedtls")
    local code <const> = code_of(verify(list("leaf", "middle")))
    assert(crypto.set_order(providers.all))
    assert.are.equal("unsupported", code)
  end)
end)
