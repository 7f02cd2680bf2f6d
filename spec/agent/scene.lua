-- A device with a real agent on a real driver, and the keys of a TAM and a signer to speak to it.
local agent = require "teep.agent"
local cbor = require "teep.cbor"
local cose = require "teep.cose"
local driver = require "teep.driver"
local key = require "teep.key"
local lfs = require "lfs"
local message = require "teep.message"
local suit = require "teep.suit"

local scene = { URI = "wss://tam.example/teep" }

local VENDOR <const>, CLASS <const> = ("v"):rep(16), ("c"):rep(16)

-- Keys are made once: they are expensive and no spec changes them.
local keys = {}
function scene.key(name, algorithm)
  local id = name .. (algorithm or "ESP256")
  keys[id] = keys[id] or assert(key.generate { algorithm = algorithm or "ESP256" })
  return keys[id]
end

local folders = {}

function scene.folder()
  local path = os.tmpname()
  os.remove(path)
  assert(lfs.mkdir(path))
  folders[#folders + 1] = path
  return path
end

local function remove(path)
  if lfs.symlinkattributes(path, "mode") ~= "directory" then return os.remove(path) end
  for name in lfs.dir(path) do
    if name ~= "." and name ~= ".." then remove(path .. "/" .. name) end
  end
  lfs.rmdir(path)
end

local opened = {}

-- Closes every driver and removes every folder of the specs so far.
function scene.clean()
  for _, one in ipairs(opened) do one:close() end
  for _, path in ipairs(folders) do remove(path) end
  opened, folders = {}, {}
end

function scene.driver(path)
  local one = assert(driver.open { name = "sim", path = path })
  opened[#opened + 1] = one
  return one
end

local Scene = {}
Scene.__index = Scene

-- `options` override those of teep.agent.new; `wrap` makes another driver of the driver.
function scene.new(options, wrap)
  local self = setmetatable({ now = 1000, events = {}, path = scene.folder(), wrap = wrap, tokens = 0 }, Scene)
  self.options = options or {}
  self:start()
  return self
end

function Scene:start()
  self.driver = scene.driver(self.path)
  local given = {
    driver = self.wrap and self.wrap(self.driver) or self.driver,
    device = { vendor_identifier = VENDOR, class_identifier = CLASS },
    trust = { tams = { scene.key "tam" }, signers = { scene.key "signer" } },
    tam_uri = scene.URI,
    clock = function() return self.now end,
    observe = function(event, details) table.insert(self.events, { event = event, details = details }) end,
  }
  for name, value in pairs(self.options) do given[name] = value end
  self.agent = assert(agent.new(given))
end

-- The device goes off and on again.
function Scene:restart()
  self.driver:close()
  self:start()
end

function Scene:event(name)
  for i = #self.events, 1, -1 do
    if self.events[i].event == name then return self.events[i].details end
  end
end

-- A fresh token.
function Scene:token()
  self.tokens = self.tokens + 1
  return ("token%08d"):format(self.tokens)
end

function scene.signed(payload, signer) return assert(cose.sign1 { key = signer or scene.key "tam", payload = payload }) end

-- Signed bytes of a TAM's message.
function scene.message(fields, signer, dialect)
  return scene.signed(assert(message.encode(fields, { wire = dialect or "v26" })), signer)
end

-- What the agent answers to these bytes: verified with the agent's key and decoded; or nil and why.
function Scene:receive(bytes)
  local answer, reason, code = self.agent:receive(scene.URI, bytes)
  if not answer then return nil, reason, code end
  local public = assert(key.load(self.agent:key():public()))
  local proof = assert(cose.verify(answer, { keys = { public }, algorithms = { "ESP256", "Ed25519" } }))
  return assert(message.decode(proof.payload, { wire = self.options.wire or "v26" }))
end

function Scene:tell(fields, signer) return self:receive(scene.message(fields, signer, self.options.wire)) end

-- The least QueryRequest, with changes.
function scene.query(changes)
  local fields = {
    type = "query-request",
    token = "12345678",
    supported_teep_cipher_suites = {
      { { cose_type = 18, algorithm = -9 } }, { { cose_type = 18, algorithm = -19 } },
    },
    supported_suit_cose_profiles = { { digest = -16, authentication = -9, key_exchange = -29, encryption = -65534 } },
    data_item_requested = { trusted_components = true },
  }
  for name, value in pairs(changes or {}) do fields[name] = value end
  return fields
end

-- A signed manifest: { id, sequence, components = { { id, payload } } or component, payload, signer }.
function scene.envelope(given)
  local components = {}
  for i, one in ipairs(given.components or { { given.component or { "app" }, given.payload or "hello" } }) do
    components[i] = { id = one[1], vendor_identifier = VENDOR, class_identifier = CLASS, payload = one[2],
      uri = one.uri, digest = one.digest, size = one.size }
  end
  local bytes = assert(suit.create {
    manifest_component_id = given.id or { "app.suit" }, sequence_number = given.sequence or 1, components = components,
  })
  return assert(suit.sign(bytes, { key = given.signer or scene.key "signer" }))
end

-- An Update with these envelopes and a fresh token; further fields in `changes`.
function Scene:update(envelopes, changes)
  local fields = { type = "update", token = self:token(), manifest_list = envelopes }
  for name, value in pairs(changes or {}) do fields[name] = value end
  return self:tell(fields)
end

function Scene:uninstall(...) return self:update(nil, { unneeded_manifest_list = { ... } }) end

-- The bytes of a component, or nil.
function Scene:read(id)
  local state = self.driver:probe(id)
  return state and (state.size == 0 and "" or assert(self.driver:read(id, 0, state.size)))
end

-- Everything durable that must not change when nothing was done: ledger bytes and measured components.
function Scene:snapshot(...)
  local found = { (self.driver:seal_get "ledger") or "none" }
  for _, id in ipairs { ... } do
    local state = self.driver:probe(id)
    found[#found + 1] = state and state.digest or "none"
  end
  return found
end

function Scene:installed(id)
  local text = require("teep.component_id").format(id)
  for _, component in ipairs(self.agent:status().components) do
    if component.component_id == text then return component end
  end
end

-- A TEEP message with any CBOR in it, signed by the TAM.
function scene.raw(value) return scene.signed(assert(cbor.encode(value))) end

return scene
