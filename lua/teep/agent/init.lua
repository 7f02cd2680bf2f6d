--- The TEEP Agent: the trusted end in the device (draft-ietf-teep-protocol section 7.2).
-- Pure: driver, fetch, policy and clock are handed in. Authenticates the TAM, answers queries,
-- installs and removes what trusted signers signed, and keeps the ledger of it.
--
-- This agent has no attester: a QueryRequest that asks for attestation ends in Error
-- permanent_error. Evidence and SUIT Reports of a TAM are read past, not weighed.
-- @module teep.agent
-- @usage local agent = assert(require("teep.agent").new{
--   driver = driver, device = { vendor_identifier = vendor, class_identifier = class },
--   trust = { tams = { tam_key }, signers = { signer_key } }, tam_uri = "wss://tam.example/teep",
--   clock = os.time })
-- local answer = agent:receive("wss://tam.example/teep", bytes)
local gate <const> = require "teep.agent.gate"
local intent <const> = require "teep.agent.intent"
local keys <const> = require "teep.agent.keys"
local ledger <const> = require "teep.agent.ledger"
local pending <const> = require "teep.agent.pending"
local query <const> = require "teep.agent.query"
local reply <const> = require "teep.agent.reply"
local setup <const> = require "teep.agent.setup"
local status <const> = require "teep.agent.status"
local update <const> = require "teep.agent.update"

local Agent = {}
Agent.__index = Agent

local agent = {}

--- Limits and their defaults, see @{teep.agent.setup}.
agent.limits = setup.limits

--- Open an agent on a driver; settles what a crash left behind.
-- @tparam table given options:
--
-- * `driver` of `teep.driver`, or a table with the same methods
-- * `device` `{ vendor_identifier, class_identifier }`, 16 bytes each
-- * `trust` `{ tams = { key, ... }, signers = { key, ... } }`
-- * `tam_uri` the agent's own TAM; `tam_uris` list of further ones that a caller's hint may name
-- * `clock` seconds since 1970, integer
-- * `policy` with decision point `consider`; `fetch` for payloads by URI; `observe(event, details)`
-- * `wire` (`v26`); `algorithm` of the agent's own key, `ESP256` (default) or `Ed25519`
-- * `on_unauthenticated` `error` (default, rate limited) or `drop`: what a message earns whose sender
--   is not authenticated
-- * `check_in` seconds of silence after which `check_policy` names `tam_uri` though nothing is pending
-- * `reports` `{ sign, recipients, algorithm }`: SUIT Reports are signed by a key of their own, and
--   encrypted to these keys of TAMs; plain without
-- * `decryption_keys`: further keys that payloads may be encrypted to, besides `:key("encryption")`
-- * `random`, `await`: accepted with the other protocol modules' options; neither is needed here
-- * `limits` see @{agent.limits}
-- @treturn[1] Agent
-- @treturn[2] nil, string, string message and code: `corrupt`, or a code of the driver
function agent.new(given)
  local self = setmetatable(setup.fields(given), Agent)
  local message, code
  self.own_key, message, code = self.driver:key("agent", self.algorithm)
  if not self.own_key then return nil, message, code end
  self.ledger, message, code = ledger.open(self.driver)
  if not self.ledger then return nil, message, code end
  local verdict
  verdict, message, code = intent.settle(self.ledger)
  if not verdict then return nil, message, code end
  if verdict ~= "none" then self.observe("settled", { verdict = verdict }) end
  return self
end

--- A key of the agent; its private half stays in the driver.
-- @tparam[opt="messages"] string use `messages`; `reports`: signs SUIT Reports; `encryption`: what payloads
--   are encrypted to
-- @treturn[1] key
-- @treturn[2] nil, string, string message and code of the driver; `unsupported` where it does not agree on
--   keys
-- @usage local recipient = agent:key("encryption"):public()
function Agent:key(use)
  if not use or use == "messages" then return self.own_key end
  return keys.of(self, use)
