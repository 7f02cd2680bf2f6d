local child = require "child"
local has_failed = require "has_failed"
local contract = require "store.contract"
local sqlite = require "teep.sqlite"
local store = require "teep.store"

local folder
local engine = { shared = true }

function engine.uri()
  folder = child.folder()
  return "sqlite:" .. folder .. "/store.db"
end

function engine.remove() child.remove(folder) end

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  pipe:close()
  return text
end

local function overwrite(path, at, bytes)
  local file = assert(io.open(path, "r+b"))
  file:seek("set", at)
  file:write(bytes)
  file:close()
end

describe("teep.store over SQLite", function() contract(engine, _ENV) end)

describe("teep.store.open", function()
  local path

  before_each(function() path = engine.uri():sub(#"sqlite:" + 1) end)
  after_each(engine.remove)

  local function is_refused(code, uri) return has_failed(code, store.open(uri)) end

  it("refuses a scheme it does not know and names those it knows", function()
    assert.is_truthy(is_refused("config_invalid", "mysql://host/db"):find("sqlite:", 1, true))
    is_refused("config_invalid", "just a path")
    is_refused("config_invalid", "")
  end)

  it("refuses what is not a file", function()
    is_refused("config_invalid", "sqlite:")
    is_refused("config_invalid", "sqlite::memory:")
    is_refused("io_failed", "sqlite:" .. path .. "/no/such/folder")
    is_refused("store_failed", "sqlite:" .. folder)
  end)

  it("refuses a file that is no database and leaves it as it was", function()
    local garbage = ("garbage "):rep(1000)
    local file = assert(io.open(path, "w"))
    file:write(garbage)
    file:close()
    assert.is_truthy(is_refused("corrupt", "sqlite:" .. path):find(path, 1, true))
    assert.are.equal(garbage, assert(io.open(path)):read("a"))
  end)

  it("refuses a file that is too short to be a database", function()
    local file = assert(io.open(path, "w"))
    file:write("SQLite format 3\0", ("\1"):rep(20))
    file:close()
    is_refused("corrupt", "sqlite:" .. path)
  end)

  -- Root may write everywhere; nobody may not.
  local function run_as_nobody(program)
    local is_root = output("id -u") == "0\n"
    return output(("%s env LUA_PATH='%s' LUA_CPATH='%s' lua5.4 -e '%s' 2>&1"):format(
      is_root and "setpriv --reuid=65534 --regid=65534 --clear-groups" or "", package.path, package.cpath, program))
  end

  local function open_as_nobody()
    return run_as_nobody(([[local db, _, code = require("teep.store").open("sqlite:%s") print(db, code)]]):format(path))
  end

  it("refuses a folder and a file that may not be written", function()
    if run_as_nobody [[require "teep.store" print "ready"]] ~= "ready\n" then
      return pending "only root may read the modules"
    end
    assert(os.execute("chmod 0555 " .. folder))
    assert.matches("^nil\tdenied", open_as_nobody())
    assert(os.execute("chmod 0755 " .. folder))
    local db = assert(store.open("sqlite:" .. path))
    assert(db:spend("a", 10))
    db:close()
    assert(os.execute("chmod 0444 " .. path))
    assert.matches("^nil\tdenied", open_as_nobody())
    assert(os.execute("chmod 0600 " .. path))
    local again = assert(store.open("sqlite:" .. path))
    has_failed("token_spent", again:spend("a", 10))
    again:close()
  end)

  describe("with a damaged file", function()
    local size

    before_each(function()
      local db = assert(store.open("sqlite:" .. path))
      for i = 1, 200 do assert(db:spend(("%d"):format(i):rep(100), 1)) end
      db:close()
      size = tonumber(output("stat -c %s " .. path))
    end)

    it("goes by what was committed when its log is damaged", function()
      local db = assert(store.open("sqlite:" .. path))
      assert(db:spend("more", 1))
      local log = path .. "-wal"
      assert(os.execute(("cp %s %s.kept"):format(log, log)))
      db:close()
      assert(os.execute(("mv %s.kept %s && truncate -s -1000 %s"):format(log, log, log)))
      local again = assert(store.open("sqlite:" .. path))
      has_failed("token_spent", again:spend("more", 1))
      again:close()
    end)

    it("says so at once when it was cut short", function()
      assert(os.execute(("truncate -s %d %s"):format(size // 2, path)))
      is_refused("corrupt", "sqlite:" .. path)
    end)

    it("says so at once when a page was overwritten", function()
      overwrite(path, size - 4096, ("\255"):rep(4096))
      is_refused("corrupt", "sqlite:" .. path)
    end)
  end)

  it("refuses a database of another program and leaves it alone", function()
    local other = assert(sqlite.open(path))
    assert(other:exec("CREATE TABLE theirs (x)"))
    other:close()
    is_refused("config_invalid", "sqlite:" .. path)
    local again = assert(sqlite.open(path))
    assert.are.equal(1, again:prepare("SELECT count(*) AS n FROM sqlite_schema"):row().n)
    again:close()
  end)

  it("refuses a store of a newer version", function()
    assert(store.open("sqlite:" .. path)):close()
    local raw = assert(sqlite.open(path))
    local version = raw:prepare("PRAGMA user_version"):row().user_version
    assert(raw:exec(("PRAGMA user_version = %d"):format(version + 1)))
    raw:close()
    assert.is_truthy(is_refused("config_invalid", "sqlite:" .. path):find("newer", 1, true))
  end)

  it("makes a file that only its owner can read", function()
    local db = assert(store.open("sqlite:" .. path))
    assert(db:spend("a", 1))
    assert.are.equal("600\n600\n600\n", output(("stat -c %%a %s %s-wal %s-shm"):format(path, path, path)))
    db:close()
  end)

  it("lets two processes make the same store at the same time", function()
    local program = [[
      local db = assert(require("teep.store").open((...)))
      print(assert(db:spend(select(2, ...), 10)))]]
    local makers = {}
    for i = 1, 4 do makers[i] = child.start(program, { "sqlite:" .. path, i }) end
    for _, maker in ipairs(makers) do
      assert.are.equal("true", maker:line())
      assert.is_true(maker:wait())
    end
  end)

  it("goes on with the old state when nothing more can be written (D20)", function()
    local writer = child.start([[
      local db = assert(require("teep.store").open((...)))
      for i = 1, 1000 do
        local ok, message, code = db:transaction(function()
          assert(db:spend("token " .. i, 10))
          return db:manifest_put{ id = "big", sequence_number = i, digest = "d", signer = "", components = {},
            envelope = ("x"):rep(10000), added = 1 }
        end)
        if not ok then return print(i, code, message) end
      end]], { "sqlite:" .. path, before = "trap '' XFSZ; ulimit -f 300;" })
    local line = writer:line()
    writer:wait()
    local failed, code = line:match("^(%d+)\t(%S+)")
    assert.are.equal("io_failed", code) -- what SQLite calls a file size limit: disk I/O error
    local db = assert(store.open("sqlite:" .. path))
    assert.are.equal(failed - 1, db:manifest("big").sequence_number)
    assert.is_true(db:spend("token " .. failed, 10))
    db:close()
  end)
end)
