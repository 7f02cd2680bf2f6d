-- Payloads by URI, through the real command and a file server that stops in the middle.
local command = require "cli.command"
local lfs = require "lfs"
local site = require "cli.site"

describe("a payload by URI", function()
  local here, files, uri
  local PAYLOAD <const>, PART <const> = ("0123456789"):rep(20000), 70000
  local SERVER <const> = lfs.currentdir() .. "/spec/cli/slow_files.pl"

  -- `payload` is what the server has, not what the manifest says.
  local function serve(port, payload)
    here:write("served.bin", payload or PAYLOAD)
    files = here:launch("perl", SERVER, tostring(port or 0), "served.bin", tostring(PART), "go")
    assert.is_true(command.wait(function() return files:log():find "port=%d+\n" end), files:log())
    return files:log():match "port=(%d+)\n"
  end

  local function go_on() here:write("go", "") end

  local function configure_device(more)
    here:write("device.lua", (here:read("device.lua"):gsub("messages =", function(word)
      return (more or 'fetch = { schemes = { "http" } }, ') .. word
    end, 1)))
  end

  local function start_tam(port)
    local tam = here:start_tam(port)
    configure_device()
    return tam
  end

  local function offer(manifest_payload)
    here:must("manifest", "add", here:component("big", manifest_payload or PAYLOAD, 1, uri), "--config", "tam.lua")
  end

  before_each(function()
    here = site.new()
    uri = ("http://127.0.0.1:%s/big.bin?key=hidden"):format(serve())
  end)
  after_each(function() here:remove() end)

  local function device() return here:json("status", "--config", "device.lua", "--json") end

  local function digest() return require("teep.hex").encode(require("teep.crypto").digest("SHA-256", PAYLOAD)) end

  local function is_installed()
    local found = device().components[1]
    return found and found.id == "big" and found.size == #PAYLOAD and found.digest == digest()
  end

  local function at_tam()
    for _, item in ipairs(here:json("device", "list", "--config", "tam.lua", "--json")[1].components) do
      if item.id == "big" then return item.digest == digest() end
    end
  end

  -- The request is under way and has got the first part.
  local function stopped_in_the_middle()
    return assert.is_true(command.wait(function()
      local download = device().downloads[1]
      return download and download.received == PART
    end))
  end

  local function finished(request)
    assert.is_true(command.wait(function() return not request:alive() end), request:log())
    return request:log()
  end

  local function offsets(server)
    local list = {}
    for offset in server:log():gmatch "offset=(%d+)\n" do list[#list + 1] = tonumber(offset) end
    return list
  end

  it("is fetched, and people see how far it is, but no secret of the URI", function()
    local tam = start_tam()
    offer()
    local broker = here:start_device()
    local request = here:start("request", "big", "--config", "device.lua")
    stopped_in_the_middle()
    local shown = uri:gsub("%?.*", "")
    assert.same({ { uri = shown, received = PART, attempts = 1 } }, device().downloads)
    assert.matches(("downloads: 1\n  %s  %d bytes received, attempt 1\n"):format(shown, PART),
      here:must("status", "--config", "device.lua"), 1, true)
    assert.same({}, device().components)
    go_on()
    assert.matches("^big: installed, 200000 bytes", finished(request))
    assert.is_true(is_installed())
    assert.is_true(at_tam())
    assert.same({}, device().downloads)
    assert.matches("info fetch state=begun uri=" .. shown .. "\n", broker:log(), 1, true)
    assert.matches(("info fetch state=ended uri=%s received=200000 attempts=1\n"):format(shown), broker:log(), 1, true)
    for _, log in ipairs{ broker:log(), tam:log(), request:log() } do assert.is_nil(log:find("hidden", 1, true)) end
  end)

  it("is fetched on from where it stopped when the file server was killed", function()
    start_tam()
    offer()
    local broker = here:start_device()
    local request = here:start("request", "big", "--config", "device.lua")
    stopped_in_the_middle()
    assert.is_true(files:signal "KILL")
    assert.is_true(command.wait(function() return broker:log():find "warning fetch failed" end))
    go_on()
    serve(uri:match ":(%d+)/")
    assert.matches("^big: installed, 200000 bytes", finished(request))
    assert.same({ PART }, offsets(files))
    assert.is_true(is_installed())
    assert.is_true(at_tam())
    assert.matches("info retry uri=" .. uri:gsub("%?.*", "") .. " attempt=1 seconds=%d%.%d%d\n", broker:log())
    assert.is_nil(broker:log():find("hidden", 1, true))
  end)

  it("does not keep the device from ending cleanly in the middle", function()
    start_tam()
    offer()
    local broker = here:start_device()
    local request = here:start("request", "big", "--config", "device.lua")
    stopped_in_the_middle()
    assert.is_true(broker:signal "TERM")
    assert.matches("info stopping signal=SIGTERM\n$", broker:log())
    assert.matches("^teep: no daemon answers", finished(request))
    go_on()
    here:start_device()
    assert.is_true(command.wait(is_installed))
  end)

  it("is installed after the device was killed in the middle, when it starts again", function()
    start_tam()
    offer()
    local broker = here:start_device()
    here:start("request", "big", "--config", "device.lua")
    stopped_in_the_middle()
    assert.is_true(broker:signal "KILL")
    here:start_device()
    assert.same({}, device().components)
    assert.same({ "big" }, device().requested)
    go_on()
    assert.is_true(command.wait(is_installed))
    assert.is_true(command.wait(at_tam))
    assert.same({}, device().requested)
  end)

  it("is installed after the TAM was killed in the middle, and the TAM hears of it", function()
    local tam = start_tam()
    offer()
    local broker = here:start_device()
    local request = here:start("request", "big", "--config", "device.lua")
    stopped_in_the_middle()
    assert.is_true(tam:signal "KILL")
    go_on()
    assert.is_true(command.wait(function() return broker:log():find "warning transport failed" end))
    start_tam(here.port)
    assert.matches("^big: installed, 200000 bytes", finished(request))
    assert.is_true(is_installed())
    assert.is_true(command.wait(at_tam))
  end)

  for name, case in pairs {
    ["other bytes"] = { PAYLOAD:sub(1, -2) .. "x", "image-match: the component has another digest" },
    ["one byte more"] = { PAYLOAD .. "x", "exceeds 200000 bytes" },
    ["one byte less"] = { PAYLOAD:sub(1, -2), "image-match: want 200000 bytes, found 199999" },
  } do
    it("with " .. name .. " than the manifest says is refused, both ends say why, and the device stays as it was", function()
      local tam = start_tam()
      offer()
      local broker = here:start_device()
      here:write("served.bin", case[1])
      go_on()
      local code, output = here:teep("request", "big", "--config", "device.lua")
      assert.equal(1, code)
      assert.matches("^big: not installed", output)
      for _, log in ipairs{ output, broker:log(), tam:log() } do
        assert.matches("manifest_processing_failed", log, 1, true)
        assert.matches(case[2], log, 1, true)
      end
      assert.same({ 0 }, offsets(files))
      assert.same({}, device().components)
      assert.same({}, device().manifests)
    end)
  end

  it("of other bytes does not keep other components from being installed, then and later (A-26)", function()
    start_tam()
    offer()
    here:must("manifest", "add", here:component("fine", "good", 1), "--config", "tam.lua")
    here:start_device()
    here:write("served.bin", PAYLOAD:sub(1, -2) .. "x")
    go_on()
    assert.equal(1, (here:teep("request", "big", "--config", "device.lua")))
    assert.matches("^fine: installed, 4 bytes", here:must("request", "fine", "--config", "device.lua"))
    assert.same({ "big" }, device().requested)
    local listed = here:json("device", "list", "--config", "tam.lua", "--json")[1].components
    local known = {}
    for _, item in ipairs(listed) do known[item.id] = item.manifest or true end
    assert.truthy(known.fine, "the TAM knows of it")
    assert.is_nil(known.big)
  end)

  it("is not fetched over a scheme that the device does not allow by name", function()
    here:start_tam()
    offer()
    local broker = here:start_device()
    local code, output = here:teep("request", "big", "--config", "device.lua")
    assert.equal(1, code)
    assert.matches("the scheme is not allowed, only https", output, 1, true)
    assert.matches("fetch state=failed .*code=denied", broker:log())
    assert.is_nil((output .. broker:log()):find("hidden", 1, true))
    assert.same({}, offsets(files))
  end)

  for name, case in pairs {
    ["is refused when the device allows one byte less"] = { #PAYLOAD - 1, 1, "not installed.*200000 bytes, limit is 199999" },
    ["is fetched when the device allows just its size"] = { #PAYLOAD, 0, "^big: installed" },
  } do
    it(name, function()
      here:start_tam()
      offer()
      go_on()
      configure_device(('fetch = { schemes = { "http" }, size = %d }, '):format(case[1]))
      here:start_device()
      local code, output = here:teep("request", "big", "--config", "device.lua")
      assert.matches(case[3], output)
      assert.equal(case[2], code)
    end)
  end
end)
