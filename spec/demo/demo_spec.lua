local command = require "cli.command"
local lfs = require "lfs"

local function run(before)
  local output = os.tmpname()
  local build = os.getenv "LUATEEP_BUILD" or "build"
  local _, _, code = os.execute(("%s TEEP=%s/%s/bin/teep examples/demo/run.sh > %s 2>&1"):format(before or "",
    lfs.currentdir(), build, output))
  local text = command.read(output)
  os.remove(output)
  return code, text
end

describe("the demo", function()
  local folder
  before_each(function() folder = command.folder() end)
  after_each(function() command.remove(folder) end)

  it("installs a component, sees it on both sides, removes it, and leaves nothing behind", function()
    local code, text = run("TMPDIR=" .. folder)
    assert.equal(0, code, text)
    assert.matches("Done: installed, verified on both sides, removed.\n$", text)
    for entry in lfs.dir(folder) do assert.matches("^%.%.?$", entry) end
  end)

  for settings, uris in pairs {
    [""] = { "ws", "http" }, ["TRANSPORT=http"] = { "http", "http" }, ["TLS=1"] = { "wss", "https" },
    ["TRANSPORT=http TLS=1"] = { "https", "https" },
  } do
    it(("reaches the TAM over %s and the payload over %s with %q"):format(uris[1], uris[2], settings), function()
      local code, text = run(settings .. " TMPDIR=" .. folder)
      assert.equal(0, code, text)
      assert.matches("    TAM: " .. uris[1] .. "://127.0.0.1:", text, 1, true)
      assert.matches("fetch state=ended uri=" .. uris[2] .. "://127%.0%.0%.1:%d+/model%.bin received=300000 attempts=1\n", text)
      assert.matches("Done: installed, verified on both sides, removed.\n$", text)
      assert.matches("  model  300000 bytes  sha-256 ", text, 1, true)
    end)
  end

  it("refuses a transport that there is not", function()
    local code, text = run("TRANSPORT=gopher TMPDIR=" .. folder)
    assert.equal(2, code)
    assert.equal("TRANSPORT=gopher: want websocket or http\n", text)
  end)

  it("shows every message on one line and an inspected one with the numbers of draft 26", function()
    local code, text = run("TMPDIR=" .. folder)
    assert.equal(0, code, text)
    for _, kind in ipairs{ "query-request", "query-response", "update", "success" } do
      assert.matches(" tam [<-][->] " .. kind:gsub("%-", "%%-") .. " %d+ B ESP256", text)
    end
    assert.matches("tam %-> query%-request %d+ B ESP256%+Ed25519", text)
    assert.matches("[0] type: 3 (update)", text, 1, true)
    assert.matches("9 manifest-list:", text, 1, true)
  end)

  it("ends with code 1 and the reason when something is amiss", function()
    -- A sha256sum that always finds another digest than the device.
    command.write(folder .. "/sha256sum", '#!/bin/sh\necho "00  $1"\n')
    os.execute("chmod +x " .. folder .. "/sha256sum")
    local code, text = run(("TMPDIR=%s PATH=%s:$PATH"):format(folder, folder))
    assert.equal(1, code, text)
    assert.matches("demo failed: teep status does not list \"hello 00\"", text, 1, true)
    for entry in lfs.dir(folder) do assert.is_nil(entry:find "teep%-demo") end
  end)

  it("keeps its folder when asked to", function()
    local code, text = run("KEEP=1 TMPDIR=" .. folder)
    assert.equal(0, code, text)
    local kept = text:match "Kept: (%S+)"
    assert.truthy(lfs.attributes(kept .. "/hello.suit"))
    assert.truthy(lfs.attributes(kept .. "/messages-tam"))
  end)
end)
