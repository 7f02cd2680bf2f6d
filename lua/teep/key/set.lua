--- Sets of keys: COSE_KeySet (RFC 9052 section 7) and JWK Set (RFC 7517 section 5).
-- @module teep.key.set
local core <const> = require("teep.core").key
local cbor <const> = require "teep.cbor"
local errors <const> = require "teep.errors"
local jwk <const> = require "teep.key.jwk"

local set = {}

local most <const> = 64

local function check_size(list)
  if #list == 0 then return errors.fail("bad_key", "key set: want an array of at least one key") end
  if #list > most then return errors.fail("limit_reached", "key set: %d keys, at most %d", #list, most) end
  return true
end

-- RFC 9052 section 7: one key that cannot be used does not spoil the others.
local function gather(list, load)
  local fits <const>, why <const>, reason <const> = check_size(list)
  if not fits then return nil, why, reason end
  local keys <const>, skipped <const> = {}, {}
  for i, given in ipairs(list) do
    local key <const>, message <const>, code <const> = load(given)
    if key then
      keys[#keys + 1] = key
    else
      skipped[#skipped + 1] = { index = i, message = message, code = code }
    end
  end
  return keys, skipped
end

local function load_json(text)
  local given <const>, message <const>, code <const> = jwk.decode(text)
  if not given then return nil, message, code end
  if type(given.keys) ~= "table" then return errors.fail("bad_key", "JWK Set: no keys") end
  return gather(given.keys, function(member)
    if type(member) ~= "table" then return errors.fail("bad_key", "JWK Set: a member is no object") end
    return jwk.from_table(member)
  end)
end

--- @tparam string bytes COSE_KeySet, or JSON
-- @treturn[1] {key,...}
-- @treturn[1] {table,...} `{ index =, message =, code = }` of each that was skipped
-- @treturn[2] nil, string, string message and code
function set.load(bytes)
  if bytes:find "^%s*{" then return load_json(bytes) end
  local list <const>, message <const>, code <const> = cbor.items(bytes)
  if not list then return nil, message, code end
  return gather(list, function(item) return core.load(item.bytes) end)
end

--- @tparam {key,...} keys
-- @tparam boolean with_private
-- @treturn[1] string COSE_KeySet
-- @treturn[2] nil, string, string message and code: `bad_key` (none), `limit_reached`, or of the first that
--   fails
function set.write(keys, with_private)
  local fits <const>, why <const>, reason <const> = check_size(keys)
  if not fits then return nil, why, reason end
  local list <const> = cbor.array{}
  for i, key in ipairs(keys) do
    local bytes <const>, message <const>, code <const> = (with_private and key.private or key.public)(key)
    if not bytes then return nil, message, code end
    list[i] = cbor.decode(bytes)
  end
  return cbor.encode(list)
end

return set
