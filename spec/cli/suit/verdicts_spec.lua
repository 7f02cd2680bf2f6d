local key <const> = require "teep.key"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"
local verdicts <const> = require "teep.cli.suit.verdicts"

local trusted <const> = { { key = raw.trusted[1], path = "signer.pub" } }

local function component(id)
  return {
    id = { id }, payload = raw.payload, vendor_identifier = raw.device.vendor_identifier,
    class_identifier = raw.device.class_identifier,
  }
end

local inner <const> = raw.make()

local function envelope()
  return assert(suit.sign(assert(suit.create{
    manifest_component_id = { "m" }, sequence_number = 1, components = { component "a" }, severed = { "text" },
    dependencies = { { envelope = inner } }, text = { en = { manifest_description = ("long "):rep(20) } },
  }), { key = raw.signer }))
end

describe("verdicts on an envelope", function()
  local bytes
  lazy_setup(function() bytes = envelope() end)

  local function look(changed)
    local found <const>, message <const>, code <const> = verdicts.of(changed, trusted, { "ESP256" })
    if found then
      for _, line in ipairs(verdicts.lines(found)) do assert.equal("string", type(line)) end
    else
      assert.equal("string", type(message))
      assert.equal("string", type(code))
    end
    return found
  end

  it("are none about truncated bytes", function()
    for size = 0, #bytes - 1 do assert.is_nil(look(bytes:sub(1, size))) end
  end)

  it("are never all good once a byte is changed", function()
    for at = 1, #bytes do
      local found <const> = look(bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ 1) .. bytes:sub(at + 1))
      local good = found and found.digest_ok and not found.structure and found.blocks[1] and found.blocks[1].verified
      for _, each in ipairs(good and found.severed or {}) do good = good and each.ok end
      for _, each in ipairs(good and found.payloads or {}) do good = good and each.ok end
      -- Two things are not covered: the label of the kid, which no signature is over; and the dependency, beside
      -- its manifest.
      local uncovered <const> = bytes:find("\xa1\4\x58\x20", 1, true) + 1 == at or bytes:find(inner:sub(1, 20), 1, true) <= at
      assert.is_true(not good or uncovered, "byte " .. at)
    end
  end)

  it("are good about what suit.create and suit.sign made", function()
    local found <const> = look(bytes)
    assert.is_true(found.digest_ok)
    assert.is_nil(found.structure)
    assert.same({ true, "signer.pub" }, { found.blocks[1].verified, found.blocks[1].file })
    assert.same({ "text", true }, { found.severed[1].name, found.severed[1].ok })
    assert.same({ "#0", "a", true }, { found.payloads[1].name, found.payloads[1].component, found.payloads[1].ok })
    assert.same({ "hello/suit", true }, { found.payloads[2].dependency, found.payloads[2].ok })
  end)

  it("tell a member that the manifest does not announce (S-032)", function()
    local changed <const> = suit.decode(bytes).envelope:with{ [16] = "\x82\x15\x02" }
    local found <const> = look(changed)
    assert.same({ "payload_fetch", false }, { found.severed[1].name, found.severed[1].ok })
    assert.matches("NOT ok: the manifest announces none", table.concat(verdicts.lines(found), "\n"), 1, true)
  end)

  it("name the kid of a signature by an unknown key, and say that there is none", function()
    local stranger <const> = assert(key.generate{ algorithm = "ESP256" })
    local found <const> = look(assert(suit.sign(bytes, { key = stranger })))
    assert.is_false(found.blocks[2].verified)
    assert.equal(64, #found.blocks[2].kid)
    local unsigned <const> = suit.create{
      manifest_component_id = { "m" }, sequence_number = 1, components = { component "a" },
    }
    assert.matches("not signed", table.concat(verdicts.lines(look(unsigned)), "\n"), 1, true)
  end)
end)

describe("the device of a dry run", function()
  local device <const> = require "teep.cli.suit.device"
  local recorder <const> = require "teep.cli.suit.recorder"

  it("finds payloads by the last part of their URI, and never outside of the folder (S-107)", function()
    local command <const> = require "cli.command"
    local folder <const> = command.folder()
    finally(function() command.remove(folder) end)
    command.write(folder .. "/a.bin", "bytes")
    local fetch <const> = device.fetch(recorder(false), folder)
    for _, uri in ipairs{ "https://h/..", "https://h/.", "https://h/", "https://h/x/../..?a.bin", "https://h/a.bin%2f.." } do
      local ok <const>, _, code <const> = fetch(uri, 0, function() error "nothing is to be read" end)
      assert.is_nil(ok)
      assert.equal("payload_not_found", code)
    end
    local got
    assert.is_true(fetch("https://h/x/../a.bin?v=1", 2, function(bytes) got = bytes return true end))
    assert.equal("tes", got)
  end)

  it("shows nothing of what a sequence did that failed (S-019)", function()
    local cbor <const> = require "teep.cbor"
    local record <const> = recorder(true)
    local commands <const> = raw.sequence(20, raw.map{ [18] = "x" }, 18, 2, 33, 2, 14, 15)
    local verified <const> = assert(suit.verify(raw.make{
      components = { { "a" }, { "b" } }, shared = false, fields = { [24] = false, [20] = raw.sequence(
        12, 1, 20, raw.map{ [18] = "kept" }, 18, 2, 12, 0, 15, cbor.array{ commands, cbor.null }) },
    }, { keys = raw.trusted }))
    local outcome <const> = suit.process(verified, {
      procedure = "update", driver = record, txn = record:txn(), device = raw.device,
    })
    assert.is_true(outcome.ok, outcome.message)
    assert.equal(1, #record.entries)
    assert.same({ "write", "b" }, { record.entries[1].what, record.entries[1].id })
  end)
end)
