local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"
local tree <const> = require "fixtures.suit_tree"

describe("teep.suit.explain_report", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  it("says ok", function() assert.equal("ok", sim:explained(raw.make())) end)

  it("tells command, component, what was found, what was expected and what to do", function()
    local wanted <const> = ("x"):rep(#raw.payload)
    local full <const>, without <const> = sim:explained(raw.make{
      shared = raw.sequence(20, raw.image(wanted)), fields = { [20] = raw.sequence(20, raw.uri "#0", 21, 0, 3, 15) },
    })
    local found <const> = raw.shown_digest(raw.payload) .. ", 13 bytes"
    assert.equal("condition failed: install at byte 9, component 0 (hello/app): image-match (3): found " .. found
      .. ", expected " .. raw.shown_digest(wanted) .. ", 13 bytes. The payload is not the one the manifest was signed for: "
      .. "provide that one, or sign a manifest for this.", full)
    assert.equal("condition failed: install at byte 9, component 0: found " .. found .. ". Bring the device into the "
      .. "state that the condition asks for, or correct the manifest.", without)
  end)

  it("tells a command of the shared sequence from one of the section at the same offset", function()
    local text <const> = sim:explained(raw.make{
      shared = raw.sequence(20, raw.map{ [1] = ("o"):rep(16) }, 1, 15),
      fields = { [20] = raw.sequence(20, raw.map{ [21] = cbor.text(("u"):rep(14)) }, 21, 15) },
    })
    assert.matches("component 0 (hello/app): vendor-identifier (1): found 76767676-7676-7676-7676-767676767676, "
      .. "expected 6f6f6f6f-6f6f-6f6f-6f6f-6f6f6f6f6f6f. The manifest is made for devices of another vendor", text, 1, true)
  end)

  it("expects what was set for that component, not for another", function()
    local text <const> = sim:explained(raw.make{
      components = { { "a" }, { "b" } }, shared = false,
      fields = { [24] = false, [20] = raw.sequence(12, 0, 20, raw.image("for a"), 12, 1, 20, raw.image("not b"), 12, true,
        20, raw.uri "#0", 12, 1, 20, raw.map{ [14] = 20 }, 21, 2, 3, 2) },
    })
    assert.matches("component 1 (b): image-match (3)", text, 1, true)
    assert.matches("expected " .. raw.shown_digest "not b" .. ", 20 bytes", text, 1, true)
  end)

  it("explains a failed removal", function()
    local text <const> = sim:explained(raw.make{ fields = { [24] = raw.sequence(33, 15, 3, 15) } }, { procedure = "uninstall" })
    assert.matches("uninstall at byte 4, component 0 (hello/app): image-match (3). The payload", text, 1, true)
  end)

  it("explains copy-params of a parameter nobody knows", function()
    local unknown <const> = raw.sequence(35, raw.map{ [0] = cbor.array{ 99 } }, 3, 15)
    local text <const> = sim:explained(raw.make{ fields = { [20] = unknown } })
    assert.matches("copy-params (35)", text, 1, true)
    local later <const> = raw.sequence(15, cbor.array{ unknown, raw.sequence(14, 15) }, 3, 15)
    assert.matches("^[ -~]+$", (sim:explained(raw.make{ fields = { [20] = later } }, { rules = { lenient_unknown = true } })))
  end)

  it("explains a refusal before the first command", function()
    assert.equal("command unsupported: before the first command. The manifest installs nothing: give it an install section.",
      (sim:explained(raw.make{ fields = { [20] = false } })))
  end)

  it("says what a manifest lacks whose payload was compared with nothing, and what a limit is about", function()
    local unconfirmed <const> = sim:explained(raw.make{ fields = { [20] = raw.sequence(20, raw.uri "#0", 21, 2) } })
    assert.equal("unauthorised: install at byte 7, component 0 (hello/app): fetch (21). "
      .. "State the image-digest and have image-match check it after the payload is stored.", unconfirmed)
    local limited <const> = sim:explained(raw.make(), { limits = { payload_bytes = 12 } })
    assert.matches("fetch (21). The manifest asks for more than the device allows", limited, 1, true)
  end)

  it("tells the command of a dependency that travels along, by its digest", function()
    local content <const> = raw.sequence(20, raw.map{ [18] = "xx", [3] = cbor.encode(raw.digest "yy") }, 18, 2, 3, 15)
    local text <const>, without <const> = sim:explained(tree.parent{ child_options = { fields = { [20] = content } } })
    assert.matches("install at byte 48, component 0 (child/app) of dependency 1 (child/suit): image-match (3): found "
      .. raw.shown_digest "xx" .. ", 2 bytes, expected " .. raw.shown_digest "yy" .. ". The payload",
      (text:gsub("%.%.%.", "...")), 1, true)
    assert.matches("install at byte 48, component 0 of dependency 1: found ", without, 1, true)
    local report <const> = { failure = { reason = 10, code = 0,
      record = { manifest_id = { 1 }, section = 20, offset = 48, component_index = 0, parameters = {} } } }
    local gone <const> = suit.explain_report(report, suit.decode(tree.parent{ child = false }))
    assert.matches("install at byte 48, component 0 of dependency 1 (child/suit). ", gone, 1, true)
    local other <const> = suit.explain_report(report, suit.decode(tree.parent{ child = tree.child{ fields = { [2] = 9 } } }))
    assert.equal(gone, other)
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
