local capabilities <const> = require "teep.suit.report.capabilities"
local cbor <const> = require "teep.cbor"
local commands <const> = require "teep.suit.commands"
local parameters <const> = require "teep.suit.parameters"
local raw <const> = require "fixtures.suit_raw"
local suit <const> = require "teep.suit"

local outcome <const> = {
  ok = true, records = {}, reference = { uri = "", digest = { algorithm = "SHA-256", bytes = ("d"):rep(32) } },
}

local function read_back(can) return suit.read_report(suit.report(outcome, { capabilities = can })) end

describe("teep.suit.report.capabilities", function()
  it("refuses unknown options and algorithms", function()
    assert.has_error(function() capabilities.of{} end)
    assert.has_error(function() capabilities.of{ algorithms = {}, others = {} } end)
    assert.has_error(function() capabilities.of{ algorithms = { "ROT13" } } end)
  end)

  it("is refused without one of the lists that have to be there", function()
    for label = 1, 4 do
      local map <const> = { [1] = cbor.array{ cbor.array{ true } }, [2] = cbor.array{ 1 }, [3] = cbor.array{ 1 },
        [4] = cbor.array{ 1 } }
      map[label] = nil
      local read <const>, _, code <const> = suit.read_report(cbor.encode(raw.map{
        [3] = cbor.array{}, [4] = true, [8] = raw.map(map), [99] = cbor.array{ cbor.text "", raw.digest "" },
      }))
      assert.is_nil(read)
      assert.equal("missing_field", code)
    end
  end)

  it("lists every command and parameter of the processor, ascending (S-122)", function()
    local can <const> = assert(read_back(capabilities.of{ algorithms = { "SHA-256" } })).capabilities
    local last = -1
    for _, number in ipairs(can.commands) do
      assert.is_truthy(commands[number])
      assert.is_true(number > last)
      last = number
    end
    local count = 0
    for _ in pairs(commands) do count = count + 1 end
    assert.equal(count, #can.commands)
    assert.equal(#parameters.rows, #can.parameters)
  end)

  it("leaves out what needs something that the device cannot tell (S-122)", function()
    local function listed(device, list)
      local set <const> = {}
      for _, number in ipairs(capabilities.of{ algorithms = { "SHA-256" }, device = device }[list]) do set[number] = true end
      return set
    end
    local bare <const>, full <const> = raw.device, {
      clock = os.time, slot = print, battery = print, authorized = print, version = print, wait = {}, metadata = print,
      device_identifier = ("d"):rep(16),
    }
    for _, number in ipairs{ 4, 5, 24, 26, 27, 28, 29 } do
      for _, list in ipairs{ "commands", "parameters" } do
        assert.is_nil(listed(bare, list)[number])
        assert.is_true(listed(full, list)[number])
      end
    end
    assert.same({ nil, true }, { listed(bare, "parameters")[30], listed(full, "parameters")[30] })
    for _, number in ipairs{ 1, 2, 3, 18, 21, 22 } do assert.is_true(listed(bare, "commands")[number]) end
  end)

  it("lists algorithms by number, and any component unless prefixes are given", function()
    local can <const> = assert(read_back(capabilities.of{ algorithms = { "ESP256", "SHA-256", "Ed25519" } })).capabilities
    assert.same({ -19, -16, -9 }, can.algorithms)
    assert.same({ { true } }, { { can.components[1][1] } })
    local limited <const> = capabilities.of{ algorithms = { "SHA-256" }, components = { { "app" }, { "lib", "x" } } }
    local found <const> = assert(read_back(limited)).capabilities.components
    assert.same({ { "app", true }, { "lib", "x", true } }, { { found[1][1], found[1][2] }, { table.unpack(found[2]) } })
  end)
end)
