-- What a TAM may be told by its configuration.
local file <const> = require "config.file"

describe("a configuration file", function()
  setup(file.make)
  teardown(file.remove)

  local faulty = {
    { "colour = 1", "colour: unknown setting" },
    { "polices = {}", 'polices: unknown setting, did you mean "policies"?' },
    { "wire = 'v99'", 'wire: want one of v26, v25, found "v99"' },
    { "log = { levl = 'info' }", 'log.levl: unknown setting, did you mean "level"?' },
    { "log = { strangers = 0 }", "log.strangers: want a whole number from 1, found 0" },
    { "log = { level = 'loud' }", "log.level: want one of debug, info, warning, error" },
    { "trust = { agents = 'x' }", 'trust.agents: want a table, found "x"' },
    { "trust = { agents = { 1 } }", "trust.agents[1]: want a string, found 1" },
    { "trust = { agents = { first = 'x' } }", "trust.agents.first: this is a list" },
    { "trust = { signer = {} }", 'trust.signer: unknown setting, did you mean "signers"?' },
    { "messages = ''", "messages: want a path" },
    { "limits = 5", "limits: want a table, found 5" },
    { "limits = { mesage = 1 }", 'limits.mesage: unknown setting, did you mean "message"?' },
    { "limits = { message = 0 }", "limits.message: want a whole number from 1, found 0" },
    { "policies = { { path = 'a', config = { f = function() end } } }",
      "policies[1].config.f: want plain data, found a function" },
    { "listen = { port = 65536 }", "listen.port: want a whole number from 0 to 65535, found 65536" },
    { "listen = { port = -1 }", "listen.port: want a whole number from 0 to 65535, found -1" },
    { "listen = { port = 8080.5 }", "listen.port: want a whole number" },
    { "listen = { port = '80' }", 'listen.port: want a whole number from 0 to 65535, found "80"' },
    { "listen = { port = 1, path = 'teep' }", "listen.path: want a path like /teep" },
    { "listen = { port = 1, path = '/te%65p' }", "listen.path: want a path like /teep, without escapes" },
    { "listen = { port = 1, path = '/a//b' }", "listen.path: want a path like /teep" },
    { "listen = { port = 1, path = '/a/..' }", "listen.path: want a path like /teep" },
    { "listen = { port = 1, path = '/a?b' }", "listen.path: want a path like /teep" },
    { "listen = { port = 1, address = 'localhost' }", "listen.address: want a numeric address like 127.0.0.1 or ::1" },
    { "listen = {}", "listen.port: is missing" },
    { "store = 'tam.db'", 'store: want "sqlite:PATH" or "memory:"' },
    { "store = 'memory:x'", 'store: want "sqlite:PATH" or "memory:"' },
    { "keys = {}", "keys: want at least 1, found 0" },
    { "policies = { { config = {} } }", "policies[1].path: is missing" },
  }
  for _, case in ipairs(faulty) do
    it("is refused with the name of the field: " .. case[1], function() file.refused(case[2], file.load_tam(case[1])) end)
  end

  it("of a TAM takes any path and address that can be met", function()
    for _, path in ipairs{ "/", "/teep", "/a/b-c_d.e~f", "/.well-known/teep", "/a/..b", "/v1/" } do
      assert.equal(path, assert(file.load_tam(("listen = { port = 1, path = '%s' }"):format(path))).listen.path)
    end
    for _, address in ipairs{ "0.0.0.0", "::", "::1", "fe80::1%eth0", "::ffff:10.0.0.1" } do
      assert.equal(address, assert(file.load_tam(("listen = { port = 1, address = '%s' }"):format(address))).listen.address)
    end
  end)

  it("of a TAM gets defaults and paths beside the file", function()
    local found = assert(file.load_tam())
    assert.same({ address = "127.0.0.1", port = 8080, path = "/teep" }, found.listen)
    assert.equal(file.folder .. "/tam.sock", found.admin_socket)
    assert.equal("sqlite:" .. file.folder .. "/tam.db", found.store)
    assert.same({ file.folder .. "/a.key", "/etc/b.key" }, found.keys)
    assert.same({ agents = {}, reporters = {}, signers = {} }, found.trust)
    assert.same({ { path = "install_on_request", config = {} } }, found.policies)
    assert.equal("v26", found.wire)
    assert.same({ level = "info", strangers = 10 }, found.log)
  end)

  it("accepts the smallest and the largest numbers", function()
    assert.equal(1, file.load_tam("limits = { message = 1 }").limits.message)
    assert.equal(0, file.load_tam("listen = { port = 0 }").listen.port)
    assert.equal(65535, file.load_tam("listen = { port = 65535 }").listen.port)
  end)

  it("takes a policy by name or by path", function()
    local found = assert(file.load_tam "policies = { { path = 'mine.lua' }, { path = './x/y' }, { path = 'shipped' } }")
    assert.equal(file.folder .. "/mine.lua", found.policies[1].path)
    assert.equal(file.folder .. "/./x/y", found.policies[2].path)
    assert.equal("shipped", found.policies[3].path)
  end)

  it("of a TAM takes certificate and key together", function()
    local function listen(tls) return file.load_tam(("listen = { port = 0, tls = %s }"):format(tls)) end
    file.refused("listen.tls.key: is missing", listen "{ certificate = 'a.pem' }")
    file.refused("listen.tls.certificate: is missing", listen "{ key = 'a.key' }")
    file.refused("listen.tls.cert: unknown setting", listen "{ cert = 'a.pem', key = 'a.key' }")
    assert.same({ certificate = file.folder .. "/a.pem", key = "/b.key" },
      listen("{ certificate = 'a.pem', key = '/b.key' }").listen.tls)
  end)
end)
