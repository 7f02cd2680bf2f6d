-- Downloads that go on where an earlier attempt stopped.
local downloads <const> = require "transport.downloads"
local support <const> = require "transport.support"

describe("teep.transport.download", function()
  local here
  before_each(function() here = downloads.new() end)
  after_each(function() here.loop:close() end)

  describe("from an offset", function()
    it("takes the rest that a server with ranges sends", function()
      for _, total in ipairs { "10", "*" } do
        here:clear()
        local outcome, content = here:hear(downloads.partial(4, 9, total, "456789"), 4)
        assert.same({ { true, n = 1 }, "456789" }, { outcome, content })
      end
    end)

    it("skips what was received before when a server without ranges sends everything", function()
      local outcome, content = here:hear(support.answer("200 OK", "", "0123456789"), 4)
      assert.same({ { true, n = 1 }, "456789" }, { outcome, content })
    end)

    it("is done when nothing was missing", function()
      for _, sent in ipairs {
        support.answer("200 OK", "", "0123"), support.answer("416 Range", "Content-Range: bytes */4\r\n", "no"),
      } do
        local outcome, content = here:hear(sent, 4)
        assert.same({ { true, n = 1 }, "" }, { outcome, content })
      end
    end)

    it("fails as refused at a 416 that tells of another size", function()
      for _, fields in ipairs { "Content-Range: bytes */3\r\n", "Content-Range: bytes */5\r\n", "" } do
        local outcome, content = here:hear(support.answer("416 Range", fields, "no"), 4)
        assert.same({ nil, "status 416 for byte 4 on", "refused", n = 3 }, outcome)
        assert.equal("", content)
      end
    end)

    it("fails when the whole has become smaller than what was received before", function()
      local outcome = here:hear(support.answer("200 OK", "", "012"), 4)
      assert.equal("unexpected_message", outcome[3])
    end)

    for _, range in ipairs {
      "bytes 3-9/10", "bytes 5-9/10", "bytes 0-9/10", "bytes 4-3/10", "bytes 4-9/9", "bytes 4-9", "bytes 4-9/", "4-9/10",
      "bytes */10", "bytes 4-99999999999999999999/*", "bytes 4-9/1*", "octets 4-9/10", "bytes 4-9/10, 11-12/13", "",
    } do
      it(("refuses Content-Range %q"):format(range), function()
        local fields = range ~= "" and ("Content-Range: %s\r\n"):format(range) or ""
        local outcome, content = here:hear(support.answer("206 Part", fields, "456789"), 4)
        assert.is_nil(outcome[1])
        assert.equal("unexpected_message", outcome[3])
        assert.equal("", content)
      end)
    end

    it("refuses a part it did not ask for, and parts of another length than announced", function()
      assert.equal("unexpected_message", here:hear(downloads.partial(0, 9, 10, "0123456789"), 0)[3])
      assert.equal("unexpected_message", here:hear(downloads.partial(4, 9, 10, "45678"), 4)[3])
      assert.equal("unexpected_message", here:hear(downloads.partial(4, 9, 10, "4567890"), 4)[3])
      local chunked = "HTTP/1.1 206 Part\r\nContent-Range: bytes 4-5/6\r\nTransfer-Encoding: chunked\r\n\r\n"
      assert.equal("unexpected_message", here:hear(chunked .. "3\r\n456\r\n0\r\n\r\n", 4)[3])
      assert.equal("not_connected", here:hear(chunked .. "1\r\n4\r\n0\r\n\r\n", 4)[3])
    end)

    it("fails as not_connected when the part ends before the whole does, keeping it", function()
      local outcome, content = here:hear(downloads.partial(4, 6, 10, "456"), 4)
      assert.same({ nil, "7 bytes of 10", "not_connected", n = 3 }, outcome)
      assert.equal("456", content)
    end)
  end)

  it("goes on from where a broken attempt stopped, until the whole is there", function()
    local size = 100000
    local server = support.payload_server(size, 4, 30000)
    local port, received, outcomes = server:read "n", 0, {}
    for i = 1, 4 do
      outcomes[i] = select(3, here:fetch(port, received, nil, function(bytes)
        received = received + #bytes
        return here.keep(bytes)
      end)) or "whole"
    end
    server:close()
    assert.same({ "not_connected", "not_connected", "not_connected", "whole" }, outcomes)
    assert.is_true(table.concat(here.got) == ("0123456789abcdef"):rep(size // 16))
  end)
end)
