--- What no caller means to do must not reach memory that is not there. Under the sanitizers a breach ends
-- the run; without them most of these specs still fail.
local border = require "fixtures.border"
local cbor = require "teep.cbor"
local core = require "teep.core"
local engine = require "driver.sim"
local key = require "teep.key"
local schema = require "teep.schema"

describe("a table whose length is beyond what fits memory", function()
  local function refused(...)
    local good, message = pcall(...)
    assert.is_false(good)
    assert.matches("too many entries", message)
  end

  it("is no component identifier", function()
    local driver = assert(core.driver.open("sim", { path = engine.options().path }))
    refused(driver.probe, driver, border(1 << 60, "segment"))
    driver:close()
    engine.remove()
  end)

  it("is no list of keys and no list of algorithms", function()
    local mine = assert(key.generate { algorithm = "ESP256" })
    refused(core.cose.verify, "", { keys = border(1 << 61, mine), algorithms = { "ESP256" } })
    refused(core.cose.verify, "", { keys = { mine }, algorithms = border(1 << 61, "ESP256") })
  end)

  it("is no map", function()
    refused(cbor.encode, cbor.map(border((1 << 60) - 1, { 1, 2 })))
    local free = schema.compile { type = "table", keys = { type = "int" }, of = { type = "int" } }
    assert.equal("wrong_type", select(3, free:encode(border((1 << 60) - 1, { key = 1, value = 2 }))))
  end)
end)

describe("an object of C", function()
  it("does not show its finalizer, which would free what is at work", function()
    local inner = assert(key.generate { algorithm = "ESP256" })
    for _, object in ipairs { inner, schema.compile { type = "int" }, core.crypto.hash "SHA-256" } do
      assert.is_nil(object.__gc)
    end
  end)
end)

describe("a finalizer that closes the driver at work", function()
  local driver, txn

  before_each(function()
    driver = assert(core.driver.open("sim", { path = engine.options().path }))
    txn = assert(driver:txn())
    collectgarbage "stop"
  end)

  after_each(function()
    collectgarbage "restart"
    collectgarbage("incremental", 200, 100)
    driver:close()
    engine.remove()
  end)

  -- The next allocation of some size runs `act`.
  local function arm(act)
    collectgarbage "collect"
    setmetatable({}, { __gc = act })
    collectgarbage("incremental", 1, 1000)
    collectgarbage "restart"
  end

  local function until_thrown(method, ...)
    local good, message
    for _ = 1, 100000 do
      good, message = pcall(method, ...)
      if not good then break end
    end
    assert.is_false(good)
    return message
  end

  local id = {}
  for i = 1, 10000 do id[i] = "segment" end

  for name, arguments in pairs {
    probe = { id }, read = { id, 0, 1 << 16 }, seal_get = { "a" }, key = { "a", "ESP256" },
  } do
    it("leaves " .. name .. " nothing to do", function()
      arm(function() driver:close() end)
      assert.matches("driver is closed", until_thrown(driver[name], driver, table.unpack(arguments)))
    end)
  end

  for _, name in ipairs { "stage", "remove" } do
    it("leaves " .. name .. " nothing to do", function()
      arm(function() txn:abort() end)
      assert.matches("transaction has ended", until_thrown(txn[name], txn, id))
    end)
  end
end)
