local support = require "transport.support"
local transport = require "teep.transport"

describe("the WebSocket handshake of a server", function()
  local loop, server, opened

  before_each(function()
    loop, opened = assert(transport.loop {}), 0
    server = assert(loop:serve {
      websocket = { on_open = function(connection) opened = opened + 1; connection:close() end },
      origins = { "https://console.example" },
      limits = { keepalive = 0.1 },
    })
  end)
  after_each(function() loop:close() end)

  local function shake(fields, path)
    local answer = support.raw(loop, server.port, { support.handshake(fields, path) }, support.close_code)
    return support.status(answer), answer
  end

  it("echoes the sub-protocol v0.teep.cbor", function()
    local status, answer = shake()
    assert.equal(101, status)
    assert.matches("\r\nSec-WebSocket-Protocol: v0.teep.cbor\r\n", answer, 1, true)
    assert.equal(1, opened)
  end)

  it("picks v0.teep.cbor from a list", function()
    assert.equal(101, (shake { ["Sec-WebSocket-Protocol"] = "chat, v0.teep.cbor,mqtt" }))
  end)

  for name, offer in pairs { none = false, other = "chat", longer = "v0.teep.cbor2", inside = "xv0.teep.cbor" } do
    it("answers 400 to a client that offers another sub-protocol: " .. name, function()
      assert.equal(400, (shake { ["Sec-WebSocket-Protocol"] = offer }))
      assert.equal(0, opened)
    end)
  end

  it("never lets a peer choose an internal protocol slot", function()
    for _, name in ipairs { "(http)", "(listener)" } do
      assert.equal(400, (shake { ["Sec-WebSocket-Protocol"] = name }))
      local status = shake { ["Sec-WebSocket-Protocol"] = name .. ", v0.teep.cbor" }
      assert.not_equal(101, status)
    end
    assert.equal(0, opened)
  end)

  it("never accepts an extension", function()
    local status, answer = shake { ["Sec-WebSocket-Extensions"] = "permessage-deflate; client_max_window_bits" }
    assert.equal(101, status)
    assert.is_nil(answer:find "Extensions")
  end)

  it("answers 403 to a client with an Origin that is not listed (D29)", function()
    assert.equal(403, (shake { Origin = "https://evil.example" }))
    assert.equal(403, (shake { Origin = "https://console.example.evil.example" }))
    assert.equal(403, (shake { Origin = "console.example" }))
    assert.equal(403, (shake { Origin = ("x"):rep(300) }))
    assert.equal(0, opened)
  end)

  it("accepts a listed Origin", function()
    assert.equal(101, (shake { Origin = "https://console.example" }))
  end)

  it("answers 404 on another path", function()
    assert.equal(404, (shake({}, "/")))
    assert.equal(404, (shake({}, "/teep2")))
    assert.equal(404, (shake({}, "/tee")))
  end)

  it("answers 426 to another WebSocket version", function()
    local status, answer = shake { ["Sec-WebSocket-Version"] = "8" }
    assert.equal(426, status)
    assert.matches("\r\nSec-WebSocket-Version: 13\r\n", answer, 1, true)
  end)

  it("upgrades to nothing but WebSocket: no h2c, nothing unknown", function()
    for _, other in ipairs { "h2c", "TLS/1.0", ("x"):rep(200) } do
      local status = shake { Upgrade = other, ["HTTP2-Settings"] = "AAMAAABkAARAAAAAAAIAAAAA" }
      assert.is_true(status == nil or status == 403, other)
    end
    assert.equal(0, opened)
  end)

  it("does not open without the key or the Connection field", function()
    assert.is_nil((shake { ["Sec-WebSocket-Key"] = false }))
    assert.is_nil((shake { Connection = false }))
    assert.equal(0, opened)
  end)
end)

-- Answers one handshake correctly but for the sub-protocol: with the field it is given. In Perl, which
-- every Debian has.
local careless_server <const> = [[
  use IO::Socket;
  $| = 1;
  my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
  print $listener->sockport, "\n";
  alarm 10;
  my $peer = $listener->accept;
  my $key;
  while (<$peer>) { $key = $1 if /^Sec-WebSocket-Key: (\S+)/i; last if /^\r?$/ }
  my $hash = `printf %s ${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11 | sha1sum`;
  my $octal = join "", map { sprintf "\\%03o", hex } unpack "(A2)20", $hash;
  my $accept = `printf "$octal" | base64`;
  chomp $accept;
  print $peer "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
    "Sec-WebSocket-Accept: $accept\r\n$ARGV[0]\r\n\r\n";
  read $peer, $_, 1;
]]

describe("the WebSocket handshake of a client", function()
  local loop
  before_each(function() loop = assert(transport.loop {}) end)
  after_each(function() loop:close() end)

  local function attempt(uri)
    local outcome
    local connection, message, code = loop:connect {
      uri = uri, on_open = function() outcome = { "open" } end,
      on_error = function(...) outcome = { ... } end,
    }
    if not connection then return message, code end
    support.wait(loop, function() return outcome end)
    return table.unpack(outcome)
  end

  it("is refused with the status of the server", function()
    local server = assert(loop:serve { http = function() end, websocket = {} })
    local message, code = attempt(("ws://127.0.0.1:%d/elsewhere"):format(server.port))
    assert.equal("refused", code)
    assert.matches("404", message)
  end)

  for field, good in pairs {
    ["Sec-WebSocket-Protocol: v0.teep.cbor"] = true, ["Sec-WebSocket-Protocol: chat"] = false,
    ["X-Nothing: here"] = false,
  } do
    it(("%s a server that answers 101 with %s"):format(good and "accepts" or "refuses", field), function()
      local process = assert(io.popen(([[exec perl -e '%s' "%s"]]):format(careless_server, field)))
      local what, code = attempt(("ws://127.0.0.1:%d/teep"):format(process:read "n"))
      loop:close()
      process:close()
      assert.equal(good and "open" or "refused", code or what)
    end)
  end

  it("does not take other schemes or nonsense", function()
    for _, uri in ipairs {
      "http://tam.example/", "ws://", "ws:///teep", "ws://host:0/", "ws://host:65536/", "ws://host:x/",
      "ws://user@host/", "ws://host/a b", "ws://host/#fragment", "host", "", "ws://" .. ("h"):rep(101),
      "ws://host/" .. ("p"):rep(1024),
    } do
      assert.equal("config_invalid", (select(2, attempt(uri))), uri)
    end
  end)

  it("speaks to a name and to IPv6 as well", function()
    local server = assert(loop:serve { address = "::1", websocket = {} })
    assert.equal("open", (attempt(("ws://[::1]:%d/teep"):format(server.port))))
    assert(loop:serve { port = server.port, websocket = {} })
    assert.equal("open", (attempt(("ws://localhost:%d/teep"):format(server.port))))
  end)
end)
