local config = require "teep.config"
local check = require "teep.config.check"
local lfs = require "lfs"

local folder

local function write(text)
  local path = folder .. "/config.lua"
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

local tam = [[
return {
  listen = { port = 8080 }, admin_socket = "tam.sock", store = "sqlite:tam.db",
  keys = { "a.key", "/etc/b.key" }, policies = { { path = "install_on_request" } },
  %s
}]]

local device = [[
return {
  driver = { name = "sim", path = "tee" },
  device = { vendor_identifier = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe",
             class_identifier = "1492AF14-2569-5e48-bf42-9b2d51f2ab45" },
  tam_uri = "ws://127.0.0.1:8080/teep", admin_socket = "device.sock",
  %s
}]]

local function load_tam(extra) return config.load(write(tam:format(extra or "")), "tam") end
local function load_device(extra) return config.load(write(device:format(extra or "")), "device") end

local function is_refused(wanted, found, message, code)
  assert.is_nil(found)
  assert.equal("config_invalid", code)
  assert.matches(wanted, message, 1, true)
  assert.is_nil(message:find "\n")
end

describe("a configuration file", function()
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
  end)
  teardown(function()
    os.remove(folder .. "/config.lua")
    lfs.rmdir(folder)
  end)

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
      local path = case[2] and write(case[2]) or folder .. "/missing.lua"
      is_refused(case[3], config.load(path, "tam"))
      is_refused(path, config.load(path, "tam"))
    end)
  end

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
    it("is refused with the name of the field: " .. case[1], function() is_refused(case[2], load_tam(case[1])) end)
  end

  it("is refused for a socket path of 108 bytes and accepted with 107", function()
    local function socket(size) return ("admin_socket = '/%s'"):format(("x"):rep(size - 1)) end
    assert.equal(107, #load_tam(socket(107)).admin_socket)
    is_refused("admin_socket: 108 bytes, a unix socket path has at most 107", load_tam(socket(108)))
  end)

  it("is refused when a required setting is missing", function()
    is_refused("admin_socket: is missing", config.load(write "return { listen = { port = 1 } }", "tam"))
  end)

  it("is refused for data nested deeper than 8 and accepted at 8", function()
    local function nested(depth) return ("{ a = "):rep(depth) .. "1" .. (" }"):rep(depth) end
    local policies = "policies = { { path = 'a', config = %s } }"
    assert.truthy(load_tam(policies:format(nested(8))))
    is_refused("nested deeper than 8", load_tam(policies:format(nested(9))))
  end)

  it("of a TAM takes any path and address that can be met", function()
    for _, path in ipairs{ "/", "/teep", "/a/b-c_d.e~f", "/.well-known/teep", "/a/..b", "/v1/" } do
      assert.equal(path, assert(load_tam(("listen = { port = 1, path = '%s' }"):format(path))).listen.path)
    end
    for _, address in ipairs{ "0.0.0.0", "::", "::1", "fe80::1%eth0", "::ffff:10.0.0.1" } do
      assert.equal(address, assert(load_tam(("listen = { port = 1, address = '%s' }"):format(address))).listen.address)
    end
  end)

  it("of a TAM gets defaults and paths beside the file", function()
    local found = assert(load_tam())
    assert.same({ address = "127.0.0.1", port = 8080, path = "/teep" }, found.listen)
    assert.equal(folder .. "/tam.sock", found.admin_socket)
    assert.equal("sqlite:" .. folder .. "/tam.db", found.store)
    assert.same({ folder .. "/a.key", "/etc/b.key" }, found.keys)
    assert.same({ agents = {}, reporters = {}, signers = {} }, found.trust)
    assert.same({ { path = "install_on_request", config = {} } }, found.policies)
    assert.equal("v26", found.wire)
    assert.same({ level = "info", strangers = 10 }, found.log)
  end)

  it("accepts the smallest and the largest numbers", function()
    assert.equal(1, load_tam("limits = { message = 1 }").limits.message)
    assert.equal(0, load_tam("listen = { port = 0 }").listen.port)
    assert.equal(65535, load_tam("listen = { port = 65535 }").listen.port)
  end)

  it("takes a policy by name or by path", function()
    local found = assert(load_tam "policies = { { path = 'mine.lua' }, { path = './x/y' }, { path = 'shipped' } }")
    assert.equal(folder .. "/mine.lua", found.policies[1].path)
    assert.equal(folder .. "/./x/y", found.policies[2].path)
    assert.equal("shipped", found.policies[3].path)
  end)

  it("of a device gets identifiers as 16 bytes", function()
    local found = assert(load_device())
    assert.equal(16, #found.device.vendor_identifier)
    assert.equal("\x14\x92\xaf\x14", found.device.class_identifier:sub(1, 4))
    assert.equal(folder .. "/tee", found.driver.path)
  end)

  for setting, message in pairs {
    ["fetch = { schemes = { 'ftp' } }"] = 'fetch.schemes[1]: want one of https, http, found "ftp"',
    ["fetch = { schemes = 'http' }"] = "fetch.schemes: want a table",
    ["fetch = { scheme = {} }"] = 'fetch.scheme: unknown setting, did you mean "schemes"?',
    ["fetch = { size = 0 }"] = "fetch.size: want a whole number from 1 to 1099511627776, found 0",
    ["fetch = { size = (1 << 40) + 1 }"] = "fetch.size: want a whole number from 1 to 1099511627776",
    ["fetch = { time = 0 }"] = "fetch.time: want a whole number from 1 to 31536000, found 0",
    ["fetch = { time = 31536001 }"] = "fetch.time: want a whole number from 1 to 31536000, found 31536001",
    ["fetch = { attempts = 0 }"] = "fetch.attempts: want a whole number from 1, found 0",
    ["reports = { sign = 1 }"] = "reports.sign: want a boolean, found 1",
    ["reports = { recipients = {} }"] = "reports.recipients: want at least 1, found 0",
    ["reports = { algorithm = 'A256CTR' }"] = "reports.algorithm: want one of A128GCM, A128CTR, ChaCha20/Poly1305",
    ["reports = { signed = true }"] = 'reports.signed: unknown setting, did you mean "sign"?',
    ["rights = { { modify = { 'a' } } }"] = "rights[1].signer: is missing",
    ["rights = { { signer = 'a', change = {} } }"] = "rights[1].change: unknown setting",
    ["rights = { { signer = 'a', modify = { '' } } }"] = "rights[1].modify[1]: want a component identifier",
    ["rights = { { signer = 'a', read = { 'a b' } } }"] = "rights[1].read[1]: component identifier",
    ["rights = { { signer = 'a', commands = { 65536 } } }"] = "rights[1].commands[1]: want a whole number from 0 to 65535",
    ["rules = { lenient = true }"] = "rules.lenient: unknown setting",
    ["suit_limits = { payload = 1 }"] = "suit_limits.payload: unknown setting",
    ["suit_limits = { work_bytes = -1 }"] = "suit_limits.work_bytes: want a whole number from 0 to 1099511627776, found -1",
    ["rules = { decrypt_on_fetch = 'yes' }"] = 'rules.decrypt_on_fetch: want a boolean, found "yes"',
    ["decryption_keys = 'kek.key'"] = "decryption_keys: want a table",
    ["tls = {}"] = "tls.authorities: is missing",
    ["tls = { authorities = '' }"] = "tls.authorities: want a path",
  } do
    it("of a device is refused with the name of the field: " .. setting, function()
      is_refused(message, load_device(setting))
    end)
  end

  it("of a device fetches over https alone, unless it names http", function()
    local found = assert(load_device())
    assert.same({ schemes = { "https" }, size = 256 << 20, attempts = 64, time = 3600 }, found.fetch)
    assert.is_nil(found.tls)
    found = assert(load_device("fetch = { schemes = { 'http' }, size = 1 << 40, attempts = 1, time = 31536000 }, "
      .. "tls = { authorities = 'ca.pem' }"))
    assert.same({ schemes = { "http" }, size = 1 << 40, attempts = 1, time = 31536000 }, found.fetch)
    assert.same({ authorities = folder .. "/ca.pem" }, found.tls)
    assert.same({}, assert(load_device "fetch = { schemes = {} }").fetch.schemes)
  end)

  it("of a device takes rights of signers, with prefixes as identifiers; none are set by itself", function()
    assert.is_nil(assert(load_device()).rights)
    assert.same({ { "a", "b" }, {} }, assert(load_device
      "rights = { { signer = 'a', modify = { 'a/b', '%' }, commands = { 65535 } } }").rights[1].modify)
  end)

  it("of a device takes the limits of the manifest processor, by their names", function()
    assert.same({}, assert(load_device()).suit_limits)
    assert.same({ payload_bytes = 1 << 30, steps = 10 },
      assert(load_device "suit_limits = { payload_bytes = 1 << 30, steps = 10 }").suit_limits)
  end)

  it("of a device takes the rules of the manifest processor, all of them strict unless it says so", function()
    assert.same({}, assert(load_device()).rules)
    assert.same({ lenient_integrity = true, merge_rights = false },
      assert(load_device "rules = { lenient_integrity = true, merge_rights = false }").rules)
  end)

  it("of a device leaves reports plain, unless it says how to protect them", function()
    local found = assert(load_device())
    assert.same({ {}, {} }, { found.reports, found.decryption_keys })
    found = assert(load_device "reports = { sign = true, recipients = { 'tam.pub' }, algorithm = 'A128CTR' }")
    assert.same({ sign = true, recipients = { folder .. "/tam.pub" }, algorithm = "A128CTR" }, found.reports)
  end)

  it("of a device takes a TAM URI of WebSocket or HTTP, with or without TLS", function()
    for _, scheme in ipairs{ "ws", "wss", "http", "https" } do
      local uri = scheme .. "://tam.example/teep"
      assert.equal(uri, load_device(("tam_uri = %q"):format(uri)).tam_uri)
    end
  end)

  it("of a TAM takes certificate and key together", function()
    local function listen(tls) return load_tam(("listen = { port = 0, tls = %s }"):format(tls)) end
    is_refused("listen.tls.key: is missing", listen "{ certificate = 'a.pem' }")
    is_refused("listen.tls.certificate: is missing", listen "{ key = 'a.key' }")
    is_refused("listen.tls.cert: unknown setting", listen "{ cert = 'a.pem', key = 'a.key' }")
    assert.same({ certificate = folder .. "/a.pem", key = "/b.key" },
      listen("{ certificate = 'a.pem', key = '/b.key' }").listen.tls)
  end)

  it("of a device is refused for a UUID or TAM URI that is none", function()
    for _, uuid in ipairs{ "x", "fa6b4a53d5ad5fdfbe9de663e4d41ffe", "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ff",
      "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffee", "ga6b4a53-d5ad-5fdf-be9d-e663e4d41ffe" } do
      is_refused("device.", load_device(("device = { class_identifier = %q }"):format(uuid)))
    end
    is_refused("tam_uri: want a TAM URI", load_device "tam_uri = 1")
    for _, uri in ipairs{ "somewhere", "ftp://host/teep", "ws://host:0/teep", "ws://host:65536/" } do
      is_refused("tam_uri: " .. uri, load_device(("tam_uri = %q"):format(uri)))
    end
    assert.equal("ws://host:65535/", load_device("tam_uri = 'ws://host:65535/'").tam_uri)
  end)

  it("is told apart by role", function()
    local _, role = config.load_any(write(tam:format ""))
    assert.equal("tam", role)
    _, role = config.load_any(write(device:format ""))
    assert.equal("device", role)
  end)
end)

describe("the nearest known name", function()
  it("is none when no name is near", function()
    assert.is_nil(check.nearest("colour", { port = 1, listen = 1 }))
  end)
  it("survives a slip", function()
    assert.equal("admin_socket", check.nearest("admin_sock", { admin_socket = 1, store = 1 }))
    assert.equal("keys", check.nearest("key", { keys = 1, wire = 1 }))
  end)
end)
