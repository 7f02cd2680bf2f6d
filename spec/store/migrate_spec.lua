-- Stores of older versions, kept as SQL text.
local child = require "child"
local has_failed = require "has_failed"
local sqlite = require "teep.sqlite"
local store = require "teep.store"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

describe("a store of schema version 1", function()
  local folder, path

  before_each(function()
    folder = child.folder()
    path = folder .. "/db"
    local raw <close> = assert(sqlite.open(path))
    assert(raw:exec(read "spec/store/version_1.sql"))
  end)
  after_each(function() child.remove(folder) end)

  local function version()
    local raw <close> = assert(sqlite.open(path))
    return raw:prepare("PRAGMA user_version"):row().user_version
  end

  it("is opened with all it held", function()
    local db = assert(store.open("sqlite:" .. path))
    assert.are.equal("\0\255", db:secret("token-key", error))
    has_failed("token_spent", db:spend("\0\1", 10))
    assert.are.same({ token_hash = "\0", agent = "kid", expires = 100, attempt = 1,
      manifests = { { id = "hello", sequence_number = -1 } }, remove = { "old" } }, db:update_take("\0"))
    assert.are.same({ { kid = "kid", public_key = "\xA0", algorithm = "ESP256", first_seen = 1, last_seen = 2,
      status = "active" } }, db:agents())
    assert.are.same({ { component_id = "a", digest = "\0\1", digest_algorithm = "SHA-256", size = 3, manifest = "hello",
      sequence_number = 7 } }, db:tc_list("kid"))
    assert.are.same({ id = "hello", sequence_number = 7, digest = "\xD1", signer = "Q", envelope = "\0\xE1\xFF",
      added = 9, components = { { component_id = "a", digest = "\0\1", digest_algorithm = "SHA-256", size = 3 } } },
      db:manifest("hello", 7))
    assert.are.equal("", db:manifest("hello").envelope)
    assert.are.equal("\xE3", db:manifest("other").envelope)
    db:close()
    assert.are.equal(2, version())
  end)

  it("guards its envelopes from then on (D31)", function()
    assert(store.open("sqlite:" .. path)):close()
    local raw <close> = assert(sqlite.open(path))
    assert(raw:exec("UPDATE manifest SET envelope = x'00E2FF' WHERE sequence_number = 7"))
    local db = assert(store.open("sqlite:" .. path))
    local message = has_failed("corrupt", db:manifest("hello", 7))
    assert.are.equal("manifest hello, sequence number 7: the envelope is not the one that was put", message)
    assert(db:manifest_put{ id = "hello", sequence_number = -1, digest = "\xD2", signer = "", envelope = "new",
      components = {}, added = 1 })
    assert.are.equal("new", db:manifest("hello").envelope)
    db:close()
  end)

  it("is migrated once when two processes open it", function()
    local program = [[
      local db = assert(require("teep.store").open((...)))
      print(#db:manifests())]]
    local openers = {}
    for i = 1, 3 do openers[i] = child.start(program, { "sqlite:" .. path }) end
    for _, opener in ipairs(openers) do
      assert.are.equal("2\n", opener:rest())
      opener:wait()
    end
    assert.are.equal(2, version())
  end)

  it("stays as it was when it cannot be migrated", function()
    local raw <close> = assert(sqlite.open(path))
    assert(raw:exec("CREATE TRIGGER fault BEFORE UPDATE ON manifest BEGIN SELECT RAISE(ABORT, 'no'); END"))
    has_failed("conflict", store.open("sqlite:" .. path))
    assert.are.equal(1, version())
    assert.are.equal(6, #raw:prepare("PRAGMA table_info(manifest)"):rows())
  end)
end)
