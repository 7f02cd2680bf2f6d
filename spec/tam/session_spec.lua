-- A TAM and a real agent on a real driver, without a network between them.
local agent <const> = require "teep.agent"
local key <const> = require "teep.key"
local scene <const> = require "agent.scene"
local world <const> = require "tam.world"

describe("a TAM and an agent", function()
  after_each(function()
    world.clean()
    scene.clean()
  end)

  local function pair(algorithm)
    local driver <const> = scene.driver(scene.folder())
    local device <const> = agent.new {
      driver = driver, device = { vendor_identifier = ("v"):rep(16), class_identifier = ("c"):rep(16) },
      trust = { tams = world.tam_keys(), signers = { assert(key.load(world.key("signer"):public())) } },
      tam_uri = scene.URI, clock = function() return 1700000000 end, algorithm = algorithm,
    }
    local w <const> = world.new { trust = {
      agents = { assert(key.load(device:key():public())) }, signers = { assert(key.load(world.key("signer"):public())) },
    } }
    return w, device, driver
  end

  -- Exchange messages until one side has nothing more to say; how many the agent sent.
  local function talk(w, device)
    local bytes, sent = assert(w.tam:connect(w.session)), 0
    while bytes do
      bytes = device:receive(scene.URI, bytes)
      if not bytes then break end
      sent = sent + 1
      bytes = w:receive(bytes)
    end
    return sent
  end

  it("install a component on request and remove it when it is not needed any more", function()
    local w <const>, device <const>, driver <const> = pair()
    assert(w.tam:add_manifest(world.envelope { payload = "hello" }))
    assert.equal(scene.URI, device:request { "app" })
    assert.equal(2, talk(w, device))
    assert.equal("hello", driver:read({ "app" }, 0, 5))
    local installed
    for _, entry in ipairs(w.store:tc_list(device:key():thumbprint())) do
      if entry.component_id == "app" then installed = entry end
    end
    assert.same({ "app.suit", 1, 5 }, { installed.manifest, installed.sequence_number, installed.size })

    assert.equal(1, talk(w, device), "nothing to do")
    assert.truthy(device:unrequest { "app" })
    assert.equal(2, talk(w, device))
    assert.is_nil((driver:probe { "app" }))
    assert.is_nil(w:event "dropped")
  end)

  it("speak Ed25519 as well (T-105, T-109)", function()
    local w <const>, device <const>, driver <const> = pair "Ed25519"
    assert(w.tam:add_manifest(world.envelope { payload = "hello" }))
    device:request { "app" }
    assert.equal(2, talk(w, device))
    assert.equal("hello", driver:read({ "app" }, 0, 5))
  end)
end)
