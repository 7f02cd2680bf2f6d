local cbor <const> = require "teep.cbor"
local outcome <const> = require "agent.outcome"
local scene <const> = require "agent.scene"

local succeeded <const> = outcome.succeeded

describe("teep.agent.update", function()
  teardown(scene.clean)

  describe("without manifests", function()
    it("succeeds and remembers what the TAM reports (T-049, A-11)", function()
      local device = scene.new()
      succeeded(device:update(nil, { err_code = "attestation_required", err_msg = "who are you", err_lang = "x-klingon" }))
      assert.equal("attestation_required", device:event("update_error").err_code)
      assert.equal("who are you", device.agent:status().update_error.err_msg)
    end)

    it("hands on the language of the report, whatever it is (T-046, T-048, A-14)", function()
      local device = scene.new()
      local options = cbor.map { { 11, cbor.text "nuqneH" }, { 21, cbor.text "x-klingon" }, { 22, 10 } }
      succeeded(device:receive(scene.raw(cbor.array { 3, options })))
      assert.same({ err_code = "temporary_error", err_msg = "nuqneH", err_lang = "x-klingon" },
        device:event "update_error")
    end)

    it("takes an error code it does not know (T-063)", function()
      local device = scene.new()
      succeeded(device:receive(scene.raw(cbor.array { 3, cbor.map { { 22, 200 } } })))
      assert.equal(200, device:event("update_error").err_code)
    end)

    it("reads past an attestation payload", function()
      succeeded(scene.new():update(nil, { attestation_payload = "passport" }))
    end)
  end)
end)
