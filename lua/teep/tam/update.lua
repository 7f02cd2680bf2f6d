--- The Update (draft-ietf-teep-protocol section 4.4).
-- @module teep.tam.update
local component_id <const> = require "teep.component_id"
local errors <const> = require "teep.errors"
local message <const> = require "teep.message"
local send <const> = require "teep.tam.send"
local token <const> = require "teep.tam.token"

local update = {}

local function map(list, fn)
  if #list == 0 then return nil end
  local result <const> = {}
  for i, entry in ipairs(list) do result[i] = fn(entry) end
  return result
end

local function encode(tam, change, bytes)
  return message.encode({
    type = "update", token = bytes,
    manifest_list = map(change.install, function(manifest) return manifest.envelope end),
    unneeded_manifest_list = map(change.remove, component_id.parse),
    err_code = change.err_code, err_msg = change.err_msg, err_lang = change.err_msg and "en",
  }, { wire = tam.wire.name })
end

local function sent(manifest) return { id = manifest.id, sequence_number = manifest.sequence_number } end

local function record(agent, change, attempt, bytes, expires)
  return {
    token_hash = token.hash(bytes), agent = agent.kid, expires = expires, attempt = attempt,
    manifests = map(change.install, sent) or {}, remove = change.remove,
  }
end

--- Prepare an Update: encoded, with a fresh token (A-29), not stored and not signed yet.
-- @tparam Tam tam
-- @tparam table agent `{ kid, algorithm }`
-- @tparam table change `{ install = { manifest }, remove = { id }, err_code =, err_msg = }`
-- @tparam integer attempt 1, 2, ...
-- @treturn[1] table draft `{ payload, record }`; `record` for `update_put` of the store
-- @treturn[2] nil, string, string message and code: `hard_rule` (larger than an Update may be), those of
--   `teep.message.encode`, `crypto_failed`
function update.draft(tam, agent, change, attempt)
  local expires <const> = tam.clock() + tam.limits.token_life
  local bytes <const>, message_, code = token.issue(tam.secret,
    { kind = "update", items = {}, expires = expires }, tam.random)
  if not bytes then return nil, message_, code end
  local payload <const>, reason, why = encode(tam, change, bytes)
  if not payload then return nil, reason, why end
  if #payload > tam.limits.update then
    return errors.fail("hard_rule", "update: %d bytes, limit is %d", #payload, tam.limits.update)
  end
  return { payload = payload, record = record(agent, change, attempt, bytes, expires) }
end

--- Sign a draft whose record is stored.
-- @treturn[1] string bytes COSE_Sign1
-- @treturn[2] nil, string, string message and code of `teep.cose.sign1`
function update.sign(tam, session, draft, agent)
  return send.to(tam, session, "update", draft.payload, agent)
end

--- Draft, store and sign.
-- @treturn[1] string bytes COSE_Sign1
-- @treturn[2] nil, string, string message and code: those of @{update.draft} and of the store
function update.issue(tam, session, agent, change, attempt)
  local draft <const>, message_, code = update.draft(tam, agent, change, attempt)
  if not draft then return nil, message_, code end
  local ok, reason, why =
    tam.store:transaction(function() return tam.store:update_put(draft.record) end, tam.await)
  if not ok then return nil, reason, why end
  return update.sign(tam, session, draft, agent)
end

return update
