local cbor <const> = require "teep.cbor"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

describe("teep.suit.explain_report", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

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

  describe("names every reason of a SUIT Report:", function()
    local severed <const> = raw.sequence(14, 15)
    for wanted, case in pairs{
      ["CBOR parse: install at byte 0, component 0. Look at"] = { 1, { [20] = raw.sequence(20, raw.uri "#0", 21) } },
      ["COSE unsupported: install at byte 9, component 0 (hello/app): write (18). Protect manifest and payload"] =
        { 2, { [20] = raw.sequence(20, raw.map{ [18] = "x", [19] = "\xA0" }, 18, 2) }, { decrypt = suit.decrypt_with{} } },
      ["algorithm unsupported: install at byte 1, component 0 (hello/app): override-parameters (20). Use algorithms"] =
        { 3, { [20] = raw.sequence(20, raw.map{ [3] = cbor.encode(cbor.array{ -44, ("x"):rep(64) }) }, 3, 15) } },
      ["unauthorised: before the first command. The manifest or a severed member was changed"] =
        { 4, { [20] = cbor.array{ -16, ("x"):rep(32) } } },
      ["unauthorised: before the first command. A later manifest was installed before"] =
        { 4, {}, { current = function() return 2 end } },
      ["command unsupported: install at byte 1, component 0 (hello/app): command 77. Leave the command out"] =
        { 5, { [20] = raw.sequence(77, 15) } },
      ["command unsupported: before the first command. The device knows another version of manifests"] = { 5, { [1] = 2 } },
      ["component unsupported: install at byte 1, component 0 (hello/app): set-component-index (12). Name components"] =
        { 6, { [20] = raw.sequence(12, 5, 3, 15) } },
      ["component unauthorised: "] =
        { 7, { [20] = raw.sequence(20, raw.uri "#0", 21, 2) }, { rights = {
          [raw.signer:thumbprint()] = { modify = { { "hello", "suit" } }, read = { { "hello" } } } } } },
      ["parameter unsupported: install at byte 1, component 0 (hello/app): override-parameters (20). Leave the parameter out"] =
        { 8, { [20] = raw.sequence(20, raw.map{ [99] = 1 }, 3, 15) } },
      ["parameter unsupported: install at byte 1, component 0 (hello/app): fetch (21). Set the parameter"] =
        { 8, { [20] = raw.sequence(21, 15) } },
      ["condition failed: install at byte 1, component 0 (hello/app): abort (14). "] = { 10, { [20] = severed } },
      ["operation failed: before the first command. Send the envelope with all of its severed members."] =
        { 11, { [20] = cbor.array{ -16, crypto.digest("SHA-256", cbor.encode(severed)) } }, nil, true },
      ["operation failed: install at byte 8, component 0 (hello/app): fetch (21). Make the payload available"] =
        { 11, { [20] = raw.sequence(20, raw.uri "#no", 21, 2) } },
    } do
      it(wanted, function()
        local changed <const> = cbor.type(case[2][20]) == "array" and not case[4] and { [20] = severed } or nil
        local envelope <const> = raw.make{ fields = case[2], envelope = { members = changed } }
        local view <const>, message <const>, _, refused <const> = suit.verify(envelope, { keys = raw.trusted })
        local outcome <const> = view and sim:run(view, case[3]) or assert(refused, message)
        local report <const> = assert(suit.read_report(suit.report(outcome)))
        assert.equal(case[1], report.failure.reason)
        assert.matches(wanted, suit.explain_report(report, suit.decode(envelope)), 1, true)
      end)
    end
  end)
end)
