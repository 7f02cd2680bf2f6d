local child = require "child"
local contract = require "driver.contract"
local driver = require "teep.driver"

local folder
local engine = {}

local function output(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read("a")
  pipe:close()
  return text
end

local function lines(command)
  local list = {}
  for line in output(command):gmatch("[^\n]+") do list[#list + 1] = line end
  return list
end

function engine.options()
  folder = child.folder()
  return { name = "sim", path = folder .. "/tee" }
end

function engine.remove() child.remove(folder) end

function engine.check_staged(count)
  assert.are.equal(count, #lines("find " .. folder .. "/tee/staged -mindepth 1"))
end

-- Every file is below the root, with a name of our making and for its owner only.
function engine.check_place(components)
  local names = lines("ls -A " .. folder .. "/tee/components")
  assert.are.equal(components, #names)
  for _, name in ipairs(names) do assert.is_truthy(name:find("^" .. ("[0-9a-f]"):rep(64) .. "$")) end
  assert.are.same({ "tee" }, lines("ls -A " .. folder))
  assert.are.same({ "components", "keys", "lock", "sealed", "staged" }, lines("ls -A " .. folder .. "/tee"))
  assert.are.same({}, lines("find " .. folder .. "/tee -type f ! -perm 600 -o -type d ! -perm 700"))
end

local function read_file(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("a")
  file:close()
  return content
end

local function write_file(path, content)
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
end

local function has_failed(code, result, message, found)
  assert.is_nil(result)
  assert.are.equal(code, found)
  assert.is_string(message)
  return message
end

describe("teep.driver sim", function() contract(engine, _ENV) end)

describe("teep.driver.open", function()
  local options

  before_each(function() options = engine.options() end)
  after_each(engine.remove)

  it("names the drivers there are when it knows none of that name", function()
    assert.is_truthy(has_failed("not_found", driver.open { name = "simm" }):find("sim", 1, true))
  end)

  it("throws without a name and on options that are no strings", function()
    assert.has_error(function() driver.open {} end)
    assert.has_error(function() driver.open() end)
    assert.has_error(function() driver.open { name = "sim", path = 7 } end)
    assert.has_error(function() driver.open { name = "sim", path = "a\0b" } end)
    assert.has_error(function() driver.open { name = "sim", [1] = "path" } end)
  end)

  it("takes 16 options at most", function()
    local many = { name = "sim" }
    for i = 1, 16 do many["option" .. i] = "" end
    has_failed("config_invalid", driver.open(many))
    many.option17 = ""
    assert.has_error(function() driver.open(many) end)
  end)

  it("refuses options the driver does not have, and wants a path", function()
    has_failed("config_invalid", driver.open { name = "sim", path = options.path, pth = "x" })
    has_failed("config_invalid", driver.open { name = "sim" })
    has_failed("config_invalid", driver.open { name = "sim", path = "" })
  end)

  it("refuses a folder that cannot be made or is no folder", function()
    has_failed("not_found", driver.open { name = "sim", path = folder .. "/no/such/folder" })
    write_file(folder .. "/file", "")
    has_failed("io_failed", driver.open { name = "sim", path = folder .. "/file" })
  end)

  it("refuses a folder that others may write to", function()
    for _, mode in ipairs { "0770", "0702", "0777" } do
      os.execute(("mkdir -p %s && chmod %s %s"):format(options.path, mode, options.path))
      has_failed("denied", driver.open(options))
    end
    os.execute("chmod 0755 " .. options.path)
    assert(driver.open(options)):close()
  end)

  it("makes folders and files for their owner only, whatever the umask", function()
    local maker = child.start([[
      local tee = assert(require("teep.driver").open { name = "sim", path = (...) })
      local txn = assert(tee:txn())
      assert(assert(txn:stage { "a" }):finish())
      assert(txn:commit())
      assert(tee:seal_put("a", "a"))
      assert(tee:key("a", "ESP256"))
      print "end"]], { options.path, before = "umask 000;" })
    assert.are.equal("end\n", maker:rest())
    maker:wait()
    engine.check_place(1)
  end)

  it("is for one process at a time, and one handle", function()
    local tee = assert(driver.open(options))
    assert.is_truthy(has_failed("busy", driver.open(options)):find("in use by another process", 1, true))
    local other = child.start([[
      print(select(3, require("teep.driver").open { name = "sim", path = (...) }))]], { options.path })
    assert.are.equal("busy", other:line())
    other:wait()
    tee:close()
    assert(driver.open(options)):close()
  end)

  it("follows a link to the folder itself", function()
    os.execute(("mkdir -m 0700 %s/real && ln -s real %s"):format(folder, options.path))
    local tee = assert(driver.open(options))
    assert(tee:seal_put("a", "a"))
    tee:close()
    assert.is_truthy(io.open(folder .. "/real/sealed/a"))
  end)

  it("removes what a killed process left in staged/", function()
    assert(driver.open(options)):close()
    write_file(options.path .. "/staged/0", "half")
    write_file(options.path .. "/staged/.strange name", "half")
    assert(driver.open(options)):close()
    engine.check_staged(0)
  end)
end)

describe("teep.driver sim", function()
  local options, tee, outside

  before_each(function()
    options = engine.options()
    tee = assert(driver.open(options))
    outside = folder .. "/outside"
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

  it("does not follow a link in place of a component (D18)", function()
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
    os.execute(("mkdir %s/elsewhere && touch %s/elsewhere/precious"):format(folder, folder))
    for _, name in ipairs { "components", "keys", "sealed", "staged", "lock" } do
      tee:close()
      replace_by(options.path .. "/" .. name, ("ln -s %s"):format(name == "lock" and outside or folder .. "/elsewhere"))
      has_failed("corrupt", driver.open(options))
      os.execute(("rm %s/%s"):format(options.path, name))
      tee = assert(driver.open(options))
    end
    assert.are.same({ "precious" }, lines(("ls %s/elsewhere"):format(folder)))
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
