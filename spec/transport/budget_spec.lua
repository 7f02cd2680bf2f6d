-- What all connections of a server hold of messages that are not complete (D3).
local support = require "transport.support"
local transport = require "teep.transport"

describe("the budget for unfinished messages", function()
  local loop, server, heard

  local function serve(limits, address)
    heard = {}
    limits.message = 1 << 16
    server = assert(loop:serve {
      address = address, limits = limits,
      websocket = { on_message = function(connection, bytes)
        table.insert(heard, #bytes)
        connection:send(bytes)
      end },
      http = function(request)
        table.insert(heard, #request.body)
        request:respond { status = 200 }
      end,
    })
  end

  before_each(function() loop = assert(transport.loop {}) end)
  after_each(function() loop:close() end)

  local function post(size, sent)
    return ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"):format(size, ("x"):rep(sent))
  end

  -- A message of `size` bytes in two fragments, or the first of them alone.
  local function message(size, whole)
    local first = support.frame(2, ("x"):rep(size - 1), false)
    return whole and first .. support.frame(0, "x", true) or first
  end

  -- Steps for a shell: `name` is a descriptor, the pieces are numbered in `files`.
  local script, files
  before_each(function() script, files = {}, {} end)

  local function step(format, ...) table.insert(script, format:format(...)) end

  local function open(name, address) step("exec %d<>/dev/tcp/%s/%d", name, address or "127.0.0.1", server.port) end

  local function send(name, bytes)
    table.insert(files, bytes)
    step("cat $folder/%d >&%d", #files, name)
  end

  local function shake(name)
    open(name)
    send(name, support.handshake())
    step([[while IFS= read -r line <&%d; do [ "$line" = $'\r' ] && break; done]], name)
  end

  -- Time for the server to read what a connection holds.
  local function settle() step "sleep 0.1" end

  local function status(name) step("read -r version status rest <&%d; echo $status", name) end

  -- The first bytes of the frame that the server sends: 02 and a size, or 88 and the code of a close.
  local function frame(name) step("head -c 4 <&%d | od -An -tx1", name) end

  local function run()
    local printed = support.shell(loop, table.concat(script, "\n"), files)
    local lines = {}
    for line in printed:gmatch "[^\n]+" do lines[#lines + 1] = line:match "^%s*(.-)%s*$" end
    return lines
  end

  it("answers 503 with Retry-After at limit + 1, and serves at the limit (D3)", function()
    serve { incoming = 1000 }
    open(4)
    send(4, post(1000, 998))
    settle()
    open(5)
    send(5, post(3, 3))
    step "head -n 2 <&5"
    open(6)
    send(6, post(2, 2))
    status(6)
    local answers = run()
    assert.matches("^HTTP/1.1 503", answers[1])
    assert.matches("^Retry%-After: %d+", answers[2])
    assert.equal("200", answers[3])
    assert.same({ 2 }, heard)
  end)

  it("closes a WebSocket with 1013 at limit + 1, and serves at the limit (D3)", function()
    serve { incoming = 1000 }
    shake(4)
    send(4, message(999))
    settle()
    shake(5)
    send(5, message(3, true))
    frame(5)
    shake(6)
    send(6, message(2, true))
    frame(6)
    local answers = run()
    assert.matches("^88 .. 03 f5$", answers[1]) -- 0x03f5: 1013
    assert.matches("^82 02 78 78$", answers[2])
    assert.same({ 2 }, heard)
  end)

  it("counts HTTP bodies and WebSocket fragments alike (D3)", function()
    serve { incoming = 1000 }
    shake(4)
    send(4, message(601))
    open(5)
    send(5, post(1000, 390))
    settle()
    open(6)
    send(6, post(11, 11))
    status(6)
    open(7)
    send(7, post(10, 10))
    status(7)
    assert.same({ "503", "200" }, run())
  end)

  it("gets back what was finished, refused, closed or lost (D3)", function()
    serve { incoming = 1000 }
    for _ = 1, 3 do
      open(4)
      send(4, post(1000, 999)) -- finished
      settle()
      send(4, "x")
      status(4)
      step "exec 4<&-"
      open(4)
      send(4, post(2000, 1001)) -- refused
      status(4)
      step "exec 4<&-"
      shake(4)
      send(4, message(1001) .. support.frame(8, "\3\xe8")) -- closed
      frame(4)
      step "exec 4<&-"
      open(4)
      send(4, post(1000, 999)) -- lost
      settle()
      step "exec 4<&-"
      settle()
    end
    open(4)
    send(4, post(1000, 1000))
    status(4)
    local answers = run()
    assert.equal(10, #answers)
    assert.same({ "200", "503" }, { answers[1], answers[2] })
    assert.same({ "200", "503" }, { answers[7], answers[8] })
    assert.equal("200", answers[10])
  end)

  it("leaves room for other addresses than the one that uses up its share (D3)", function()
    serve({ incoming = 10000, incoming_per_address = 1000 }, "::")
    open(4)
    send(4, post(1000, 998))
    settle()
    open(5)
    send(5, post(3, 3))
    status(5)
    open(6)
    send(6, post(2, 2))
    status(6)
    open(7, "::1")
    send(7, post(1000, 1000))
    status(7)
    assert.same({ "503", "200", "200" }, run())
  end)

  it("holds 64 MiB, a quarter of it for one address, when nothing else is said", function()
    local limits = require "teep.transport.limits"
    assert.same({ 64 << 20, 16 << 20 }, { limits.server.incoming, limits.server.incoming_per_address })
  end)
end)
