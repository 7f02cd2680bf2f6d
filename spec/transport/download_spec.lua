local downloads <const> = require "transport.downloads"
local support <const> = require "transport.support"

local download <const> = require("teep.transport").download

describe("teep.transport.download", function()
  local here
  before_each(function() here = downloads.new() end)
  after_each(function() here.loop:close() end)

  it("refuses schemes that are not allowed, all but https when nothing is said (D19)", function()
    for _, text in ipairs { "http://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/", "ws://127.0.0.1/", "x" } do
      local good, message, code = download(here.loop, text, 0, here.keep)
      assert.same({ nil, "denied" }, { good, code })
      assert.matches("only https", message)
    end
    assert.equal("denied", select(3, download(here.loop, "https://127.0.0.1:1/", 0, here.keep, { schemes = { "http" } })))
    assert.equal("config_invalid", select(3, download(here.loop, "http:///", 0, here.keep, { schemes = { "http" } })))
  end)

  it("throws at unknown options and offsets that are none", function()
    for _, given in ipairs { { scheme = "https" }, { limits = { size = 1 } }, { limits = { download = 0.5 } } } do
      assert.has_error(function() download(here.loop, "https://127.0.0.1/", 0, here.keep, given) end)
    end
    for _, offset in ipairs { -1, 0.5, "1" } do
      assert.has_error(function() download(here.loop, "https://127.0.0.1/", offset, here.keep) end)
    end
  end)

  it("fails as not_connected when nobody listens", function()
    local process = support.careless_server ""
    local port = process:read "n"
    here:fetch(port)
    process:close()
    assert.equal("not_connected", select(3, here:fetch(port)))
  end)

  for status, code in pairs {
    ["204 No Content"] = "refused", ["201 Created"] = "refused", ["301 Moved"] = "refused", ["302 Found"] = "refused",
    ["307 Temporary"] = "refused", ["403 Forbidden"] = "refused", ["404 Not Found"] = "payload_not_found",
    ["410 Gone"] = "payload_not_found", ["500 Error"] = "busy", ["503 Busy"] = "busy",
    ["400 Bad"] = "refused", ["407 Proxy"] = "refused", ["408 Timeout"] = "busy", ["409 Conflict"] = "refused",
    ["425 Early"] = "busy", ["429 Too Many"] = "busy", ["499 Odd"] = "refused",
  } do
    it("fails as " .. code .. " at status " .. status .. " and gives the sink nothing of it", function()
      local outcome, content = here:hear(support.answer(status, "Location: http://127.0.0.1:1/\r\n", "some words"))
      assert.is_nil(outcome[1])
      assert.matches("status " .. status:match "%d+", outcome[2])
      assert.equal(code, outcome[3])
      assert.equal("", content)
    end)
  end

  it("asks for what it wants and nothing else", function()
    local outcome, content, head, port = here:hear(support.answer("200 OK", "", "content"))
    assert.same({ true, n = 1 }, outcome)
    assert.equal("content", content)
    assert.equal(("\nGET /app.bin HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nconnection: close\r\n"):format(port)
      .. "Accept-Encoding: identity\r\n\r\n", head)
    local _, _, ranged = here:hear(downloads.partial(7, 7, 8, "x"), 7)
    assert.matches("\r\nRange: bytes=7%-\r\n", ranged)
  end)

  it("takes an empty payload, chunks, and a body that ends with the connection", function()
    for content, sent in pairs {
      [""] = support.answer("200 OK", "", ""),
      ["whole"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n",
      ["to the end"] = "HTTP/1.1 200 OK\r\n\r\nto the end",
    } do
      here:clear()
      local outcome, heard = here:hear(sent)
      assert.same({ { true, n = 1 }, content }, { outcome, heard })
    end
  end)

  for name, sent in pairs {
    ["half the length"] = support.answer("200 OK", "", "half", 8),
    ["half a chunk"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf",
    ["no last chunk"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ["a chunk that is none"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n",
  } do
    it("fails as not_connected after " .. name .. ", keeping what came", function()
      local outcome, content = here:hear(sent)
      assert.is_nil(outcome[1])
      assert.equal("not_connected", outcome[3])
      assert.equal("half", content)
    end)
  end

  it("refuses a content coding, and names it without control characters (D24)", function()
    local outcome, content = here:hear(support.answer("200 OK", "Content-Encoding: gzip\27\r\n", "zip"))
    assert.same({ nil, "Content-Encoding gzip?, want none", "unexpected_message", n = 3 }, outcome)
    assert.equal("", content)
    assert.is_true(here:hear(support.answer("200 OK", "Content-Encoding: identity\r\n", "plain"))[1])
  end)

  it("takes a payload of the limit and fails as too_large at limit + 1 (D4)", function()
    local limit = { limits = { download = 1000 } }
    local function chunked(size)
      return ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"):format(size, ("x"):rep(size))
    end
    assert.is_true(here:hear(support.answer("200 OK", "", ("x"):rep(1000)), 0, limit)[1])
    assert.is_true(here:hear(chunked(1000), 0, limit)[1])
    assert.is_true(here:hear(downloads.partial(999, 999, 1000, "x"), 999, limit)[1])
    here:clear()
    local outcome, content = here:hear(support.answer("200 OK", "", ("x"):rep(1001)), 0, limit)
    assert.same({ nil, "1001 bytes, limit is 1000", "too_large", n = 3 }, outcome)
    assert.equal("", content)
    assert.equal("too_large", here:hear(downloads.partial(1000, 1000, 1001, "x"), 1000, limit)[3])
    assert.equal("too_large", here:hear(chunked(1001), 0, limit)[3])
  end)

  it("ends at once with the failure of the sink", function()
    local server = support.payload_server(1 << 20, 1, 1 << 20)
    local outcome = table.pack(here:fetch(server:read "n", 0, nil, function(bytes)
      here.keep(bytes)
      return nil, "the flash is full", "no_space"
    end))
    server:close()
    assert.same({ nil, "the flash is full", "no_space", n = 3 }, outcome)
    assert.equal(1, #here.got)
  end)

  it("ends when the sink throws, and says so to the loop", function()
    local reported
    here.loop.on_error = function(message) reported = message end
    local outcome = here:hear(support.answer("200 OK", "", "content"), 0, nil, function() error "worn out" end)
    assert.same({ nil, "the receiver failed", "io_failed", n = 3 }, outcome)
    assert.matches("worn out", reported)
  end)

  it("fails as timed_out when nothing comes, or too little in the time", function()
    for _, sent in ipairs { "", support.answer("200 OK", "", "half", 8) } do
      local process = support.careless_server(sent, true)
      local outcome = table.pack(here:fetch(process:read "n", 0, { limits = { stall = 0.1 } }))
      process:close()
      assert.equal("timed_out", outcome[3])
    end
    assert.equal("half", table.concat(here.got))
  end)

  -- In a process of its own, whose heap is not that of the specs.
  it("needs less than 1 MiB of heap for 64 MiB", function()
    local size = 64 << 20
    local server = support.payload_server(size, 1, size)
    local script = ([[exec lua5.4 -e '
      package.path, package.cpath = %q, %q
      local transport = require "teep.transport"
      local loop, received, highest = transport.loop {}, 0, 0
      local good = transport.download(loop, "http://127.0.0.1:%d/", 0, function(bytes)
        received, highest = received + #bytes, math.max(highest, collectgarbage "count")
        return true
      end, { schemes = { "http" } })
      print(good, received, highest < 1024)']]):format(package.path, package.cpath, server:read "n")
    assert.equal(("true\t%d\ttrue\n"):format(size), (support.shell(here.loop, script)))
    server:close()
  end)
end)
