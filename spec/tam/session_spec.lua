-- A TAM and a real agent on a real driver, without a network between them.
local agent <const> = require "teep.agent"
local cose <const> = require "teep.cose"
local key <const> = require "teep.key"
local message <const> = require "teep.message"
local scene <const> = require "agent.scene"
local wire <const> = require "teep.wire"
local world <const> = require "tam.world"

for _, dialect in ipairs(wire.dialects) do
  describe("a TAM and an agent of " .. dialect, function()
    after_each(function()
      world.clean()
      scene.clean()
    end)

    local function pair(algorithm)
      local driver <const> = scene.driver(scene.folder())
      local device <const> = agent.new {
        driver = driver, device = { vendor_identifier = ("v"):rep(16), class_identifier = ("c"):rep(16) },
        trust = { tams = world.tam_keys(), signers = { assert(key.load(world.key("signer"):public())) } },
        tam_uri = scene.URI, clock = function() return 1700000000 end, algorithm = algorithm, wire = dialect,
      }
      local w <const> = world.new { wire = dialect, trust = {
        agents = { assert(key.load(device:key():public())) }, signers = { assert(key.load(world.key("signer"):public())) },
      } }
      return w, device, driver
    end

    -- Exchange messages until one side has nothing more to say; all of them, in turns, the TAM's first.
    local function record(w, device)
      local list <const>, bytes = {}, assert(w.tam:connect(w.session))
      while bytes do
        list[#list + 1] = bytes
        if #list % 2 == 1 then
          bytes = device:receive(scene.URI, bytes)
        else
          bytes = w:receive(bytes)
        end
      end
      return list
    end

    -- How many messages the agent sent.
    local function talk(w, device) return #record(w, device) // 2 end

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

    -- Type by name, its number as it was sent, and the error code as it was sent.
    local function numbers(bytes)
      local payload <const> = cose.parse(bytes).payload
      local decoded <const> = assert(message.decode(payload, { wire = dialect }))
      return { decoded.type, payload:byte(2), decoded.type == "error" and payload:byte(-1) or nil }
    end

    it("exchange all five messages with the numbers of that draft (A-01)", function()
      local w <const>, device <const>, driver <const> = pair()
      local seen <const> = {}
      assert(w.tam:add_manifest(world.envelope { payload = "hello" }))
      assert(w.tam:add_manifest(world.envelope {
        id = { "bad.suit" }, components = { { { "bad" }, nil, uri = "https://example.org/bad", size = 5,
          digest = { algorithm = "SHA-256", bytes = ("d"):rep(32) } } },
      }))
      for _, id in ipairs { "app", "bad" } do
        device:request { id }
        for _, bytes in ipairs(record(w, device)) do
          local found <const> = numbers(bytes)
          seen[found[1]] = found
        end
      end
      local types <const> = wire.open(dialect).type
      assert.same({
        ["query-request"] = { "query-request", 1 }, ["query-response"] = { "query-response", 2 },
        update = { "update", 3 }, success = { "success", dialect == "v26" and 4 or 5 },
        error = { "error", dialect == "v26" and 5 or 6, dialect == "v26" and 11 or 17 },
      }, seen)
      assert.equal(types.error, seen.error[2])
      assert.equal("hello", driver:read({ "app" }, 0, 5))
      assert.is_nil((driver:probe { "bad" }))
      assert.is_nil(w:event "dropped")
    end)
  end)
end
