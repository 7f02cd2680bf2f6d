local cbor <const> = require "teep.cbor"
local crypto <const> = require "teep.crypto"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

describe("teep.suit.explain_report", function()
  local sim

  before_each(function() sim = device.new() end)
  after_each(function() sim:close() end)

  describe("follows the commands before the one that failed", function()
    -- A payload that is none of the images: fetched, then compared.
    local compare <const> = { 20, raw.map{ [21] = cbor.text "#0", [14] = #raw.payload }, 21, 2, 3, 15 }

    local function after(shared, options)
      return (sim:explained(raw.make{ shared = shared, fields = { [20] = raw.sequence(table.unpack(compare)) } }, options))
    end

    local function expects(text, ...)
      local wanted <const> = {}
      for i, image in ipairs{ ... } do wanted[i] = raw.shown_digest(image) end
      assert.matches("image-match (3): found " .. raw.shown_digest(raw.payload) .. ", 13 bytes, expected "
        .. table.concat(wanted, " or ") .. ", 13 bytes. ", text, 1, true)
    end

    it("into the sequence of a try-each that succeeded, as the claims of the report tell", function()
      local function branch(slot, image) return raw.sequence(20, raw.map{ [5] = slot }, 5, 5, 20, raw.image(image)) end
      for slot, image in pairs{ [0] = "first", [1] = "second" } do
        local facts <const> = raw.device_with{ slot = function() return slot end }
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
      expects(sim:explained(raw.make{
        components = { { "a" }, { "b" } }, shared = false, fields = { [24] = false, [20] = raw.sequence(table.unpack(all)) },
      }, { device = raw.device_with{ slot = function(id) return id[1] == "a" and 0 or 1 end } }), "second")
    end)

    it("and forgets which component a sequence within has chosen", function()
      local text <const> = sim:explained(raw.make{
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
      local text <const> = sim:explained(raw.make{ fields = { [20] = raw.sequence(15, cbor.array{ branch "a", branch "b" }) } })
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
        local text <const> = sim:explained(raw.make{
          components = { { "a" }, { "b" } }, shared = false, fields = { [24] = false, [20] = raw.sequence(table.unpack(all)) },
        })
        expects(text, image)
      end
    end)

    it("into a section that is severed", function()
      local content <const> = raw.sequence(20, raw.image "other", table.unpack(compare))
      local text <const> = sim:explained(raw.make{ shared = false,
        fields = { [20] = cbor.array{ -16, crypto.digest("SHA-256", cbor.encode(content)) } },
        envelope = { members = { [20] = content } } })
      expects(text, "other")
    end)
  end)
end)
