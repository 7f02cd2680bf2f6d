local loader <const> = require "teep.policy.loader"
local scripts <const> = require "policy.scripts"

describe("teep.policy.loader", function()
  after_each(scripts.remove)

  local function load(source, verbs) return loader.load(scripts.write(source), verbs or {}) end

  local function refused(expected, source)
    local result, message, code = load(source)
    assert.is_nil(result)
    assert.equal(expected, code, message)
    assert.is_nil(message:find("\n", 1, true), "a message is one line")
    return message
  end

  it("does not find scripts that are not there", function()
    for _, name in ipairs { "no_such_policy", "/no/such/file", "missing.lua" } do
      local result <const>, _, code <const> = loader.load(name, {})
      assert.is_nil(result)
      assert.equal("not_found", code)
    end
  end)

  it("says io_failed for a folder", function()
    local _, _, code <const> = loader.load("/tmp/", {})
    assert.equal("io_failed", code)
  end)

  it("refuses bytecode (D27)", function()
    refused("policy_failed", string.dump(function() return {} end))
  end)

  it("refuses a file of one byte over 1 MiB, not one of 1 MiB", function()
    local source <const> = "return {} --"
    assert.truthy(load(source .. ("x"):rep(loader.SIZE_MAX - #source)))
    refused("too_large", source .. ("x"):rep(loader.SIZE_MAX - #source + 1))
  end)

  it("refuses what does not parse, throws or returns no table", function()
    refused("policy_failed", "return {")
    assert.matches("deliberate", refused("policy_failed", "error('deliberate')"))
    refused("policy_failed", "error({})")
    refused("policy_failed", "error('two\\nlines')")
    refused("policy_failed", "return 1")
    refused("policy_failed", "")
  end)

  it("stops a main chunk that never ends (D27)", function()
    assert.matches("holds more than 65536 KiB",
      refused("policy_failed", "local t = {} while true do t[#t + 1] = ('x'):rep(1000000) end"))
    assert.matches("instructions", refused("policy_failed", "while true do end"))
  end)

  it("offers nothing that reaches out of the script (D27)", function()
    for _, name in ipairs {
      "_G", "_ENV._G", "collectgarbage", "coroutine", "debug", "dofile", "getmetatable", "io", "load",
      "loadfile", "next", "os", "package", "pcall", "print", "rawequal", "rawget", "rawlen", "rawset",
      "require", "setmetatable", "warn", "xpcall", "math.random", "math.randomseed", "string.dump",
      "string.pack", "string.unpack", "table.move",
    } do
      assert.same({ true }, load("return { " .. name .. " == nil }"), name)
    end
  end)

  it("offers the pure library and the verbs", function()
    local result <const> = load([[
      return { verb(2), ("x"):rep(3), string.format("%d %s", 5, {}), tostring({}), math.max(1, 2),
        utf8.char(228), #table.pack(1, 2), select("#", 1, 2) }]], { verb = function(x) return x * 2 end })
    assert.same({ 4, "xxx", "5 table", "table", 2, "ä", 2, 2 }, result)
  end)

  it("lets string methods reach no more than the string library of the script", function()
    assert.same({ true, true }, load("return { ('').dump == nil, ('').pack == nil }"))
    assert.equal(string.dump, ("").dump, "the host keeps its own methods")
    refused("policy_failed", "error('x')")
    assert.equal(string.dump, ("").dump, "also after a failure")
  end)

  it("bounds string.rep at 1 MiB, not one byte more", function()
    assert.equal(1 << 20, #load("return { ('ab'):rep(1 << 19) }")[1])
    refused("policy_failed", "return { ('x'):rep((1 << 20) + 1) }")
    refused("policy_failed", "return { string.rep('', math.maxinteger, 'x') }")
  end)

  it("shows no addresses", function()
    refused("policy_failed", "return { string.format('%p', {}) }")
    refused("policy_failed", "return { ('%-20p'):format({}) }")
    assert.same({ "function" }, load("return { tostring(print or tostring) }"))
  end)

  it("keeps libraries and globals read-only", function()
    refused("policy_failed", "string.rep = nil return {}")
    refused("policy_failed", "math = nil return {}")
    assert.matches("counter", refused("policy_failed", "counter = 1 return {}"))
  end)

  it("iterates plain tables in sorted order", function()
    assert.same({ "a,b,c,d" }, load([[
      local keys = {}
      for key in pairs { d = 1, b = 1, a = 1, c = 1 } do keys[#keys + 1] = key end
      return { table.concat(keys, ",") }]]))
  end)

  it("keeps a debug hook of the host", function()
    local function hook() end
    debug.sethook(hook, "", 1000000)
    load("return {}")
    local restored <const> = debug.gethook()
    debug.sethook()
    assert.equal(hook, restored)
  end)
end)
