-- The examples of cose-wg/Examples, for the algorithms there are here.
local cose = require "teep.cose"
local examples = require "fixtures.cose_examples"

-- What each example that has to fail fails with.
local failures <const> = {
  ["sign-tests/sign-fail-01"] = "not_cose", ["sign-tests/sign-fail-02"] = "bad_signature",
  ["sign-tests/sign-fail-03"] = "algorithm_not_allowed", ["sign-tests/sign-fail-04"] = "algorithm_not_allowed",
  ["sign-tests/sign-fail-06"] = "bad_signature", ["sign-tests/sign-fail-07"] = "bad_signature",
  ["mac0-tests/mac-fail-01"] = "not_cose", ["mac0-tests/mac-fail-02"] = "bad_signature",
  ["mac0-tests/mac-fail-03"] = "algorithm_not_allowed", ["mac0-tests/mac-fail-04"] = "algorithm_not_allowed",
  ["mac0-tests/mac-fail-06"] = "bad_signature", ["mac0-tests/mac-fail-07"] = "bad_signature",
  ["hmac-examples/HMac-04"] = "bad_signature", ["hmac-examples/HMac-enc-04"] = "bad_signature",
  ["aes-gcm-examples/aes-gcm-04"] = "bad_signature", ["aes-gcm-examples/aes-gcm-enc-04"] = "bad_signature",
}

-- Right by RFC 9052, and refused here: they state the algorithm in the unprotected header alone (D10).
local unprotected <const> = {
  ["mac0-tests/mac-pass-01"] = true, ["mac0-tests/mac-pass-02"] = true, ["mac0-tests/mac-pass-03"] = true,
}

local function check(example)
  return cose[example.check](example.bytes, {
    keys = example.keys, algorithms = example.algorithms, external_aad = example.external_aad, iv = example.iv,
  })
end

describe("the examples of cose-wg/Examples:", function()
  local all <const> = examples.all()
  if not all then
    pending("skipped: the public vectors are not beside this checkout (" .. examples.root .. ")")
    return
  end

  local used, skipped, reasons = 0, 0, {}
  for _, example in ipairs(all) do
    if example.skipped then
      skipped = skipped + 1
      reasons[example.skipped] = (reasons[example.skipped] or 0) + 1
    elseif unprotected[example.name] then
      used = used + 1
      it("refuses the unprotected algorithm of " .. example.path .. " (D10)", function()
        local result, _, code = check(example)
        assert.is_nil(result)
        assert.are.equal("algorithm_not_allowed", code)
      end)
    else
      used = used + 1
      it((example.fail and "refuses " or "opens ") .. example.path, function()
        local result, _, code = check(example)
        if example.fail then
          assert.is_nil(result)
          assert.are.equal(assert(failures[example.name]), code)
        else
          assert.is_truthy(result, code)
          assert.are.equal(example.content, result.payload or result.plaintext)
        end
      end)
    end
  end

  local sorted <const> = {}
  for reason, count in pairs(reasons) do sorted[#sorted + 1] = ("%d: %s"):format(count, reason) end
  table.sort(sorted)
  pending(("%d used, %d skipped (%s)"):format(used, skipped, table.concat(sorted, "; ")))

  it("are all there", function()
    assert.are.equal(#all, used + skipped)
    assert.are.equal(100, #all)
    assert.is_true(used >= 54)
  end)
end)
