-- The demo's file server shows one folder and nothing else.
local lfs = require "lfs"
local site = require "cli.site"
local support = require "transport.support"
local transport = require "teep.transport"

describe("the demo's file server", function()
  local here, loop, port
  setup(function()
    here = site.bare()
    for _, name in ipairs{ "shown", "shown/inside" } do assert(lfs.mkdir(here:path(name))) end
    here:write("secret", "secret")
    here:write("shown/.hidden", "secret")
    here:write("shown/inside/file", "secret")
    here:write("shown/model-1_2.bin", "\0payload")
    here:write("shown/empty", "")
    port = math.tointeger(tonumber(here:serve_files "shown"))
    loop = assert(transport.loop())
  end)
  teardown(function()
    loop:close()
    here:remove()
  end)

  local function ask(path, method)
    local found
    loop:request{ address = "127.0.0.1", port = port, path = path, method = method,
      on_response = function(status, _, body) found = { status, body } end,
      on_error = function(message) found = { message, "" } end }
    support.wait(loop, function() return found end)
    return found
  end

  for _, path in ipairs{ "/", "/secret", "/../secret", "/%2e%2e/secret", "/..%2fsecret", "//secret", "/./../secret",
    "/inside/file", "/inside/../../secret", "/inside", "/.hidden", "/..", "/nosuch", "/model-1_2.bin/", "/model-1_2.bin%00" } do
    it("does not serve " .. path, function()
      local found = ask(path)
      assert.not_equal(200, found[1])
      assert.is_nil(found[2]:find "secret")
    end)
  end

  it("answers GET alone", function() assert.equal(405, ask("/model-1_2.bin", "DELETE")[1]) end)

  it("serves a file of the folder, an empty one too", function()
    assert.same({ 200, "\0payload" }, ask "/model-1_2.bin")
    assert.equal(200, ask("/empty")[1])
    assert.equal("", ask("/empty")[2])
  end)
end)
