local files = require "teep.cli.files"
local lfs = require "lfs"

describe("teep.cli.files.write", function()
  local folder
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
  end)
  after_each(function() os.execute("rm -rf " .. folder) end)

  local function names()
    local found = {}
    for name in lfs.dir(folder) do
      if not name:find "^%.+$" then table.insert(found, name) end
    end
    table.sort(found)
    return found
  end

  it("writes a new file and replaces an old one, and leaves nothing beside it", function()
    local path = folder .. "/out"
    assert.is_true(files.write(path, "old\0bytes"))
    assert.equal("old\0bytes", files.read(path))
    assert.is_true(files.write(path, "new"))
    assert.equal("new", files.read(path))
    assert.same({ "out" }, names())
  end)

  it("keeps the old bytes when the new ones find no room", function()
    local path = folder .. "/out"
    assert.is_true(files.write(path, "good"))
    local script = ("assert(not require('teep.cli.files').write(%q, ('x'):rep(65536)))"):format(path)
    -- A limit on file size stands for the full disk; its signal is ignored, so that write() fails.
    os.execute(("trap '' XFSZ; ulimit -f 1; LUA_PATH=%q LUA_CPATH=%q lua5.4 -e %q"):format(package.path, package.cpath, script))
    assert.equal("good", files.read(path))
    assert.same({ "out" }, names())
  end)

  it("keeps the old bytes when the process is killed in the middle", function()
    local path = folder .. "/out"
    assert.is_true(files.write(path, "good"))
    local script = ("require('teep.cli.files').write(%q, ('x'):rep(65536))"):format(path)
    os.execute(("(ulimit -f 1; LUA_PATH=%q LUA_CPATH=%q lua5.4 -e %q) 2>/dev/null"):format(package.path, package.cpath, script))
    assert.equal("good", files.read(path))
  end)

  it("writes to devices and links where they are", function()
    -- Through links of its own: a broken write must not replace the devices of the machine.
    assert(lfs.link("/dev/null", folder .. "/null", true))
    assert.is_true(files.write(folder .. "/null", "x"))
    assert.equal("link", lfs.symlinkattributes(folder .. "/null", "mode"))
    assert(lfs.link("/dev/full", folder .. "/full", true))
    local _, message, code = files.write(folder .. "/full", "x")
    assert.equal("no_space", code)
    assert.matches(folder .. "/full", message, 1, true)
    assert.is_true(files.write(folder .. "/target", "old"))
    assert(lfs.link(folder .. "/target", folder .. "/link", true))
    assert.is_true(files.write(folder .. "/link", "new"))
    assert.equal("link", lfs.symlinkattributes(folder .. "/link", "mode"))
    assert.equal("new", files.read(folder .. "/target"))
  end)

  it("says where it could not write", function()
    local _, message, code = files.write(folder .. "/absent/out", "x")
    assert.equal("io_failed", code)
    assert.matches("/absent/out: No such file", message, 1, true)
  end)
end)
