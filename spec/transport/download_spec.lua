local download = require("teep.transport").download
local support = require "transport.support"
local transport = require "teep.transport"

describe("teep.transport.download", function()
  local loop, got, pieces

  before_each(function() loop, got, pieces = assert(transport.loop {}), {}, 0 end)
  after_each(function() loop:close() end)

  local function keep(bytes)
    pieces = pieces + 1
    got[#got + 1] = bytes
    return true
  end

  local function fetch(port, offset, given, sink)
    local all = { schemes = { "http" } }
    for name, value in pairs(given or {}) do all[name] = value end
    return download(loop, ("http://127.0.0.1:%d/app.bin"):format(port), offset or 0, sink or keep, all)
  end

  -- What a download from `offset` makes of just these bytes: outcome, what the sink got, request header.
  local function hear(sent, offset, given, sink)
    local process = support.careless_server(sent)
    local port = process:read "n"
    local outcome = table.pack(fetch(port, offset, given, sink))
    local head = process:read "a"
    process:close()
    return outcome, table.concat(got), head, port
  end

  local function answer(status, fields, body, announced)
    return ("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s"):format(status, fields or "", announced or #body, body)
  end

  local function partial(first, last, total, body, announced)
    return answer("206 Part", ("Content-Range: bytes %s-%s/%s\r\n"):format(first, last, total), body, announced)
  end

  -- A server of `size` bytes in a process of its own, for a number of requests: each answer ends after
  -- `cut` bytes.
  local function payload_server(size, requests, cut)
    return assert(io.popen(([[exec perl -MIO::Socket -e '
      $| = 1;
      $SIG{PIPE} = "IGNORE";
      alarm 60;
      my ($size, $requests, $cut) = (%d, %d, %d);
      my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
      print $listener->sockport, "\n";
      my $block = "0123456789abcdef" x 4096;
      while ($requests-- > 0) {
        my $peer = $listener->accept;
        my $first = 0;
        while (<$peer>) { $first = $1 if /^range: bytes=(\d+)-\r?$/i; last if /^\r?$/ }
        my $left = $size - $first;
        print $peer "HTTP/1.1 ", $first ? "206 Part" : "200 OK", "\r\nContent-Length: $left\r\n";
        printf $peer "Content-Range: bytes %%d-%%d/%%d\r\n", $first, $size - 1, $size if $first;
        print $peer "\r\n";
        $left = $cut if $left > $cut;
        while ($left > 0) {
          my $part = substr $block, $first %% 65536, $left;
          print $peer $part or last;
          $first += length $part;
          $left -= length $part;
        }
      }']]):format(size, requests, cut)))
  end

  it("refuses schemes that are not allowed, all but https when nothing is said (D19)", function()
    for _, text in ipairs { "http://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/", "ws://127.0.0.1/", "x" } do
      local good, message, code = download(loop, text, 0, keep)
      assert.same({ nil, "denied" }, { good, code })
      assert.matches("only https", message)
    end
    assert.equal("denied", select(3, download(loop, "https://127.0.0.1:1/", 0, keep, { schemes = { "http" } })))
    assert.equal("config_invalid", select(3, download(loop, "http:///", 0, keep, { schemes = { "http" } })))
  end)

  it("throws at unknown options and offsets that are none", function()
    for _, given in ipairs { { scheme = "https" }, { limits = { size = 1 } }, { limits = { download = 0.5 } } } do
      assert.has_error(function() download(loop, "https://127.0.0.1/", 0, keep, given) end)
    end
    for _, offset in ipairs { -1, 0.5, "1" } do
      assert.has_error(function() download(loop, "https://127.0.0.1/", offset, keep) end)
    end
  end)

  it("fails as not_connected when nobody listens", function()
    local process = support.careless_server ""
    local port = process:read "n"
    fetch(port)
    process:close()
    assert.equal("not_connected", select(3, fetch(port)))
  end)

  for status, code in pairs {
    ["204 No Content"] = "refused", ["201 Created"] = "refused", ["301 Moved"] = "refused", ["302 Found"] = "refused",
    ["307 Temporary"] = "refused", ["403 Forbidden"] = "refused", ["404 Not Found"] = "payload_not_found",
    ["410 Gone"] = "payload_not_found", ["500 Error"] = "busy", ["503 Busy"] = "busy",
    ["400 Bad"] = "refused", ["407 Proxy"] = "refused", ["408 Timeout"] = "busy", ["409 Conflict"] = "refused",
    ["425 Early"] = "busy", ["429 Too Many"] = "busy", ["499 Odd"] = "refused",
  } do
    it("fails as " .. code .. " at status " .. status .. " and gives the sink nothing of it", function()
      local outcome, content = hear(answer(status, "Location: http://127.0.0.1:1/\r\n", "some words"))
      assert.is_nil(outcome[1])
      assert.matches("status " .. status:match "%d+", outcome[2])
      assert.equal(code, outcome[3])
      assert.equal("", content)
    end)
  end

  it("asks for what it wants and nothing else", function()
    local outcome, content, head, port = hear(answer("200 OK", "", "content"))
    assert.same({ true, n = 1 }, outcome)
    assert.equal("content", content)
    assert.equal(("\nGET /app.bin HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nconnection: close\r\n"):format(port)
      .. "Accept-Encoding: identity\r\n\r\n", head)
    local _, _, ranged = hear(partial(7, 7, 8, "x"), 7)
    assert.matches("\r\nRange: bytes=7%-\r\n", ranged)
  end)

  it("takes an empty payload, chunks, and a body that ends with the connection", function()
    for content, sent in pairs {
      [""] = answer("200 OK", "", ""),
      ["whole"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n",
      ["to the end"] = "HTTP/1.1 200 OK\r\n\r\nto the end",
    } do
      got = {}
      local outcome, heard = hear(sent)
      assert.same({ { true, n = 1 }, content }, { outcome, heard })
    end
  end)

  describe("from an offset", function()
    it("takes the rest that a server with ranges sends", function()
      for _, total in ipairs { "10", "*" } do
        got = {}
        local outcome, content = hear(partial(4, 9, total, "456789"), 4)
        assert.same({ { true, n = 1 }, "456789" }, { outcome, content })
      end
    end)

    it("skips what was received before when a server without ranges sends everything", function()
      local outcome, content = hear(answer("200 OK", "", "0123456789"), 4)
      assert.same({ { true, n = 1 }, "456789" }, { outcome, content })
    end)

    it("is done when nothing was missing", function()
      for _, sent in ipairs {
        answer("200 OK", "", "0123"), answer("416 Range", "Content-Range: bytes */4\r\n", "no"),
      } do
        local outcome, content = hear(sent, 4)
        assert.same({ { true, n = 1 }, "" }, { outcome, content })
      end
    end)

    it("fails as refused at a 416 that tells of another size", function()
      for _, fields in ipairs { "Content-Range: bytes */3\r\n", "Content-Range: bytes */5\r\n", "" } do
        local outcome, content = hear(answer("416 Range", fields, "no"), 4)
        assert.same({ nil, "status 416 for byte 4 on", "refused", n = 3 }, outcome)
        assert.equal("", content)
      end
    end)

    it("fails when the whole has become smaller than what was received before", function()
      local outcome = hear(answer("200 OK", "", "012"), 4)
      assert.equal("unexpected_message", outcome[3])
    end)

    for _, range in ipairs {
      "bytes 3-9/10", "bytes 5-9/10", "bytes 0-9/10", "bytes 4-3/10", "bytes 4-9/9", "bytes 4-9", "bytes 4-9/", "4-9/10",
      "bytes */10", "bytes 4-99999999999999999999/*", "bytes 4-9/1*", "octets 4-9/10", "bytes 4-9/10, 11-12/13", "",
    } do
      it(("refuses Content-Range %q"):format(range), function()
        local fields = range ~= "" and ("Content-Range: %s\r\n"):format(range) or ""
        local outcome, content = hear(answer("206 Part", fields, "456789"), 4)
        assert.is_nil(outcome[1])
        assert.equal("unexpected_message", outcome[3])
        assert.equal("", content)
      end)
    end

    it("refuses a part it did not ask for, and parts of another length than announced", function()
      assert.equal("unexpected_message", hear(partial(0, 9, 10, "0123456789"), 0)[3])
      assert.equal("unexpected_message", hear(partial(4, 9, 10, "45678"), 4)[3])
      assert.equal("unexpected_message", hear(partial(4, 9, 10, "4567890"), 4)[3])
      local chunked = "HTTP/1.1 206 Part\r\nContent-Range: bytes 4-5/6\r\nTransfer-Encoding: chunked\r\n\r\n"
      assert.equal("unexpected_message", hear(chunked .. "3\r\n456\r\n0\r\n\r\n", 4)[3])
      assert.equal("not_connected", hear(chunked .. "1\r\n4\r\n0\r\n\r\n", 4)[3])
    end)

    it("fails as not_connected when the part ends before the whole does, keeping it", function()
      local outcome, content = hear(partial(4, 6, 10, "456"), 4)
      assert.same({ nil, "7 bytes of 10", "not_connected", n = 3 }, outcome)
      assert.equal("456", content)
    end)
  end)

  for name, sent in pairs {
    ["half the length"] = answer("200 OK", "", "half", 8),
    ["half a chunk"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf",
    ["no last chunk"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ["a chunk that is none"] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n",
  } do
    it("fails as not_connected after " .. name .. ", keeping what came", function()
      local outcome, content = hear(sent)
      assert.is_nil(outcome[1])
      assert.equal("not_connected", outcome[3])
      assert.equal("half", content)
    end)
  end

  it("refuses a content coding, and names it without control characters (D24)", function()
    local outcome, content = hear(answer("200 OK", "Content-Encoding: gzip\27\r\n", "zip"))
    assert.same({ nil, "Content-Encoding gzip?, want none", "unexpected_message", n = 3 }, outcome)
    assert.equal("", content)
    assert.is_true(hear(answer("200 OK", "Content-Encoding: identity\r\n", "plain"))[1])
  end)

  it("takes a payload of the limit and fails as too_large at limit + 1 (D4)", function()
    local limit = { limits = { download = 1000 } }
    local function chunked(size)
      return ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"):format(size, ("x"):rep(size))
    end
    assert.is_true(hear(answer("200 OK", "", ("x"):rep(1000)), 0, limit)[1])
    assert.is_true(hear(chunked(1000), 0, limit)[1])
    assert.is_true(hear(partial(999, 999, 1000, "x"), 999, limit)[1])
    got = {}
    local outcome, content = hear(answer("200 OK", "", ("x"):rep(1001)), 0, limit)
    assert.same({ nil, "1001 bytes, limit is 1000", "too_large", n = 3 }, outcome)
    assert.equal("", content)
    assert.equal("too_large", hear(partial(1000, 1000, 1001, "x"), 1000, limit)[3])
    assert.equal("too_large", hear(chunked(1001), 0, limit)[3])
  end)

  it("ends at once with the failure of the sink", function()
    local server = payload_server(1 << 20, 1, 1 << 20)
    local outcome = table.pack(fetch(server:read "n", 0, nil, function(bytes)
      keep(bytes)
      return nil, "the flash is full", "no_space"
    end))
    server:close()
    assert.same({ nil, "the flash is full", "no_space", n = 3 }, outcome)
    assert.equal(1, pieces)
  end)

  it("ends when the sink throws, and says so to the loop", function()
    local reported
    loop.on_error = function(message) reported = message end
    local outcome = hear(answer("200 OK", "", "content"), 0, nil, function() error "worn out" end)
    assert.same({ nil, "the receiver failed", "io_failed", n = 3 }, outcome)
    assert.matches("worn out", reported)
  end)

  it("fails as timed_out when nothing comes, or too little in the time", function()
    for _, sent in ipairs { "", answer("200 OK", "", "half", 8) } do
      local process = support.careless_server(sent, true)
      local outcome = table.pack(fetch(process:read "n", 0, { limits = { stall = 0.1 } }))
      process:close()
      assert.equal("timed_out", outcome[3])
    end
    assert.equal("half", table.concat(got))
  end)

  it("goes on from where a broken attempt stopped, until the whole is there", function()
    local size = 100000
    local server = payload_server(size, 4, 30000)
    local port, received, outcomes = server:read "n", 0, {}
    for i = 1, 4 do
      outcomes[i] = select(3, fetch(port, received, nil, function(bytes)
        received = received + #bytes
        return keep(bytes)
      end)) or "whole"
    end
    server:close()
    assert.same({ "not_connected", "not_connected", "not_connected", "whole" }, outcomes)
    assert.is_true(table.concat(got) == ("0123456789abcdef"):rep(size // 16))
  end)

  -- In a process of its own, whose heap is not that of the specs.
  it("needs less than 1 MiB of heap for 64 MiB", function()
    local size = 64 << 20
    local server = payload_server(size, 1, size)
    local script = ([[exec lua5.4 -e '
      package.path, package.cpath = %q, %q
      local transport = require "teep.transport"
      local loop, received, highest = transport.loop {}, 0, 0
      local good = transport.download(loop, "http://127.0.0.1:%d/", 0, function(bytes)
        received, highest = received + #bytes, math.max(highest, collectgarbage "count")
        return true
      end, { schemes = { "http" } })
      print(good, received, highest < 1024)']]):format(package.path, package.cpath, server:read "n")
    assert.equal(("true\t%d\ttrue\n"):format(size), (support.shell(loop, script)))
    server:close()
  end)
end)
