-- The signature examples of cose-wg/Examples, for the algorithms there are here.
local bytes = require "fixtures.bytes"
local cjson = require "cjson"
local cose = require "teep.cose"
local crypto = require "teep.crypto"
local key = require "teep.key"
local lfs = require "lfs"

local bstr, int, map, unhex = bytes.bstr, bytes.int, bytes.map, bytes.unhex

local root = "../shared/vectors/cose/"
local folders = { "eddsa-examples", "hashsig", "sign-tests" }

-- What each example that has to fail fails with.
local failures = {
  ["sign-fail-01"] = "not_cose", ["sign-fail-02"] = "bad_signature", ["sign-fail-03"] = "algorithm_not_allowed",
  ["sign-fail-04"] = "algorithm_not_allowed", ["sign-fail-06"] = "bad_signature", ["sign-fail-07"] = "bad_signature",
}

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local function base64url(text)
  local out, bits, count = {}, 0, 0
  for character in text:gmatch(".") do
    bits, count = bits << 6 | alphabet:find(character, 1, true) - 1, count + 6
    if count >= 8 then
      count = count - 8
      out[#out + 1] = string.char(bits >> count & 0xff)
    end
  end
  return table.concat(out)
end

local function coordinate(description, name)
  local hex = description[name .. "_hex"]
  return bstr(hex and unhex(hex) or base64url(description[name]))
end

local served = {}
for _, provider in ipairs(crypto.providers()) do
  for _, algorithm in ipairs(provider.algorithms) do served[algorithm] = true end
end

-- The public COSE_Key of an example, nil when the curve is not served.
local function public_key(description)
  local kid = bstr(description.kid)
  if description.crv == "P-256" then
    return map(int(1), int(2), int(2), kid, int(3), int(-7), int(-1), int(1), int(-2), coordinate(description, "x"),
      int(-3), coordinate(description, "y"))
  elseif description.crv == "Ed25519" and served.EdDSA then
    return map(int(1), int(1), int(2), kid, int(3), int(-8), int(-1), int(6), int(-2), coordinate(description, "x"))
  end
end

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

describe("the signature examples of cose-wg/Examples:", function()
  if not lfs.attributes(root, "mode") then
    pending("skipped: the public vectors are not beside this checkout (" .. root .. ")")
    return
  end

  local used, passed, failed = 0, 0, 0
  for _, path in ipairs(files()) do
    local example = read(root .. path)
    local name = path:match "([^/]+)%.json$"
    local signer = example.input.sign0 or example.input.sign.signers[1]
    local encoded = public_key(signer.key)
    if not encoded then
      pending("skipped " .. path .. ": " .. (signer.key.crv or signer.key.kty) .. " is not served")
    else
      used = used + 1
      it((example.fail and "refuses " or "verifies ") .. path, function()
        local verified, _, code = cose.verify(unhex(example.output.cbor), {
          keys = { assert(key.load(encoded)) }, algorithms = { "ES256", "EdDSA" },
          external_aad = unhex(signer.external or ""),
        })
        if example.fail then
          failed = failed + 1
          assert.is_nil(verified)
          assert.are.equal(assert(failures[name]), code)
        else
          passed = passed + 1
          assert.are.equal(example.input.plaintext, assert(verified).payload)
        end
      end)
    end
  end

  it("were all used, and of both kinds", function()
    assert.are.equal(used, passed + failed)
    assert.are.equal(served.EdDSA and 6 or 4, passed)
    assert.are.equal(6, failed)
  end)
end)
