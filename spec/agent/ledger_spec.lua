local faults = require "agent.faults"
local ledger = require "teep.agent.ledger"
local scene = require "agent.scene"

describe("teep.agent.ledger", function()
  teardown(scene.clean)

  local function row(name, slot, ...)
    local components = {}
    for i, id in ipairs { ... } do
      components[i] = { component_id = { id }, digest = "d", digest_algorithm = "SHA-256", size = 1 }
    end
    return { manifest_component_id = { name }, sequence_number = 1, digest = "m", kid = "k", tam_uri = "ws://t",
      slot = slot, components = components }
  end

  local function holding(...)
    local driver, rows = scene.driver(scene.folder()), { ... }
    local book = assert(ledger.open(driver))
    assert(book:change(function(state) state.manifests = rows end))
    return book, driver
  end

  for name, stored in pairs { ["other bytes"] = "\xff", ["no ledger"] = "\x80", nothing = "" } do
    it("does not open on " .. name, function()
      local driver = scene.driver(scene.folder())
      assert(driver:seal_put("ledger", stored))
      assert.equal("corrupt", select(3, ledger.open(driver)))
    end)
  end

  it("stays as it was when the driver does not store it", function()
    local full = false
    local driver = faults.wrap(scene.driver(scene.folder()), function(name)
      if full and name == "seal_put" then return nil, "disk full", "no_space" end
    end)
    local book = assert(ledger.open(driver))
    local before = book.state
    full = true
    local ok, message, code = book:change(function(state) state.broken[1] = { "x" } end)
    assert.same({ nil, "disk full", "no_space" }, { ok, message, code })
    assert.equal(before, book.state)
    assert.same({}, book.state.broken)
  end)

  it("reads back everything it stored", function()
    local book, driver = holding(row("a", 1, "x", "\0"), row("b", 2))
    assert(book:change(function(state)
      state.sequence_numbers = { { manifest_component_id = { "a" }, sequence_number = -1 } }
      state.requested = { { component_id = {}, tam_uri = "ws://t" } }
      state.unneeded = { { manifest_component_id = { "b" }, tam_uri = "ws://t" } }
      state.broken = { { "y", "" } }
      state.intent = { manifest_component_id = { "a" }, changes = { { component_id = { "x" }, from = "", to = "d" } } }
    end))
    assert(book:remember("kid", "token", 5))
    assert.same(book.state, assert(ledger.open(driver)).state)
  end)

  it("counts the holders of a component, some manifests left out if asked (S-074)", function()
    local book = holding(row("a", 1, "x"), row("b", 2, "x", "y"))
    assert.equal(2, #book:holders { "x" })
    assert.equal(0, #book:holders { "z" })
    assert.is_true(book:kept({ "x" }, { { "a" } }))
    assert.is_false(book:kept({ "x" }, { { "a" }, { "b" } }))
    assert.is_true(book:kept({ "y" }, { { "a" } }))
    assert.is_false(book:kept({ "z" }, {}))
    assert.equal(2, #book:components())
  end)

  it("stores each envelope in a slot of its own and uses free slots again", function()
    local book = holding(row("a", 1), row("b", 2))
    assert.equal(3, book:store "third")
    assert.equal("third", book:envelope(3))
    assert(book:change(function(state) ledger.drop(state.manifests, "manifest_component_id", { "a" }) end))
    assert.equal(1, book:store "fourth")
  end)
end)
