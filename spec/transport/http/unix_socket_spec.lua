-- HTTP over a unix socket: who may ask, and what becomes of its file.
local lfs <const> = require "lfs"
local pair <const> = require "transport.pair"
local support <const> = require "transport.support"

for _, engine in ipairs { "ev", "poll" } do
  describe("HTTP on " .. engine, function()
    local here
    before_each(function() here = pair.new(engine) end)
    after_each(function() here.loop:close() end)

    describe("over a unix socket", function()
      local folder, path
      before_each(function()
        folder = os.tmpname()
        os.remove(folder)
        lfs.mkdir(folder)
        path = folder .. "/admin"
      end)
      after_each(function()
        here.loop:close()
        os.execute("rm -r " .. folder)
      end)

      it("brings the credentials of the peer", function()
        here:serve_http(pair.echo, { socket = path })
        local status, body = here:request { socket = path, method = "POST", body = "content" }
        assert.equal(200, status)
        assert.equal("content", body)
        assert.equal(lfs.attributes(path, "uid"), here.asked.peer.uid)
        assert.is_true(here.asked.peer.pid > 0)
        assert.is_nil(here.asked.peer.address)
      end)

      it("takes a list of users only where it holds for everybody who connects", function()
        assert.has_error(function() here.loop:serve { http = pair.echo, allowed_uids = { 0 } } end)
        assert.has_error(function() here.loop:serve { socket = path, http = pair.echo, websocket = {}, allowed_uids = { 0 } } end)
      end)

      it("answers 403 to a user that is not listed (D29, D32)", function()
        here:serve_http(pair.echo, { socket = path, allowed_uids = { 12345 } })
        assert.equal(403, (here:request { socket = path }))
        assert.is_nil(here.asked)
      end)

      it("serves a user that is listed", function()
        local me = lfs.attributes(folder, "uid")
        here:serve_http(pair.echo, { socket = path, allowed_uids = { 12345, me } })
        assert.equal(200, (here:request { socket = path }))
      end)

      it("makes the file for its owner only and removes it at close", function()
        here:serve_http(pair.echo, { socket = path })
        assert.equal("rw-------", lfs.attributes(path, "permissions"))
        here.server:close()
        assert.is_nil(lfs.attributes(path))
        local _, _, code = here:request { socket = path }
        assert.equal("not_connected", code)
      end)

      it("removes the file when the loop closes", function()
        here:serve_http(pair.echo, { socket = path })
        here.loop:close()
        assert.is_nil(lfs.attributes(path))
      end)

      it("is busy when somebody listens there", function()
        here:serve_http(pair.echo, { socket = path })
        local second, message, code = here.loop:serve { socket = path, http = pair.echo }
        assert.is_nil(second)
        assert.equal("busy", code)
        assert.matches(path, message, 1, true)
        assert.equal(200, (here:request { socket = path }))
      end)

      it("replaces a stale file", function()
        support.shell(here.loop, ([[exec perl -MSocket -e 'socket S, AF_UNIX, SOCK_STREAM, 0; bind S, sockaddr_un("%s")']])
          :format(path))
        assert.equal("socket", lfs.attributes(path, "mode"))
        here:serve_http(pair.echo, { socket = path })
        assert.equal(200, (here:request { socket = path }))
      end)

      it("leaves a file alone that is no socket", function()
        io.open(path, "w"):close()
        assert.equal("exists", select(3, here.loop:serve { socket = path, http = pair.echo }))
        assert.equal("file", lfs.attributes(path, "mode"))
      end)

      it("leaves a file alone that another daemon has made since", function()
        here:serve_http(pair.echo, { socket = path })
        os.rename(path, path .. ".old")
        io.open(path, "w"):close()
        here.server:close()
        assert.equal("file", lfs.attributes(path, "mode"))
      end)

      it("says which folder is missing and which path is too long", function()
        assert.equal("not_found", select(3, here.loop:serve { socket = folder .. "/none/admin", http = pair.echo }))
        local long = "/tmp/" .. ("x"):rep(103)
        assert.equal("config_invalid", select(3, here.loop:serve { socket = long, http = pair.echo }))
        assert.equal("config_invalid", select(3, here:request { socket = long }))
        long = long:sub(1, -2)
        here:serve_http(pair.echo, { socket = long })
        assert.equal(200, (here:request { socket = long }))
      end)
    end)
  end)
end
