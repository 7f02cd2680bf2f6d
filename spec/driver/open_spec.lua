local child = require "child"
local driver = require "teep.driver"
local engine = require "driver.sim"
local has_failed = require "has_failed"

local write_file = engine.write_file

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
    has_failed("not_found", driver.open { name = "sim", path = engine.folder .. "/no/such/folder" })
    write_file(engine.folder .. "/file", "")
    has_failed("io_failed", driver.open { name = "sim", path = engine.folder .. "/file" })
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
    os.execute(("mkdir -m 0700 %s/real && ln -s real %s"):format(engine.folder, options.path))
    local tee = assert(driver.open(options))
    assert(tee:seal_put("a", "a"))
    tee:close()
    assert.is_truthy(io.open(engine.folder .. "/real/sealed/a"))
  end)

  it("removes what a killed process left in staged/", function()
    assert(driver.open(options)):close()
    write_file(options.path .. "/staged/0", "half")
    write_file(options.path .. "/staged/.strange name", "half")
    assert(driver.open(options)):close()
    engine.check_staged(0)
  end)
end)
