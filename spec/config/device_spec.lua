-- What a device may be told by its configuration.
local file <const> = require "config.file"

describe("a configuration file", function()
  setup(file.make)
  teardown(file.remove)

  it("of a device gets identifiers as 16 bytes", function()
    local found = assert(file.load_device())
    assert.equal(16, #found.device.vendor_identifier)
    assert.equal("\x14\x92\xaf\x14", found.device.class_identifier:sub(1, 4))
    assert.equal(file.folder .. "/tee", found.driver.path)
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
      file.refused(message, file.load_device(setting))
    end)
  end

  it("of a device fetches over https alone, unless it names http", function()
    local found = assert(file.load_device())
    assert.same({ schemes = { "https" }, size = 256 << 20, attempts = 64, time = 3600 }, found.fetch)
    assert.is_nil(found.tls)
    found = assert(file.load_device("fetch = { schemes = { 'http' }, size = 1 << 40, attempts = 1, time = 31536000 }, "
      .. "tls = { authorities = 'ca.pem' }"))
    assert.same({ schemes = { "http" }, size = 1 << 40, attempts = 1, time = 31536000 }, found.fetch)
    assert.same({ authorities = file.folder .. "/ca.pem" }, found.tls)
    assert.same({}, assert(file.load_device "fetch = { schemes = {} }").fetch.schemes)
  end)

  it("of a device takes rights of signers, with prefixes as identifiers; none are set by itself", function()
    assert.is_nil(assert(file.load_device()).rights)
    assert.same({ { "a", "b" }, {} }, assert(file.load_device
      "rights = { { signer = 'a', modify = { 'a/b', '%' }, commands = { 65535 } } }").rights[1].modify)
  end)

  it("of a device takes the limits of the manifest processor, by their names", function()
    assert.same({}, assert(file.load_device()).suit_limits)
    assert.same({ payload_bytes = 1 << 30, steps = 10 },
      assert(file.load_device "suit_limits = { payload_bytes = 1 << 30, steps = 10 }").suit_limits)
  end)

  it("of a device takes the rules of the manifest processor, all of them strict unless it says so", function()
    assert.same({}, assert(file.load_device()).rules)
    assert.same({ lenient_integrity = true, merge_rights = false },
      assert(file.load_device "rules = { lenient_integrity = true, merge_rights = false }").rules)
  end)

  it("of a device leaves reports plain, unless it says how to protect them", function()
    local found = assert(file.load_device())
    assert.same({ {}, {} }, { found.reports, found.decryption_keys })
    found = assert(file.load_device "reports = { sign = true, recipients = { 'tam.pub' }, algorithm = 'A128CTR' }")
    assert.same({ sign = true, recipients = { file.folder .. "/tam.pub" }, algorithm = "A128CTR" }, found.reports)
  end)

  it("of a device takes a TAM URI of WebSocket or HTTP, with or without TLS", function()
    for _, scheme in ipairs{ "ws", "wss", "http", "https" } do
      local uri = scheme .. "://tam.example/teep"
      assert.equal(uri, file.load_device(("tam_uri = %q"):format(uri)).tam_uri)
    end
  end)

  it("of a device is refused for a UUID or TAM URI that is none", function()
    for _, uuid in ipairs{ "x", "fa6b4a53d5ad5fdfbe9de663e4d41ffe", "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ff",
      "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffee", "ga6b4a53-d5ad-5fdf-be9d-e663e4d41ffe" } do
      file.refused("device.", file.load_device(("device = { class_identifier = %q }"):format(uuid)))
    end
    file.refused("tam_uri: want a TAM URI", file.load_device "tam_uri = 1")
    for _, uri in ipairs{ "somewhere", "ftp://host/teep", "ws://host:0/teep", "ws://host:65536/" } do
      file.refused("tam_uri: " .. uri, file.load_device(("tam_uri = %q"):format(uri)))
    end
    assert.equal("ws://host:65535/", file.load_device("tam_uri = 'ws://host:65535/'").tam_uri)
  end)
end)
