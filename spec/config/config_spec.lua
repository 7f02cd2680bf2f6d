-- Configuration files as such: what is no configuration at all, and bounds that both roles share.
local config <const> = require "teep.config"
local file <const> = require "config.file"

describe("a configuration file", function()
  setup(file.make)
  teardown(file.remove)

  -- Each line: what is wrong, what is in the file, and what the one line of the message has to say.
  local refused = {
    { "being absent", nil, "No such file" },
    { "a syntax error, with its line", "return {\n  a = = 1 }", "line 2" },
    { "byte code", string.dump(function() return {} end), "binary" },
    { "returning something else than a table", "return 1", "has to return a table" },
    { "returning nothing", "", "has to return a table" },
    { "use of a global function", "return { a = os.getenv('HOME') }", "global 'os'" },
    { "an attempt to load code", "return load('return {}')()", "global 'load'" },
    { "an error it raises", "local t = nil; return t.x", "line 1" },
  }
  for _, case in ipairs(refused) do
    it("is refused for " .. case[1], function()
      local path = case[2] and file.write(case[2]) or file.folder .. "/missing.lua"
      file.refused(case[3], config.load(path, "tam"))
      file.refused(path, config.load(path, "tam"))
    end)
  end

  it("is refused for a socket path of 108 bytes and accepted with 107", function()
    local function socket(size) return ("admin_socket = '/%s'"):format(("x"):rep(size - 1)) end
    assert.equal(107, #file.load_tam(socket(107)).admin_socket)
    file.refused("admin_socket: 108 bytes, a unix socket path has at most 107", file.load_tam(socket(108)))
  end)

  it("is refused when a required setting is missing", function()
    file.refused("admin_socket: is missing", config.load(file.write "return { listen = { port = 1 } }", "tam"))
  end)

  it("is refused for data nested deeper than 8 and accepted at 8", function()
    local function nested(depth) return ("{ a = "):rep(depth) .. "1" .. (" }"):rep(depth) end
    local policies = "policies = { { path = 'a', config = %s } }"
    assert.truthy(file.load_tam(policies:format(nested(8))))
    file.refused("nested deeper than 8", file.load_tam(policies:format(nested(9))))
  end)

  it("is told apart by role", function()
    local _, role = config.load_any(file.write(file.tam:format ""))
    assert.equal("tam", role)
    _, role = config.load_any(file.write(file.device:format ""))
    assert.equal("device", role)
  end)
end)
