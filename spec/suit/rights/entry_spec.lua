local raw <const> = require "fixtures.suit_raw"
local signers <const> = require "fixtures.suit_signers"

local seq <const>, map <const>, rights <const> = raw.sequence, raw.map, signers.rights

describe("rights of signers:", function()
  local sim

  before_each(function() sim = signers.new() end)
  after_each(function() sim:close() end)

  it("none but those of its entry, if there are entries (S-051)", function()
    sim:denies(raw.make(), {})
    sim:denies(raw.make(), rights{})
    sim:denies(raw.make(), rights(nil, { modify = { {} } }))
    sim:permits(raw.make(), rights{ modify = { {} } })
    sim:permits(raw.make(), nil)
  end)

  it("reach as far as a prefix of whole segments (S-051, S-018)", function()
    sim:permits(raw.make(), rights{ modify = { { "other" }, { "hello" } } })
    sim:denies(raw.make(), rights{ modify = { { "hell" } } })
    sim:denies(raw.make(), rights{ modify = { { "hello", "app", "deeper" } } })
  end)

  it("cover the manifest's own identifier (S-080)", function()
    sim:denies(raw.make(), rights{ modify = { raw.component } })
    sim:permits(raw.make(), rights{ modify = { raw.component, raw.manifest_id } })
    sim:denies(raw.make{ fields = { [5] = raw.array{ "of", "others" } } }, rights{ modify = { { "hello" } } })
  end)

  it("cover all components of a manifest that has no identifier: they make its identity (S-080)", function()
    local nameless <const> = raw.make{ fields = { [5] = false, [20] = seq(14, 15) } }
    sim:denies(nameless, rights{ read = { raw.component } })
    assert.equal("condition_failed", sim:judge(nameless, rights{ modify = { raw.component } }).code)
  end)

  it("tell reading from changing (S-051)", function()
    local reading <const> = rights{ modify = { raw.manifest_id }, read = { raw.component } }
    local outcome <const> = sim:denies(raw.make(), reading)
    assert.matches("fetch (21)", outcome.message, 1, true)
    assert.same({ 20 }, { outcome.failure.section })
    for _, code in ipairs{ 18, 33 } do
      sim:denies(raw.make{ fields = { [20] = seq(20, map{ [18] = "x" }, code, 2) } }, reading)
    end
  end)

  it("are wanted for the source of a copy, and both sides of a swap", function()
    local two <const> = { raw.component, { "source" } }
    local function with(code)
      return raw.make{
        components = two, shared = false, fields = { [20] = seq(12, 0, 20, map{ [22] = 1 }, code, 2), [24] = false },
      }
    end
    local txn <const> = sim.driver:txn()
    local slot <const> = txn:stage{ "source" }
    slot:write "bytes"
    slot:finish()
    assert(txn:commit())
    sim:denies(with(22), rights{ modify = { { "hello" } } })
    sim:denies(with(31), rights{ modify = { { "hello" } }, read = { { "source" } } })
    sim:permits(with(22), rights{ modify = { { "hello" } }, read = { { "source" } } })
    sim:permits(with(31), rights{ modify = { { "hello" }, { "source" } } })
  end)

  it("may list commands and parameters (S-051)", function()
    local function listed(commands, parameters)
      return rights{ modify = { {} }, commands = commands, parameters = parameters }
    end
    sim:permits(raw.make(), listed({ 1, 2, 3, 20, 21, 33 }, { 1, 2, 3, 14, 21 }))
    local outcome <const> = sim:denies(raw.make(), listed{ 1, 2, 3, 20, 33 })
    assert.matches("fetch (21)", outcome.message, 1, true)
    sim:denies(raw.make(), listed(nil, { 1, 2, 3, 14 }))
  end)

  it("are those of all signers together, each act within one of them (S-051, S-005)", function()
    local envelope <const> = signers.by_both(raw.manifest())
    sim:permits(envelope, rights({ modify = { raw.manifest_id } }, { modify = { raw.component } }))
    sim:denies(envelope, rights{ modify = { raw.manifest_id } })
    sim:denies(envelope,
      rights({ modify = { {} }, commands = { 1, 2, 3, 20, 33 } }, { read = { {} }, commands = { 21 } }))
  end)
end)
