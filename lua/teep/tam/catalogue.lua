--- The manifests a TAM may send: added once they verify, checked again whenever they are used.
-- @module teep.tam.catalogue
local component_id <const> = require "teep.component_id"
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local suit <const> = require "teep.suit"
local fail <const> = errors.fail

local catalogue = {}

-- Tag 107; inside of an Update envelopes are untagged (A-22).
local TAG_SIZE <const> = 2

-- Envelopes known to verify, at most.
local REMEMBERED <const> = 1024

local function components_of(verified)
  local list <const> = {}
  for i, target in ipairs(verified.targets) do
    list[i] = {
      component_id = component_id.format(target.component_id), digest = target.digest,
      digest_algorithm = target.digest_algorithm, size = target.size,
    }
  end
  return list
end

--- Add a manifest.
-- @tparam Tam tam
-- @tparam string envelope SUIT_Envelope, tagged or not, signed by a trusted signer
-- @treturn[1] table as stored, see `manifest_put` of the store
-- @treturn[2] nil, string, string message and code: `too_large`, those of `teep.suit.verify`
--   (`unauthorised`, `digest_mismatch`, ...), `missing_field` (no manifest component identifier),
--   `rollback`, `conflict`, those of the store
function catalogue.add(tam, envelope)
  if #envelope > tam.limits.update then
    return fail("too_large", "manifest: %d bytes, limit is %d", #envelope, tam.limits.update)
  end
  local verified <const>, message, code = suit.verify(envelope, { keys = tam.signers })
  if not verified then return nil, message, code end
  if not verified.manifest_component_id then
    return fail("missing_field", "manifest: no manifest component identifier (SUIT key 5): no device "
      .. "could be told to remove it")
  end
  local manifest <const> = {
    id = component_id.format(verified.manifest_component_id), sequence_number = verified.sequence_number,
    digest = verified.digest.bytes, signer = verified.kid,
    envelope = verified.tagged and envelope:sub(TAG_SIZE + 1) or envelope,
    components = components_of(verified), added = tam.clock(),
  }
  local ok, reason, why = tam.store:manifest_put(manifest)
  if not ok then return nil, reason, why end
  return manifest
end

-- The same bytes under the same trust anchors verify again: a signature is checked once for each envelope,
-- not for each device that gets it.
local function verify_once(tam, envelope)
  local name <const> = crypto.digest("SHA-256", envelope)
  local memory = tam.verified
  if memory.of[name] then return memory.of[name] end
  local verified <const>, message, code = suit.verify(envelope, { keys = tam.signers })
  if not verified then return nil, message, code end
  local id <const> = verified.manifest_component_id
  local known <const> = {
    digest = verified.digest.bytes, sequence_number = verified.sequence_number,
    id = id and component_id.format(id),
  }
  if memory.count >= REMEMBERED then
    memory = { of = {}, count = 0 }
    tam.verified = memory
  end
  memory.of[name], memory.count = known, memory.count + 1
  return known
end

--- Check a manifest of the store before it is sent. The store is not trusted with what devices run:
-- signature, digest, identifier and sequence number are checked again (D31). The store has checked that
-- the payloads beside the manifest are those that were added; whoever can forge that check too is found
-- out by the device, which compares them with the digests in the manifest.
-- @tparam Tam tam
-- @tparam table manifest with its envelope
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code: `corrupt`, those of `teep.suit.verify`
function catalogue.check(tam, manifest)
  local known <const>, message, code = verify_once(tam, manifest.envelope)
  if not known then return nil, message, code end
  local same <const> = known.digest == manifest.digest and known.sequence_number == manifest.sequence_number
    and known.id == manifest.id
  if not same then return fail("corrupt", "the envelope is not the one that was added") end
  return true
end

return catalogue
