--- Trusted Application Manager: the server that decides what runs in the TEEs of devices.
-- A state machine of bytes in, bytes out (draft-ietf-teep-protocol section 7.1). It does no I/O: key
-- operations, store, policy, clock and randomness are handed in, and each may suspend the running task.
-- State lives in the store alone, so that any process with the same store and keys continues a session.
-- @module teep.tam
local catalogue <const> = require "teep.tam.catalogue"
local errors <const> = require "teep.errors"
local gate <const> = require "teep.tam.gate"
local outcome <const> = require "teep.tam.outcome"
local query <const> = require "teep.tam.query"
local response <const> = require "teep.tam.response"
local setup <const> = require "teep.tam.setup"

local tam = {}

local Tam <const> = {}
Tam.__index = Tam

--- Make a TAM.
-- @tparam table opts
--   `keys`: private keys, ESP256 and Ed25519 at least (section 8.1);
--   `trust`: `agents` and `signers`, lists of public keys; an agent is known by the thumbprint of its key;
--   optionally `reporters`: keys that sign SUIT Reports, other than those of messages;
--   `decryption_keys`: optional, private keys that SUIT Reports may be encrypted to;
--   `policy`: of `teep.policy`, or an object with `decide(self, point, facts, await)`;
--   `store`: of `teep.store`;
--   `wire`: dialect, default `"v26"`;
--   `clock`: () -> seconds since 1970, an integer;
--   `random`: n -> n bytes (`teep.crypto.random`);
--   `await`: how a policy waits, default `teep.task.await`;
--   `observe`: `observe(event, details)`, see docs/architecture.md;
--   `limits`: `message`, `update` (bytes), `token_life` (seconds), `manifests`, `attempts`
-- @treturn[1] Tam
-- @treturn[2] nil, string, string message and code: `config_invalid` (a key or the dialect),
--   `attestation_unsupported` (`verifier` given), those of the store
-- @usage local server = assert(tam.new{ keys = keys, trust = { agents = {}, signers = {} },
--   policy = policy, store = store, clock = os.time, random = teep.crypto.random })
function tam.new(opts)
  local fields <const>, message, code = setup.fields(opts)
  if not fields then return nil, message, code end
  return setmetatable(fields, Tam)
end

--- A device connected (T-073).
-- @tparam table session of the transport, one for each connection
-- @treturn[1] string bytes a QueryRequest
-- @treturn[2] nil, string, string message and code: `policy_denied`, `policy_failed`,
--   `attestation_unsupported`, `crypto_failed`
-- @usage connection:send(server:connect(session))
function Tam:connect(session)
  return query.request(self, session)
end

local handlers <const> = {
  ["query-response"] = response.handle, success = outcome.handle, error = outcome.handle,
}

local function process(self, session, bytes)
  local admitted <const>, message, code = gate.admit(self, bytes)
  if not admitted then return nil, message, code end
  local kind <const> = admitted.message.type
  self.observe("message", {
    direction = "in", type = kind, size = #bytes, bytes = bytes, kid = admitted.kid, session = session,
  })
  if kind == "query-response" and admitted.token.kind ~= "query" then
    return errors.fail("unexpected_message", "query-response: answers an Update")
  end
  session.kid = admitted.kid
  return handlers[kind](self, session, admitted)
end

--- A message arrived. Invalid ones are dropped without an answer (T-074).
-- @tparam table session of the transport; its field `kid` is set once the agent is authenticated
-- @tparam string bytes COSE_Sign1 or COSE_Sign
-- @treturn[1] string bytes an Update
-- @treturn[2] nil nothing more to say
-- @treturn[3] nil, string, string message and code: nothing to answer, and why: those of
--   @{teep.tam.gate.admit}, @{teep.tam.response.handle} and @{teep.tam.outcome.handle}
-- @usage local answer, message, code = server:receive(session, bytes)
function Tam:receive(session, bytes)
  local answer <const>, message, code = process(self, session, bytes)
  if code then
    self.observe("dropped",
      { code = code, message = message, session = session, stranger = not session.kid or nil })
  end
  return answer, message, code
end

--- Add a manifest that policies may install.
-- @tparam string envelope SUIT_Envelope signed by a trusted signer
-- @treturn[1] table manifest as stored
-- @treturn[2] nil, string, string message and code, see @{teep.tam.catalogue.add}
-- @usage assert(server:add_manifest(io.open("hello.suit", "rb"):read "a"))
function Tam:add_manifest(envelope)
  return catalogue.add(self, envelope)
end

--- Forget tokens and Updates whose time is over (T-018, T-122); call it every few minutes.
-- @treturn[1] table how many: `{ spent =, updates = }`
-- @treturn[2] nil, string, string message and code of the store
-- @usage loop:timer(300, function() server:expire() end)
function Tam:expire()
  return self.store:expire(self.clock())
end

return tam