end

local function check_id(id)
  if type(id) ~= "table" then error("component identifier: want a list of byte strings", 3) end
  for _, segment in ipairs(id) do
    if type(segment) ~= "string" then error("component identifier: want a list of byte strings", 3) end
  end
end

--- RequestTA: this component is wanted.
-- @tparam {string,...} id component identifier
-- @tparam[opt] string tam_uri hint; the agent's own TAM goes before it
-- @treturn[1] string TAM URI to contact
-- @treturn[2] nil it is installed
-- @treturn[3] nil, string, string message and code: `not_found`, `limit_reached`, or a code of the driver
function Agent:request(id, tam_uri)
  check_id(id)
  return pending.request(self, id, tam_uri)
end

--- UnrequestTA: this component is not needed any more.
-- @tparam {string,...} id component identifier
-- @treturn[1] string TAM URI to contact
-- @treturn[2] nil it is not installed
-- @treturn[3] nil, string, string message and code of the driver
function Agent:unrequest(id)
  check_id(id)
  return pending.unrequest(self, id)
end

--- RequestPolicyCheck: one TAM to contact a call, then nil (T-092).
-- @treturn ?string TAM URI
function Agent:check_policy() return pending.next_tam(self) end

--- ProcessError: the transport to a TAM failed.
-- @tparam string tam_uri
-- @tparam string reason
function Agent:failed(tam_uri, reason) self.observe("failed", { tam_uri = tam_uri, reason = reason }) end

local function send(self, tam_uri, answer)
  local bytes, message, code = reply.sign(self, answer)
  if not bytes then
    self.observe("dropped", { code = code, message = message, tam_uri = tam_uri })
    return nil, message, code
  end
  self.last_answer = { type = answer.type, err_code = answer.err_code, err_msg = answer.err_msg }
  self.observe("message", { direction = "out", type = answer.type, size = #bytes, tam_uri = tam_uri,
    kid = self.own_key:thumbprint(), err_code = answer.err_code, err_msg = answer.err_msg })
  return bytes
end

-- A stranger earns a signed Error only as long as the bucket lasts (A-12); an answer earns none
-- (section 4.6).
local function silent(self, refused)
  if refused.type == "success" or refused.type == "error" then return true end
  return refused.stranger and (self.on_unauthenticated == "drop" or not self.strangers:take())
end

local function refuse(self, tam_uri, refused)
  local quiet = silent(self, refused)
  self.observe(quiet and "dropped" or "refused",
    { code = refused.code, message = refused.message, tam_uri = tam_uri })
  if quiet then return nil, refused.message, refused.code end
  return send(self, tam_uri, reply.error(self, refused))
end

local handlers <const> = { ["query-request"] = query.answer, update = update.answer }

local function misdirected(_, accepted)
  local refused = gate.refusal("an agent receives query-request and update, not " .. accepted.type,
    "wrong_direction")
  refused.type = accepted.type
  return nil, refused
end

--- ProcessTeepMessage: a message of a TAM.
-- @tparam string tam_uri where it came from; nothing is believed because of it
-- @tparam string bytes
-- @treturn[1] string bytes to send back
-- @treturn[2] nil, string, string message and code: dropped without an answer
function Agent:receive(tam_uri, bytes)
  local accepted, refused = gate.accept(self, bytes)
  if not accepted then return refuse(self, tam_uri, refused) end
  self.heard = self.clock()
  self.observe("message", { direction = "in", type = accepted.type, size = #bytes, tam_uri = tam_uri,
    kid = accepted.kid })
  local answer
  answer, refused = (handlers[accepted.type] or misdirected)(self, accepted, tam_uri)
  if answer then return send(self, tam_uri, answer) end
  refused.token = accepted.message.token
  return refuse(self, tam_uri, refused)
end

--- What is installed and what is pending, see @{teep.agent.status.of}.
-- @treturn table
function Agent:status() return status.of(self) end

return agent
