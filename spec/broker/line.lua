-- What the specs of a broker's downloads share: a line that breaks, a device that keeps what arrives.
local assert <const> = require "luassert"
local rig <const> = require "broker.rig"

local line = {
  URI = "https://user:secret@files.example/a/b.bin?key=hidden",
  SHOWN = "https://files.example/a/b.bin", -- the URI as people may see it
  PAYLOAD = "0123456789",
}

-- A line that breaks: the n-th attempt delivers `steps[n]` bytes, then fails; without a step it delivers all.
-- `failure` is { message, code }.
function line.new(steps, failure)
  local seen <const> = { offsets = {} }
  function seen.download(uri, offset, sink)
    assert.equal(line.URI, uri)
    table.insert(seen.offsets, offset)
    local step <const> = steps[#seen.offsets]
    for position = offset + 1, step and offset + step or #line.PAYLOAD do
      local ok <const>, message, code = sink(line.PAYLOAD:sub(position, position))
      if not ok then return nil, message, code end
    end
    if not step then return true end
    return nil, table.unpack(failure or { "reset by peer", "not_connected" })
  end
  return seen
end

function line.device()
  local got <const> = { bytes = "" }
  function got.sink(bytes)
    got.bytes = got.bytes .. bytes
    return true
  end
  return got
end

-- A broker that downloads, and must not connect unless told how.
function line.broker(given)
  local options <const> = { connect = function() error "connect" end }
  for name, value in pairs(given) do options[name] = value end
  return rig.broker(options)
end

function line.flow(fetch)
  return { api = 1, name = "mine", version = "1", summary = "s", run = function() return true end, fetch = fetch }
end

-- The download by this broker fails, and is over.
function line.fails(code, pattern, one, sink)
  local ok <const>, message, found = one:fetch(line.URI, 0, sink or line.device().sink)
  assert.is_nil(ok)
  assert.equal(code, found)
  assert.matches(pattern, message, 1, true)
  assert.same({}, one.downloads)
end

return line
