-- Servers and clients with TLS, on a pair of transport.pair, with the certificates of spec/fixtures/tls.
local pair <const> = require "transport.pair"
local support <const> = require "transport.support"

local secure = { fixtures = "spec/fixtures/tls/" }

secure.root = { authorities = secure.fixtures .. "root.pem" }

function secure.files(name)
  return { certificate = secure.fixtures .. name .. ".pem", key = secure.fixtures .. name .. ".key" }
end

-- A pair that counts what the server is asked over HTTP (`asked`) and hears over WebSocket (`heard`).
function secure.new(engine)
  local here <const> = pair.new(engine)
  here.asked, here.heard = 0, 0
  return here
end

-- Serve with the certificate of this name; without TLS if there is none.
function secure.serve(here, name, extra)
  return here:serve({
    tls = name and secure.files(name),
    http = function(request)
      here.asked = here.asked + 1
      request:respond { body = request.body }
    end,
    websocket = { on_message = function(connection, bytes)
      here.heard = here.heard + 1
      connection:send(bytes)
    end },
  }, extra)
end

-- What a WebSocket answers to a message, or nil, message and code.
function secure.exchange(here, host, tls, message)
  local outcome
  local connection <const> = assert(here.loop:connect {
    uri = ("%s:%d/teep"):format(host, here.server.port), tls = tls,
    on_open = function(opened) opened:send(message or "hello") end,
    on_message = function(opened, bytes)
      outcome = { bytes }
      opened:close()
    end,
    on_error = function(text, code) outcome = { nil, text, code } end,
    on_close = function(_, code) outcome = outcome or { nil, "closed", code } end,
  })
  support.wait(here.loop, function() return outcome end)
  connection:close()
  return table.unpack(outcome, 1, 3)
end

return secure
