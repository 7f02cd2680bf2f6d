local cbor <const> = require "teep.cbor"
local crypto <const> = require "teep.crypto"
local hex <const> = require "teep.hex"
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

  it("say where everything is, in bytes", function()
    local found <const> = look(bytes)
    local function at(offset) return bytes:byte(offset + 1) end
    assert.same({ 0x58, 36 }, { bytes:byte(found.digest_offset + 1, found.digest_offset + 2) })
    assert.equal(0xD2, bytes:byte(found.blocks[1].offset + 3)) -- tag 18, behind the head of its byte string
    assert.equal(bytes:sub(found.severed[1].offset + 3, -1):sub(1, 5), "\xa1\x62en\xa1")
    assert.equal(0x40 | #raw.payload, at(found.payloads[1].offset))
    local inside <const> = found.payloads[2].inside
    assert.same({ 0x58, 36 }, { bytes:byte(inside.digest_offset + 1, inside.digest_offset + 2) })
    assert.equal(0xD2, bytes:byte(inside.blocks[1].offset + 3))
    assert.equal(0x40 | #raw.payload, at(inside.payloads[1].offset))
    local text <const> = table.concat(verdicts.lines(found), "\n")
    for _, offset in ipairs{ found.digest_offset, found.severed[1].offset, found.payloads[1].offset, inside.blocks[1].offset } do
      assert.truthy(text:find(" at byte " .. offset .. ": ", 1, true))
    end
  end)

  it("look into dependencies: digest, structure, signature and severed members of their own", function()
    local inside <const> = look(bytes).payloads[2].inside
    assert.is_true(inside.digest_ok)
    assert.is_true(inside.blocks[1].verified)
    assert.equal("hello/suit", inside.manifest)
    local severed <const> = raw.sequence(20, raw.uri "#0", 21, 2, 3, 15)
    local stated <const> = cbor.array{ -16, crypto.digest("SHA-256", cbor.encode(severed)) }
    local function dependent(child) return assert(suit.create{
      manifest_component_id = { "m" }, sequence_number = 1, dependencies = { { envelope = child } },
    }) end
    local child <const> = raw.make{ fields = { [20] = stated }, envelope = { members = { [20] = severed } } }
    local whole <const> = dependent(child)
    assert.is_true(look(whole).payloads[1].inside.severed[1].ok)
    local at <const> = whole:find(severed, 1, true)
    local forged <const> = look(whole:sub(1, at + 4) .. "X" .. whole:sub(at + 6))
    assert.is_true(forged.digest_ok)
    assert.is_false(forged.payloads[1].inside.severed[1].ok)
    assert.matches("\n  severed install at byte %d+: present, NOT ok: ", table.concat(verdicts.lines(forged), "\n"))
  end)

  it("end four dependencies deep", function()
    local all = raw.make()
    for i = 1, 5 do
      all = assert(suit.sign(assert(suit.create{
        manifest_component_id = { "m" .. i }, sequence_number = 1, dependencies = { { envelope = all } },
      }), { key = raw.signer }))
    end
    local found, depth = look(all), 0
    while found.payloads[1] and found.payloads[1].inside do found, depth = found.payloads[1].inside, depth + 1 end
    assert.equal(4, depth)
  end)

  it("tell of an encryption-info for whom it is, and whether it is one", function()
    local recipient <const> = assert(key.generate{ algorithm = "ECDH-ES+A128KW", curve = "P-256" })
    local made <const> = assert(suit.encrypt("secret", { recipients = { recipient }, algorithm = "A256GCM" }))
    local secret <const> = component "a"
    secret.staging, secret.encryption = { "e" }, made
    local changed <const> = assert(suit.create{
      manifest_component_id = { "m" }, sequence_number = 1, components = { secret },
    })
    local found <const> = look(changed).encryption[1]
    assert.same({ "install", "A256GCM", true }, { found.section, found.algorithm, found.ok })
    assert.same({ { algorithm = "ECDH-ES+A128KW", kid = hex.encode(recipient:thumbprint()) } }, found.recipients)
    assert.equal(made.info, changed:sub(found.offset + 1, found.offset + #made.info))
    local broken <const> = look(raw.make{ fields = { [20] = raw.sequence(32, raw.sequence(20, raw.map{ [18] = "x",
      [19] = "\xA0" }, 18, 2)) } })
    assert.is_false(broken.encryption[1].ok)
    assert.matches("encryption%-info at byte %d+, in install: NOT ok: ", table.concat(verdicts.lines(broken), "\n"))
  end)

  it("know the images of slots", function()
    local image <const> = component "a"
    image.payload, image.slots = nil, { { slot = 0, payload = "one" }, { slot = 1, payload = "two" } }
    local found <const> = look(assert(suit.create{
      manifest_component_id = { "m" }, sequence_number = 1, components = { image },
    }))
    for i = 1, 2 do assert.same({ "a", true }, { found.payloads[i].component, found.payloads[i].ok }) end
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
