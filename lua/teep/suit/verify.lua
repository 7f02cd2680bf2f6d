--- From bytes to a manifest: untrusted for people to look at, or authenticated for a processor to run.
-- @module teep.suit.verify
local authenticate <const> = require "teep.suit.authenticate"
local envelope <const> = require "teep.suit.envelope"
local limits <const> = require "teep.suit.limits"
local manifest <const> = require "teep.suit.manifest"
local options <const> = require "teep.options"
local reasons <const> = require "teep.suit.reasons"
local targets <const> = require "teep.suit.targets"

local verify = {}

local Verified <const>, View <const>, methods <const> = {}, {}, {}

-- Names of the integrated payloads, and their sizes in bytes; the bytes stay in the envelope.
local function integrated(opened)
  local sizes <const> = {}
  for name in pairs(opened.payloads) do sizes[name] = opened:payload_size(name) end
  return sizes
end

-- What many callers do not ask for is found when it is asked for.
local lazy <const> = {
  identity = function(self) return manifest.identity(self.manifest) end,
  integrated = function(self) return integrated(self.envelope) end,
  targets = function(self) return targets(self.manifest) end,
}

local function index(self, name)
  if methods[name] then return methods[name] end
  if not lazy[name] then return nil end
  self[name] = lazy[name](self)
  return self[name]
end
Verified.__index, View.__index = index, index

-- `first`: who signed, of several the first; nobody for a view.
local function describe(class, opened, decoded, stated, first)
  return setmetatable({
    envelope = opened, tagged = opened.tagged, manifest = decoded, digest = stated,
    manifest_component_id = decoded.manifest_component_id, sequence_number = decoded.sequence_number,
    reference_uri = decoded.reference_uri, components = decoded.components,
    key = first.key, kid = first.kid, algorithm = first.algorithm,
  }, class)
end

--- Take an envelope apart without trusting it.
-- @tparam string bytes
-- @tparam[opt] table bounds limits by the names of teep.suit.limits
-- @treturn[1] table as @{verify.verify} returns it, without `key` and `kid`; `blocks` (encoded authentication
--   blocks), `digest_matches` (boolean)
-- @treturn[2] nil, string, string as @{verify.verify}, without `unauthorised`
function verify.decode(bytes, bounds)
  local bound <const> = limits.with(bounds)
  local opened, message, code = envelope.open(bytes, bound)
  if not opened then return opened, message, code end
  local wrapper, decoded
  wrapper, message, code = authenticate.open(opened, bound)
  if not wrapper then return wrapper, message, code end
  decoded, message, code = manifest.decode(opened, bound)
  if not decoded then return decoded, message, code end
  local view <const> = describe(View, opened, decoded, wrapper.digest, {})
  view.digest_matches = authenticate.check_digest(opened, wrapper) == true
  view.blocks = wrapper.blocks
  return view
end

-- What a report can be made of: the signature is good, the manifest is not.
local function refusal(stated, message, code, where)
  return {
    ok = false, message = message, code = code, reason = reasons.of(code),
    reference = { uri = "", digest = stated },
    installed = {}, unlinked = {}, dependencies = {}, invocations = {}, records = {}, warnings = {},
    failure = where and {
      manifest_id = {}, section = where.section, offset = where.offset, component_index = 0, parameters = {},
    },
  }
end

local known_options <const> = { keys = "table", algorithms = "table?", limits = "table?" }

--- Authenticate an envelope, then take it apart. Every block by one of the keys counts as a signer.
-- @tparam string bytes
-- @tparam table given `keys` (of trusted signers), `algorithms` (names; `ESP256` and `Ed25519` when absent;
--   `HMAC-256` for keys that are shared with signers),
--   `limits`
-- @treturn[1] Verified what @{processor.run} takes; `signers` (`{ key, kid, algorithm }`), of the first of
--   them `key`, `kid`, `algorithm`
-- @treturn[2] nil, string, string, table the table is an outcome as of @{processor.run}, for a report; nil
--   when the signature was at fault, of which nobody is told
function verify.verify(bytes, given)
  options.check(given, known_options)
  local bound <const> = limits.with(given.limits)
  local opened, message, code = envelope.open(bytes, bound)
  if not opened then return opened, message, code end
  local authentic, decoded
  authentic, message, code = authenticate.verify(opened, given, bound)
  if not authentic then return authentic, message, code end
  local where
  decoded, message, code, where = manifest.decode(opened, bound)
  if not decoded then return nil, message, code, refusal(authentic.digest, message, code, where) end
  local signers <const> = authentic.signers
  -- The thumbprint of the key, whatever the block says. A shared key has only the name it was given, if any.
  for i = 1, #signers do signers[i].kid = signers[i].kid or "" end
  local verified <const> = describe(Verified, opened, decoded, authentic.digest, signers[1])
  verified.trust, verified.signers = given, signers
  return verified
end

--- Verify another envelope, a dependency, with the same trust.
-- @tparam string bytes
-- @treturn[1] Verified
-- @treturn[2] nil, string, string as @{verify.verify}
function methods:open(bytes) return verify.verify(bytes, self.trust) end

--- Whether a table came from @{verify.verify}.
function verify.is_verified(value)
  return getmetatable(value) == Verified
end

return verify
