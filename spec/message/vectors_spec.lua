-- The five messages of the protocol draft, -26 numbers (ietf-teep/teep-protocol, branch renumbering, cbor/).
local cbor <const> = require "teep.cbor"
local message <const> = require "teep.message"

local vectors <const> = require "fixtures.suit_vectors"

local V26 <const> = { wire = "v26" }
local unhex <const> = vectors.unhex

local token <const> = unhex "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"

local expected <const> = {
  query_request = function(decoded)
    assert.equal("query-request", decoded.type)
    assert.same({ attestation = true, trusted_components = true }, decoded.data_item_requested)
    assert.same({ 0 }, decoded.versions)
    assert.same({ { { cose_type = 18, algorithm = -9 } }, { { cose_type = 18, algorithm = -19 } } },
      decoded.supported_teep_cipher_suites)
    assert.same({ digest = -16, authentication = -19, key_exchange = -29, encryption = 24 },
      decoded.supported_suit_cose_profiles[4])
  end,
  query_response = function(decoded)
    assert.equal("query-response", decoded.type)
    assert.equal(0, decoded.selected_version)
    assert.equal("", decoded.attestation_payload)
    assert.same({ {
      component_id = { unhex "0102030405060708090a0b0c0d0e0f" },
      image_digest = {
        algorithm = -16, bytes = unhex "a7fd6593eac32eb4be578278e6540c5c09cfd7d4d234973054833b2b93030609",
      },
    } }, decoded.tc_list)
  end,
  update = function(decoded)
    assert.equal("update", decoded.type)
    assert.equal(1, #decoded.manifest_list)
    assert.equal(334, #decoded.manifest_list[1])
  end,
  teep_success = function(decoded) assert.same({ type = "success", token = token }, decoded) end,
  teep_error = function(decoded)
    assert.same({ type = "error", token = token, err_msg = "disk-full", err_code = "manifest_processing_failed" },
      decoded)
  end,
}

describe("the draft's vectors", function()
  for name, check in pairs(expected) do
    local bytes <const> = vectors.example(name)
    if not bytes then
      pending(name .. ": " .. vectors.absent)
    else
      it("decode: " .. name, function()
        local decoded <const> = assert(message.decode(bytes, V26))
        assert.equal(token, decoded.token)
        check(decoded)
      end)

      it("encode to the same bytes, with sorted keys: " .. name, function()
        local decoded <const>, sorted = assert(message.decode(bytes, V26)), bytes
        -- This one breaks the prose: token and attestation together (A-02).
        if name == "query_request" then
          local encoded <const>, _, code = message.encode(decoded, V26)
          assert.is_nil(encoded)
          assert.equal("forbidden_field", code)
          decoded.data_item_requested.attestation = nil
          sorted = bytes:sub(1, -2) .. "\2"
        end
        assert.equal(cbor.encode(assert(cbor.decode(sorted))), message.encode(decoded, V26))
      end)
    end
  end
end)
