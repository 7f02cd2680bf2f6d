local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local hex <const> = require "teep.hex"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

describe("teep.suit.explain_report", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  local function verified(envelope) return assert(suit.verify(envelope, { keys = raw.trusted })) end

  -- What a TAM says that has the report, and the manifest or not.
  local function explained(envelope, options)
    local report <const> = assert(suit.read_report(suit.report(sim:process(envelope, options))))
    return suit.explain_report(report, verified(envelope)), suit.explain_report(report)
  end

  local function short(bytes) return "SHA-256 " .. hex.encode(crypto.digest("SHA-256", bytes):sub(1, 16)) .. ".." end

  it("says ok", function() assert.equal("ok", explained(raw.make())) end)

  it("tells command, component, what was found, what was expected and what to do", function()
    local wanted <const> = ("x"):rep(#raw.payload)
    local full <const>, without <const> = explained(raw.make{
      shared = raw.sequence(20, raw.image(wanted)), fields = { [20] = raw.sequence(20, raw.uri "#0", 21, 0, 3, 15) },
    })
    local found <const> = short(raw.payload) .. ", 13 bytes"
    assert.equal("condition failed: install at byte 9, component 0 (hello/app): image-match (3): found " .. found
      .. ", expected " .. short(wanted) .. ", 13 bytes. The payload is not the one the manifest was signed for: "
      .. "provide that one, or sign a manifest for this.", full)
    assert.equal("condition failed: install at byte 9, component 0: found " .. found .. ". Bring the device into the "
      .. "state that the condition asks for, or correct the manifest.", without)
  end)

  it("tells a command of the shared sequence from one of the section at the same offset", function()
    local text <const> = explained(raw.make{
      shared = raw.sequence(20, raw.map{ [1] = ("o"):rep(16) }, 1, 15),
      fields = { [20] = raw.sequence(20, raw.map{ [21] = require("teep.cbor").text(("u"):rep(14)) }, 21, 15) },
    })
    assert.matches("component 0 (hello/app): vendor-identifier (1): found 76767676-7676-7676-7676-767676767676, "
      .. "expected 6f6f6f6f-6f6f-6f6f-6f6f-6f6f6f6f6f6f. The manifest is made for devices of another vendor", text, 1, true)
  end)

  it("expects what was set for that component, not for another", function()
    local text <const> = explained(raw.make{
      components = { { "a" }, { "b" } }, shared = false,
      fields = { [24] = false, [20] = raw.sequence(12, 0, 20, raw.image("for a"), 12, 1, 20, raw.image("not b"), 12, true,
        20, raw.uri "#0", 12, 1, 20, raw.map{ [14] = 20 }, 21, 2, 3, 2) },
    })
    assert.matches("component 1 (b): image-match (3)", text, 1, true)
    assert.matches("expected " .. short "not b" .. ", 20 bytes", text, 1, true)
  end)

  it("explains a failed removal", function()
    local text <const> = explained(raw.make{ fields = { [24] = raw.sequence(33, 15, 3, 15) } }, { procedure = "uninstall" })
    assert.matches("uninstall at byte 4, component 0 (hello/app): image-match (3). The payload", text, 1, true)
  end)

  it("explains a refusal before the first command", function()
    assert.equal("command unsupported: before the first command. The manifest installs nothing: give it an install section.",
      (explained(raw.make{ fields = { [20] = false } })))
  end)

  it("says what a manifest lacks whose payload was compared with nothing, and what a limit is about", function()
    local unconfirmed <const> = explained(raw.make{ fields = { [20] = raw.sequence(20, raw.uri "#0", 21, 2) } })
    assert.equal("unauthorised: install at byte 7, component 0 (hello/app): fetch (21). "
      .. "State the image-digest and have image-match check it after the payload is stored.", unconfirmed)
    local limited <const> = explained(raw.make(), { limits = { payload_bytes = 12 } })
    assert.matches("fetch (21). The manifest asks for more than the device allows", limited, 1, true)
  end)

  it("gives advice by our error code only where it fits the reason of the report", function()
    local failure <const> = { reason = 4, code = require("teep.errors").numbers.rollback,
      record = { manifest_id = {}, section = 0, offset = 0, component_index = 0, parameters = {} } }
    assert.matches("raise the sequence number", suit.explain_report{ failure = failure })
    failure.reason = 3
    assert.matches("Use algorithms the device has", suit.explain_report{ failure = failure })
  end)

  it("knows neither section nor reason of a later draft, and says no more than that", function()
    assert.equal("reason 99: section 77 at byte 5, component 2 of dependency 1 of dependency 3.", suit.explain_report{
      failure = { reason = 99, code = 0,
        record = { manifest_id = { 3, 1 }, section = 77, offset = 5, component_index = 2, parameters = {} } },
    })
  end)

  it("names nothing of the manifest for a failure in one of its dependencies", function()
    local text <const> = suit.explain_report({
      failure = { reason = 10, code = 0,
        record = { manifest_id = { 1 }, section = 20, offset = 1, component_index = 0, parameters = {} } },
    }, verified(raw.make()))
    assert.matches("install at byte 1, component 0 of dependency 1. ", text, 1, true)
  end)

  it("shows 128 bytes of a measured text", function()
    local text <const> = suit.explain_report{
      failure = { reason = 11, code = 0, record = { manifest_id = {}, section = 20, offset = 1, component_index = 0,
        parameters = { uri = ("u"):rep(1000) } } },
    }
    assert.equal(128, #text:match "uu+")
  end)

  it("is one line of printable ASCII, whatever a device measures", function()
    local text <const> = suit.explain_report{
      failure = { reason = 11, code = 0,
        record = { manifest_id = {}, section = 20, offset = 1, component_index = 0,
          parameters = { uri = "a\n\27[31m\u{202E}", vendor_identifier = "\0\1" } } },
    }
    assert.is_nil(text:find("[^\x20-\x7E]"))
    assert.matches("found 0001, a??[31m???", text, 1, true)
  end)
end)
