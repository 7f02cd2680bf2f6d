local cbor <const> = require "teep.cbor"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local hex <const> = require "teep.hex"
local raw <const> = require "fixtures.suit_raw"
local tree <const> = require "fixtures.suit_tree"
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
      fields = { [20] = raw.sequence(20, raw.map{ [21] = cbor.text(("u"):rep(14)) }, 21, 15) },
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

  it("explains copy-params of a parameter nobody knows", function()
    local unknown <const> = raw.sequence(35, raw.map{ [0] = cbor.array{ 99 } }, 3, 15)
    local text <const> = explained(raw.make{ fields = { [20] = unknown } })
    assert.matches("copy-params (35)", text, 1, true)
    local later <const> = raw.sequence(15, cbor.array{ unknown, raw.sequence(14, 15) }, 3, 15)
    assert.matches("^[ -~]+$", (explained(raw.make{ fields = { [20] = later } }, { rules = { lenient_unknown = true } })))
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

  describe("follows the commands before the one that failed", function()
    -- A payload that is none of the images: fetched, then compared.
    local compare <const> = { 20, raw.map{ [21] = cbor.text "#0", [14] = #raw.payload }, 21, 2, 3, 15 }

    local function after(shared, options)
      return (explained(raw.make{ shared = shared, fields = { [20] = raw.sequence(table.unpack(compare)) } }, options))
    end

    local function expects(text, ...)
      local wanted <const> = {}
      for i, image in ipairs{ ... } do wanted[i] = short(image) end
      assert.matches("image-match (3): found " .. short(raw.payload) .. ", 13 bytes, expected "
        .. table.concat(wanted, " or ") .. ", 13 bytes. ", text, 1, true)
    end

    it("into the sequence of a try-each that succeeded, as the claims of the report tell", function()
      local function branch(slot, image) return raw.sequence(20, raw.map{ [5] = slot }, 5, 5, 20, raw.image(image)) end
      for slot, image in pairs{ [0] = "first", [1] = "second" } do
        local facts <const> = { vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier,
          slot = function() return slot end }
        expects(after(raw.sequence(15, cbor.array{ branch(0, "first"), branch(1, "second") }), { device = facts }), image)
      end
    end)

    it("into all sequences that may have succeeded, where no claims tell", function()
      local function branch(image) return raw.sequence(20, raw.image(image), 1, 0) end
      local null <const> = raw.sequence(15, cbor.array{ branch "a", branch "b", cbor.null })
      expects(after(null), "a", "b")
    end)

    it("not into those behind one that cannot fail", function()
      expects(after(raw.sequence(15, cbor.array{ raw.sequence(20, raw.image "a"), raw.sequence(20, raw.image "b") })), "a")
    end)

    it("on each component alone", function()
      local function branch(slot, image) return raw.sequence(20, raw.map{ [5] = slot }, 5, 5, 20, raw.image(image)) end
      local all <const> = { 12, true, 15, cbor.array{ branch(0, "first"), branch(1, "second") }, 12, 1 }
      table.move(compare, 1, #compare, #all + 1, all)
      expects(explained(raw.make{
        components = { { "a" }, { "b" } }, shared = false, fields = { [24] = false, [20] = raw.sequence(table.unpack(all)) },
      }, { device = { vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier,
        slot = function(id) return id[1] == "a" and 0 or 1 end } }), "second")
    end)

    it("and forgets which component a sequence within has chosen", function()
      local text <const> = explained(raw.make{
        components = { { "a" }, { "b" } }, shared = false,
        fields = { [24] = false, [20] = raw.sequence(12, 1, 32, raw.sequence(12, 0, 20, raw.image "a"),
          20, raw.image "b", table.unpack(compare)) },
      })
      expects(text, "b")
    end)

    -- Each level runs the one below for every component: 3 to the power of 8.
    it("up to 4096 of them, and says no more of a manifest that takes longer", function()
      local function nested(depth)
        local commands = raw.sequence(20, raw.image "b", 8, 0)
        for _ = 1, depth do commands = raw.sequence(12, true, 15, cbor.array{ commands, cbor.null }) end
        return raw.make{ components = { { "a" }, { "b" }, { "c" } }, shared = false, fields = { [24] = false,
          [20] = raw.sequence(12, true, 32, commands, 12, 1, table.unpack(compare)) } }
      end
      local view = assert(suit.decode(nested(2)))
      local compared <const> = view.manifest.sections.install
      local report <const> = { records = {}, failure = { reason = 10, code = 0, record = { manifest_id = {}, section = 20,
        offset = compared[#compared].offset, component_index = 1, parameters = {} } } }
      assert.matches("component 1 (b): image-match (3)", suit.explain_report(report, view), 1, true)
      view = assert(suit.decode(nested(7)))
      report.failure.record.offset = view.manifest.sections.install[#compared].offset
      assert.matches("component 1 (b). Bring", suit.explain_report(report, view), 1, true)
      assert.same({}, require("teep.suit.report.expected").finally(view.manifest))
    end)

    it("to the last sequence of a try-each that failed", function()
      local function branch(vendor) return raw.sequence(20, raw.map{ [1] = vendor:rep(16) }, 1, 15) end
      local text <const> = explained(raw.make{ fields = { [20] = raw.sequence(15, cbor.array{ branch "a", branch "b" }) } })
      assert.matches("install at byte 49, component 0 (hello/app): vendor-identifier (1): found "
        .. "76767676-7676-7676-7676-767676767676, expected 62626262-6262-6262-6262-626262626262.", text, 1, true)
    end)

    it("through set-parameters, override-multiple and copy-params", function()
      for image, commands in pairs{
        ["b"] = { 19, raw.image "not this" }, ["new"] = { 34, raw.map{ [0] = raw.image "a2", [1] = raw.image "new" } },
        ["a"] = { 35, raw.map{ [0] = cbor.array{ 3 } } },
      } do
        local all <const> = { 12, 0, 20, raw.image "a", 12, 1, 20, raw.image "b", table.unpack(commands) }
        table.move(compare, 1, #compare, #all + 1, all)
        local text <const> = explained(raw.make{
          components = { { "a" }, { "b" } }, shared = false, fields = { [24] = false, [20] = raw.sequence(table.unpack(all)) },
        })
        expects(text, image)
      end
    end)

    it("into a section that is severed", function()
      local content <const> = raw.sequence(20, raw.image "other", table.unpack(compare))
      local text <const> = explained(raw.make{ shared = false,
        fields = { [20] = cbor.array{ -16, crypto.digest("SHA-256", cbor.encode(content)) } },
        envelope = { members = { [20] = content } } })
      expects(text, "other")
    end)
  end)

  it("tells the command of a dependency that travels along, by its digest", function()
    local content <const> = raw.sequence(20, raw.map{ [18] = "xx", [3] = cbor.encode(raw.digest "yy") }, 18, 2, 3, 15)
    local text <const>, without <const> = explained(tree.parent{ child_options = { fields = { [20] = content } } })
    assert.matches("install at byte 48, component 0 (child/app) of dependency 1 (child/suit): image-match (3): found "
      .. short "xx" .. ", 2 bytes, expected " .. short "yy" .. ". The payload", (text:gsub("%.%.%.", "...")), 1, true)
    assert.matches("install at byte 48, component 0 of dependency 1: found ", without, 1, true)
    local report <const> = { failure = { reason = 10, code = 0,
      record = { manifest_id = { 1 }, section = 20, offset = 48, component_index = 0, parameters = {} } } }
    local gone <const> = suit.explain_report(report, suit.decode(tree.parent{ child = false }))
    assert.matches("install at byte 48, component 0 of dependency 1 (child/suit). ", gone, 1, true)
    local other <const> = suit.explain_report(report, suit.decode(tree.parent{ child = tree.child{ fields = { [2] = 9 } } }))
    assert.equal(gone, other)
  end)

  describe("tells what conditions of updates have found and what was expected:", function()
    local version <const> = cbor.encode(cbor.array{ 2, cbor.array{ 1, 2 } })
    for wanted, case in pairs{
      ["use-before (4): found 1970-01-01T00:01:41Z, expected 1970-01-01T00:01:40Z. The time"] =
        { { [4] = 100 }, 4, clock = function() return 101 end },
      ["minimum-battery (26): found 99 mWh, expected 100 mWh. Charge"] =
        { { [26] = 100 }, 26, battery = function() return 99 end },
      ["update-authorized (27): found priority -5, which was not permitted. Have"] =
        { { [27] = -5 }, 27, authorized = function() return false end },
      ["version (28): found version 1.1-rc.2, expected >= 1.2. The manifest wants"] =
        { { [28] = version }, 28, version = function() return { 1, 1, -1, 2 } end },
      ["check-content (6): found 13 bytes, expected content of 3 bytes. Bring"] = { { [18] = "abc" }, 6 },
      ["image-not-match (25): found " .. short(raw.payload) .. ", 13 bytes, expected any other. Bring"] = { {}, 25 },
      ["image-not-match (25). "] = { { [3] = false }, 25 },
      ["device-identifier (24): found 64646464-6464-6464-6464-646464646464, the parameter is not set. Set the parameter"] =
        { {}, 24, device_identifier = ("d"):rep(16) },
    } do
      it(wanted, function()
        local parameters <const> = { [3] = cbor.encode(raw.digest(raw.payload)), [14] = #raw.payload, [21] = cbor.text "#0" }
        for label, value in pairs(case[1]) do parameters[label] = value or nil end
        local facts <const> = { vendor_identifier = raw.device.vendor_identifier, class_identifier = raw.device.class_identifier }
        for name, value in pairs(case) do facts[name] = type(name) == "string" and value or nil end
        local text <const> = explained(raw.make{ shared = false,
          fields = { [20] = raw.sequence(20, raw.map(parameters), 21, 2, case[2], 15) } }, { device = facts })
        assert.matches("component 0 (hello/app): " .. wanted, text, 1, true)
      end)
    end

    it("shows a time beyond the year 9999 as it is", function()
      local text <const> = suit.explain_report{ failure = { reason = 10, code = 0, record = { manifest_id = {}, section = 20,
        offset = 1, component_index = 0, parameters = { use_before = -1 } } } }
      assert.matches("found 18446744073709551615 seconds since 1970", text, 1, true)
    end)
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
