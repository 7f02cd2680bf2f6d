local cbor <const> = require "teep.cbor"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local errors <const> = require "teep.errors"
local raw <const> = require "fixtures.suit_raw"
local reasons <const> = require "teep.suit.reasons"
local suit <const> = require "teep.suit"

describe("teep.suit.report", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  local function reported(envelope, options)
    return assert(suit.read_report(suit.report(sim:process(envelope), options)))
  end

  it("refuses what is no report", function()
    for _, bytes in ipairs{ "", "\xA0", "\x80", "\xF6" } do assert.is_nil((suit.read_report(bytes))) end
    local _, _, code = suit.read_report(suit.report(sim:process(raw.make())) .. "\0")
    assert.equal("trailing_bytes", code)
  end)

  it("refuses the obsolete layout of the draft's appendix (A-19)", function()
    local bytes <const> = cbor.encode(raw.map{ [1] = raw.map{ [1] = cbor.text "u", [2] = raw.digest "" }, [2] = "nonce1234",
      [4] = cbor.array{} })
    local read, _, code = suit.read_report(bytes)
    assert.is_nil(read)
    assert.equal("missing_field", code)
  end)

  it("refuses a result that is neither true nor a failure", function()
    for _, result in ipairs{ cbor.simple(20), cbor.null, 1, cbor.map{}, raw.map{ [5] = 1, [6] = cbor.array{}, [7] = 1 } } do
      local bytes <const> = cbor.encode(raw.map{
        [3] = cbor.array{}, [99] = cbor.array{ cbor.text "", raw.digest "" }, [4] = result,
      })
      assert.is_nil((suit.read_report(bytes)))
    end
  end)

  it("is not made of an outcome without a manifest", function()
    local bytes, _, code = suit.report{ ok = false, code = "io_failed", installed = {}, unlinked = {} }
    assert.is_nil(bytes)
    assert.equal("missing_field", code)
  end)

  it("places a failure before the first command in no section", function()
    local report <const> = reported(raw.make{ fields = { [20] = false } })
    assert.same({ manifest_id = {}, section = 0, offset = 0, component_index = 0, parameters = {} }, report.failure.record)
  end)

  it("refuses records that are none", function()
    local bytes <const> = cbor.encode(raw.map{
      [3] = cbor.array{ cbor.array{ 1 } }, [4] = true, [99] = cbor.array{ cbor.text "", raw.digest "" },
    })
    local read, message = suit.read_report(bytes)
    assert.is_nil(read)
    assert.matches("records[0]", message, 1, true)
  end)

  it("says which manifest it is about (S-120, T-174)", function()
    local manifest <const> = raw.manifest()
    local report <const> = reported(raw.make())
    assert.same({ uri = "", digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", cbor.encode(manifest)) } },
      report.reference)
    local uri <const> = "https://example.org/hello.suit"
    assert.equal(uri, reported(raw.make{ fields = { [4] = cbor.text(uri) } }).reference.uri)
  end)

  it("carries the token as nonce (S-140)", function()
    assert.equal("token", reported(raw.make(), { nonce = "token" }).nonce)
    assert.is_nil(reported(raw.make()).nonce)
  end)

  it("claims what conditions have measured, once", function()
    local report <const> = reported(raw.make{ fields = { [7] = raw.sequence(3, 15) } })
    assert.is_true(report.ok)
    assert.same({
      { component_id = raw.component, vendor_identifier = raw.device.vendor_identifier },
      { component_id = raw.component, class_identifier = raw.device.class_identifier },
      {
        component_id = raw.component, image_size = #raw.payload,
        image_digest = { algorithm = "SHA-256", bytes = crypto.digest("SHA-256", raw.payload) },
      },
    }, report.records)
  end)

  it("claims for each component, in the order of the list (S-036)", function()
    local report <const> = reported(raw.make{
      components = { { "a" }, { "b" }, { "c" } }, shared = false,
      fields = {
        [20] = raw.sequence(12, true, 20, raw.image(raw.payload), 20, raw.uri "#0", 12, cbor.array{ 2, 0 }, 1, 5), [24] = false,
      },
    })
    local ids <const> = {}
    for i, claims in ipairs(report.records) do ids[i] = claims.component_id end
    assert.same({ { "c" }, { "a" } }, ids)
  end)

  it("claims as much as the policy of each command asks for", function()
    for policy, count in pairs{ [0] = 0, [1] = 1, [2] = 0, [4] = 1, [5] = 1, [8] = 0, [15] = 1 } do
      local report <const> = reported(raw.make{ shared = raw.sequence(20, raw.image(raw.payload), 1, policy),
        fields = { [20] = raw.sequence(20, raw.uri "#0", 21, 0, 3, 0) } })
      assert.equal(count, #report.records, "policy " .. policy)
    end
  end)

  it("records a failure as the policy asks for, and always in the result (S-042)", function()
    for policy, count in pairs{ [0] = 0, [2] = 1, [8] = 1, [10] = 2, [5] = 0 } do
      local report <const> = reported(raw.make{
        shared = raw.sequence(20, raw.image(("x"):rep(#raw.payload))),
        fields = { [20] = raw.sequence(20, raw.uri "#0", 21, 0, 3, policy) },
      })
      assert.is_false(report.ok)
      assert.equal(count, #report.records, "policy " .. policy)
      assert.equal(10, report.failure.reason)
      assert.same({ 20, 9, 0 }, {
        report.failure.record.section, report.failure.record.offset, report.failure.record.component_index,
      })
      assert.equal(#raw.payload, report.failure.record.parameters.image_size)
    end
  end)

  it("numbers failures by the error code", function()
    local report <const> = reported(raw.make{ fields = { [20] = raw.sequence(3, 15) } })
    assert.equal(errors.numbers.condition_failed, report.failure.code)
    assert.equal(109, report.failure.code)
  end)

  it("places a failure of the shared sequence in the section at hand", function()
    local report <const> = reported(raw.make{ shared = raw.sequence(20, raw.map{ [1] = ("o"):rep(16) }, 1, 15) })
    assert.equal(20, report.failure.record.section)
    assert.equal(21, report.failure.record.offset)
  end)

  it("names the component at fault", function()
    local report <const> = reported(raw.make{
      components = { { "a" }, { "b" } }, shared = false,
      fields = { [20] = raw.sequence(12, 0, 20, raw.image(raw.payload), 20, raw.uri "#0", 21, 2, 12, true, 3, 2), [24] = false },
    })
    assert.equal(1, report.failure.record.component_index)
  end)

  it("is encoded deterministically", function()
    local bytes <const> = suit.report(sim:process(raw.make()), { nonce = "token" })
    assert.is_true(cbor.scan(bytes, { sorted = true }))
    assert.equal(bytes, suit.report(sim:process(raw.make()), { nonce = "token" }))
  end)

  it("reads the key order of other processors, and skips what it does not know", function()
    local bytes <const> = cbor.encode(cbor.map{
      { 99, cbor.array{ cbor.text "", raw.digest "" } },
      { 3, cbor.array{ raw.map{ [0] = cbor.array{ "a" }, [1000] = 1 } } }, { 4, true }, { 98, cbor.map{} },
    }, { keep_order = true })
    local report <const> = assert(suit.read_report(bytes))
    assert.is_true(report.ok)
    assert.same({ { component_id = { "a" } } }, report.records)
  end)

  it("reads a failure up to 32 dependencies deep", function()
    local function made(depth)
      local path <const> = {}
      for i = 1, depth do path[i] = 1 end
      return cbor.encode(raw.map{ [3] = cbor.array{}, [99] = cbor.array{ cbor.text "", raw.digest "" },
        [4] = raw.map{ [5] = 0, [6] = cbor.array{ cbor.array(path), 20, 1, 0, cbor.map{} }, [7] = 11 } })
    end
    assert.equal(32, #assert(suit.read_report(made(32))).failure.record.manifest_id)
    assert.equal("size_out_of_range", select(3, suit.read_report(made(33))))
  end)

  it("reads up to 1024 records and 256 KiB, no more", function()
    local function made(records, padding)
      return cbor.encode(raw.map{ [3] = cbor.array(records), [4] = true, [98] = padding,
        [99] = cbor.array{ cbor.text "", raw.digest "" } })
    end
    local records <const> = {}
    for i = 1, 1024 do records[i] = raw.map{ [0] = cbor.array{ "a" } } end
    assert.equal(1024, #assert(suit.read_report(made(records))).records)
    records[1025] = records[1]
    assert.equal("size_out_of_range", select(3, suit.read_report(made(records))))
    local room <const> = 256 * 1024 - #made({}, ("x"):rep(70000)) + 70000
    assert.is_true(assert(suit.read_report(made({}, ("x"):rep(room)))).ok)
    assert.equal("too_large", select(3, suit.read_report(made({}, ("x"):rep(room + 1)))))
  end)

  it("has a reason for every SUIT error code", function()
    local found <const> = {}
    for code in pairs(errors.sentences) do
      if errors.numbers[code] < 130 and reasons.of(code) == 11 then found[#found + 1] = code end
    end
    table.sort(found)
    local expected <const> = { "component_in_use", "operation_failed", "payload_not_found", "severed_member" }
    for _, code in ipairs(expected) do assert.equal(11, reasons.of(code)) end
    for _, code in ipairs{ "rollback", "unauthorised", "digest_mismatch" } do assert.equal(4, reasons.of(code)) end
  end)
end)
