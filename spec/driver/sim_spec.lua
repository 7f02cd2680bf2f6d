local child = require "child"
local contract = require "driver.contract"
local driver = require "teep.driver"
local engine = require "driver.sim"
local has_failed = require "has_failed"

local read_file, write_file, lines = engine.read_file, engine.write_file, engine.lines

describe("teep.driver sim", function() contract(engine, _ENV) end)

describe("teep.driver sim", function()
  local options, tee, outside

  before_each(function()
    options = engine.options()
    tee = assert(driver.open(options))
    outside = engine.folder .. "/outside"
    write_file(outside, "outside")
  end)

  after_each(function()
    tee:close()
    engine.remove()
  end)

  local function install(id, content)
    local txn = assert(tee:txn())
    local slot = assert(txn:stage(id))
    assert(slot:write(content))
    assert(slot:finish())
    return txn:commit()
  end

  local function component_file() return options.path .. "/components/" .. lines("ls " .. options.path .. "/components")[1] end

  local function replace_by(path, command) assert(os.execute(("rm -rf %s && %s %s"):format(path, command, path))) end

  it("does not follow a link in place of a component (D18, S-107)", function()
    assert(install({ "a" }, "old"))
    replace_by(component_file(), "ln -s " .. outside)
    has_failed("corrupt", tee:probe { "a" })
    has_failed("corrupt", tee:read({ "a" }, 0, 100))
    assert(install({ "a" }, "new"))
    assert.are.equal("new", tee:read({ "a" }, 0, 100))
    replace_by(component_file(), "ln -s " .. outside)
    local txn = assert(tee:txn())
    assert(txn:remove { "a" })
    assert(txn:commit())
    has_failed("not_found", tee:probe { "a" })
    assert.are.equal("outside", read_file(outside))
  end)

  it("does not follow links in place of sealed values and keys (D18)", function()
    assert(tee:seal_put("a", "a"))
    replace_by(options.path .. "/sealed/a", "ln -s " .. outside)
    replace_by(options.path .. "/keys/a", "ln -s " .. outside)
    has_failed("corrupt", tee:seal_get("a"))
    has_failed("corrupt", tee:key("a", "ESP256"))
    assert(tee:seal_put("a", "new"))
    assert.are.equal("new", tee:seal_get("a"))
    assert.are.equal("outside", read_file(outside))
  end)

  it("does not follow links in place of its folders and its lock (D18)", function()
    os.execute(("mkdir %s/elsewhere && touch %s/elsewhere/precious"):format(engine.folder, engine.folder))
    for _, name in ipairs { "components", "keys", "sealed", "staged", "lock" } do
      tee:close()
      replace_by(options.path .. "/" .. name, ("ln -s %s"):format(name == "lock" and outside or engine.folder .. "/elsewhere"))
      has_failed("corrupt", driver.open(options))
      os.execute(("rm %s/%s"):format(options.path, name))
      tee = assert(driver.open(options))
    end
    assert.are.same({ "precious" }, lines(("ls %s/elsewhere"):format(engine.folder)))
    assert.are.equal("outside", read_file(outside))
  end)

  it("does not wait at a FIFO and refuses a folder in place of a file", function()
    assert(install({ "a" }, "old"))
    for _, command in ipairs { "mkfifo", "mkdir" } do
      replace_by(component_file(), command)
      has_failed("corrupt", tee:probe { "a" })
      replace_by(options.path .. "/sealed/a", command)
      has_failed("corrupt", tee:seal_get("a"))
      replace_by(options.path .. "/keys/a", command)
      has_failed("corrupt", tee:key("a", "ESP256"))
    end
    has_failed("io_failed", install({ "a" }, "new"))
    engine.check_staged(0)
  end)

  it("measures what is stored, not what was written", function()
    assert(install({ "a" }, "old"))
    local before = tee:probe { "a" }
    write_file(component_file(), "olD")
    assert.are.equal(before.size, tee:probe { "a" }.size)
    assert.are_not.equal(before.digest, tee:probe { "a" }.digest)
  end)

  it("finds every changed byte and every cut of a sealed value", function()
    assert(tee:seal_put("a", "value"))
    local path = options.path .. "/sealed/a"
    local content = read_file(path)
    for at = 1, #content do
      write_file(path, content:sub(1, at - 1) .. string.char(content:byte(at) ~ 1) .. content:sub(at + 1))
      has_failed("corrupt", tee:seal_get("a"))
      write_file(path, content:sub(1, at - 1))
      has_failed("corrupt", tee:seal_get("a"))
    end
    write_file(path, content .. "x")
    has_failed("corrupt", tee:seal_get("a"))
    os.execute(("truncate -s 1G %s"):format(path))
    assert.is_truthy(has_failed("corrupt", tee:seal_get("a")):find("impossible size", 1, true))
    write_file(path, content)
    assert.are.equal("value", tee:seal_get("a"))
  end)

  it("finds a sealed value under the name of another", function()
    assert(tee:seal_put("a", "value"))
    assert(tee:seal_put("b", "other"))
    os.execute(("cp %s/sealed/b %s/sealed/a"):format(options.path, options.path))
    has_failed("corrupt", tee:seal_get("a"))
  end)

  it("finds every changed byte and every cut of a key, and never makes a damaged key anew", function()
    local kid = assert(tee:key("agent", "ESP256")):thumbprint()
    local path = options.path .. "/keys/agent"
    local content = read_file(path)
    tee:close()
    tee = assert(driver.open(options))
    for at = 1, #content do
      local damaged = content:sub(1, at - 1) .. string.char(content:byte(at) ~ 1) .. content:sub(at + 1)
      write_file(path, damaged)
      has_failed("corrupt", tee:key("agent", "ESP256"))
      assert.are.equal(damaged, read_file(path))
      write_file(path, content:sub(1, at - 1))
      has_failed("corrupt", tee:key("agent", "ESP256"))
    end
    write_file(path, content .. ("x"):rep(200))
    has_failed("corrupt", tee:key("agent", "ESP256"))
    write_file(path, content)
    assert.are.equal(kid, tee:key("agent", "ESP256"):thumbprint())
  end)

  it("refuses a sealed value in place of a key", function()
    assert(tee:seal_put("agent", "not a COSE_Key"))
    os.execute(("mv %s/sealed/agent %s/keys/agent"):format(options.path, options.path))
    has_failed("corrupt", tee:key("agent", "ESP256"))
  end)

  it("goes on with the old state when the disk is full (D20)", function()
    assert(install({ "a" }, "old"))
    assert(tee:seal_put("a", "old"))
    tee:close()
    local writer = child.start([[
      local tee = assert(require("teep.driver").open { name = "sim", path = (...) })
      local txn = assert(tee:txn())
      local slot = assert(txn:stage { "a" })
      print(select(2, slot:write(("x"):rep(1 << 20))))
      assert(not pcall(slot.write, slot, "x"))
      slot:abort()
      print(select(2, tee:seal_put("a", ("x"):rep(100000))))
      local small = assert(txn:stage { "b" })
      assert(small:write("small") and small:finish())
      print(txn:commit())]], { options.path, before = "trap '' XFSZ; ulimit -f 8;" })
    for _ = 1, 2 do
      local message, code = writer:line():match("^(.*)\t(.*)$")
      assert.are.equal("no_space", code)
      assert.is_truthy(message:find("write file: .* %(%d+%)"))
    end
    assert.are.equal("true", writer:line())
    writer:wait()
    tee = assert(driver.open(options))
    assert.are.equal("old", tee:read({ "a" }, 0, 100))
    assert.are.equal("old", tee:seal_get("a"))
    assert.are.equal("small", tee:read({ "b" }, 0, 100))
    engine.check_staged(0)
  end)
end)
