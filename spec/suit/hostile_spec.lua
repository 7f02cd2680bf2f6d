-- Manifests that `make fuzz-suit` has found, by signers that are trusted: each once threw, or let its author choose what
-- a message does to a terminal.
local cbor <const> = require "teep.cbor"
local device <const> = require "fixtures.suit_device"
local raw <const> = require "fixtures.suit_raw"
local tree <const> = require "fixtures.suit_tree"

local map <const>, seq <const> = raw.map, raw.sequence

local function run(envelope, options)
  local place <close> = setmetatable({}, { __close = function(self) self.device:close() end })
  place.device = device.new()
  return place.device:process(envelope, options)
end

local function installs(...)
  return raw.make{ shared = false, fields = { [20] = seq(...) }, envelope = { members = { ["#0"] = false } } }
end

-- Runs the commands where a device that is lenient does not look before.
local function tried(...) return installs(15, cbor.array{ seq(...), cbor.null }) end

describe("a hostile manifest", function()
  for name, case in pairs{
    ["a clock"] = { "command_unsupported", 20, map{ [4] = 3 }, 4, 15 },
    ["a decryptor"] = { "parameter_unsupported", 20, map{ [18] = "x", [19] = "info" }, 18, 2 },
    ["metadata"] = { "parameter_unsupported", 20, map{ [18] = "x", [30] = cbor.encode(map{ [1] = 7 }) }, 18, 2 },
    ["events to wait for"] = { "command_unsupported", 20, map{ [29] = cbor.encode(map{}) }, 29, 2 },
    ["an event nobody knows"] = { "parameter_unsupported", 20, map{ [29] = cbor.encode(map{ [99] = 0 }) }, 29, 2 },
  } do
    it("that needs " .. name .. " in a try-each is refused when it is run, by a device that lacks it (S-100)", function()
      local outcome <const> = run(tried(table.unpack(case, 2)), { rules = { lenient_unknown = true } })
      assert.is_false(outcome.ok)
      assert.equal(case[1], outcome.code)
      assert.equal(20, outcome.failure.section)
    end)
  end

  it("that needs what the device lacks in a try-each does no harm where it is not reached", function()
    local envelope <const> = installs(15, cbor.array{ seq(14, 15, 4, 15), cbor.null })
    assert.equal("command_unsupported", run(envelope).code)
    assert.is_true(run(envelope, { rules = { lenient_unknown = true } }).ok)
  end)

  it("cannot act on component 0 where there is none", function()
    local envelope <const> = tree.parent{ fields = { [20] = seq(20, map{ [18] = "x" }, 18, 2) }, common = { [2] = false } }
    local outcome <const> = run(envelope)
    assert.same({ false, "command_forbidden" }, { outcome.ok, outcome.code })
  end)

  it("does not choose what a message does to a terminal (D24)", function()
    for _, uri in ipairs{ "#\27[2J", "\27[2J\r\n" } do
      local outcome <const> = run(installs(20, raw.uri(uri), 21, 2))
      assert.equal("payload_not_found", outcome.code)
      assert.matches("^[ -~]+$", outcome.message)
    end
    local label <const> = tried(20, map{ ["\27[2J"] = 1 })
    for _, lenient in ipairs{ true, false } do
      local outcome <const> = run(label, { rules = { lenient_unknown = lenient } })
      assert.equal("parameter_unsupported", outcome.code)
      assert.matches("^[ -~]+$", outcome.message)
    end
  end)

  it("with several faults in one command is always refused for the same one", function()
    local values <const> = map{
      [3] = cbor.encode(cbor.array{ -99, "digest" }), [22] = 7, [19] = "info", [21] = cbor.text(("u"):rep(3000)), [99] = 0,
    }
    assert.equal("unsupported_algorithm", run(installs(20, values)).code)
  end)
end)
