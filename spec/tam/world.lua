-- A TAM with real keys, store and policies, a clock to turn, and the keys of an agent to speak to it.
local crypto <const> = require "teep.crypto"
local cose <const> = require "teep.cose"
local key <const> = require "teep.key"
local message <const> = require "teep.message"
local policy <const> = require "teep.policy"
local scene <const> = require "agent.scene"
local sqlite <const> = require "teep.sqlite"
local store <const> = require "teep.store"
local suit <const> = require "teep.suit"
local tam <const> = require "teep.tam"

local world = { key = scene.key, envelope = scene.envelope }

local function dialect(name) return { wire = name or "v26" } end

local World <const> = {}
World.__index = World

local folders, opened = {}, {}

local function public(private) return assert(key.load(private:public())) end

-- What a verifier of this TAM's messages holds.
function world.tam_keys() return { public(scene.key("tam", "ESP256")), public(scene.key("tam", "Ed25519")) } end

-- `options` override those of teep.tam.new.
function world.new(options)
  local self <const> = setmetatable({ now = 1700000000, events = {}, session = {}, options = options or {} }, World)
  self.path = os.tmpname()
  os.remove(self.path)
  folders[#folders + 1] = self.path
  self:start()
  return self
end

function World:given()
  local given <const> = {
    keys = { scene.key("tam", "ESP256"), scene.key("tam", "Ed25519") },
    trust = {
      agents = { public(scene.key "device"), public(scene.key "other"), public(scene.key("device", "Ed25519")) },
      signers = { public(scene.key "signer") },
    },
    policy = policy.open { path = "install_on_request", isolation = "trusted" }, store = self.store,
    clock = function() return self.now end, random = crypto.random,
    observe = function(event, details) table.insert(self.events, { event = event, details = details }) end,
  }
  for name, value in pairs(self.options) do given[name] = value end
  return given
end

-- Also after `stop`: the same store, another process.
function World:start()
  self.store = assert(store.open("sqlite:" .. self.path))
  opened[#opened + 1] = self.store
  self.tam = assert(tam.new(self:given()))
end

function World:stop() self.store:close() end

-- Close every store and remove its files.
function world.clean()
  for _, one in ipairs(opened) do one:close() end
  for _, path in ipairs(folders) do
    for _, suffix in ipairs { "", "-wal", "-shm" } do os.remove(path .. suffix) end
  end
  folders, opened = {}, {}
end

local tables <const> = {
  "secret", "spent", "update_sent", "update_item", "agent", "tc", "manifest", "manifest_component",
}

-- All rows of all tables, as another connection reads them.
function World:dump()
  local database <close> = assert(sqlite.open(self.path))
  local rows <const> = {}
  for _, name in ipairs(tables) do
    rows[name] = assert(assert(database:prepare("SELECT * FROM " .. name)):rows())
  end
  return rows
end

-- The message in bytes that came from the TAM, as this agent would accept them.
function world.open(bytes, algorithm, wire)
  local proof <const> = assert(cose.verify(bytes, { keys = world.tam_keys(), algorithms = { algorithm or "ESP256" } }))
  local decoded <const> = assert(message.decode(proof.payload, dialect(wire)))
  decoded.algorithm = proof.algorithm
  return decoded
end

-- A QueryRequest, decoded.
function World:request() return world.open(assert(self.tam:connect(self.session)), nil, self.options.wire) end

function world.signed(fields, signer, wire)
  local payload <const> = type(fields) == "string" and fields or assert(message.encode(fields, dialect(wire)))
  return assert(cose.sign1 { key = signer or scene.key "device", payload = payload })
end

function World:receive(bytes) return self.tam:receive(self.session, bytes) end

-- Send fields; the answer decoded, or what receive returned.
function World:tell(fields, signer)
  local answer <const>, reason, code = self:receive(world.signed(fields, signer, self.options.wire))
  if not answer then return nil, reason, code end
  return world.open(answer, signer and signer:algorithm(), self.options.wire)
end

local claims <const> = { component_id = { "agent" }, image_size = 1 }

-- A QueryResponse to a fresh QueryRequest.
function World:respond(changes, signer)
  local fields <const> = { type = "query-response", token = self:request().token, tc_list = { claims } }
  for name, value in pairs(changes or {}) do fields[name] = value or nil end
  return self:tell(fields, signer)
end

-- A QueryResponse that asks for a component.
function World:want(...)
  local wanted <const> = {}
  for i, id in ipairs { ... } do wanted[i] = { component_id = { id } } end
  return self:respond { requested_tc_list = wanted }
end

-- A SUIT Report that says ok, or that fails with an error code of ours.
function world.report(nonce, code)
  return assert(suit.report({
    ok = not code, code = code, reason = code and 10 or 0, records = {},
    reference = { uri = "", digest = { algorithm = "SHA-256", bytes = ("d"):rep(32) } },
  }, { nonce = nonce }))
end

function World:event(name)
  for i = #self.events, 1, -1 do
    if self.events[i].event == name then return self.events[i].details end
  end
end

-- A policy of Lua functions, without a file.
function world.policy(functions)
  return {
    decide = function(_, point, ...)
      local fn <const> = functions[point]
      if fn then return fn(...) end
      return ({
        query = { verb = "ask", trusted_components = true }, plan = { verb = "nothing" },
        settle = { verb = "accept" },
      })[point]
    end,
  }
end

-- A world whose agent has just received an Update that installs app.suit; facts of `settle` are kept.
function world.updated(settle, options)
  options = options or {}
  local facts <const> = {}
  options.policy = world.policy {
    plan = function() return { verb = "update", install = { "app.suit" }, remove = { "old" } } end,
    settle = function(known)
      facts[#facts + 1] = known
      return settle or { verb = "accept" }
    end,
  }
  local w <const> = world.new(options)
  assert(w.tam:add_manifest(world.envelope { components = { { { "app" }, "hello" }, { { "lib" }, "data" } } }))
  w.store:tc_list_put(scene.key("device"):thumbprint(), {
    { component_id = "app", size = 99 }, { component_id = "gone", manifest = "old", sequence_number = 1 },
    { component_id = "kept", manifest = "other", sequence_number = 1 },
  })
  local update <const> = w:respond { tc_list = {
    { component_id = { "app" }, image_size = 99 }, { component_id = { "gone" }, vendor_identifier = "v" },
    { component_id = { "kept" }, vendor_identifier = "v" },
  } }
  return w, update, facts
end

return world
