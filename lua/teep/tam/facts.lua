--- Verified data as policies see it: identifiers and digests as text, field names of the RFCs.
-- @module teep.tam.facts
local component_id <const> = require "teep.component_id"
local encode <const> = require("teep.hex").encode

local facts = {}

local function map(list, fn)
  local result <const> = {}
  for i, entry in ipairs(list or {}) do result[i] = fn(entry) end
  return result
end

local function hex(bytes) return bytes and encode(bytes) end

--- An agent.
-- @tparam table record of the store
-- @treturn table `{ kid (hex), algorithm, first_seen, last_seen, status }`
function facts.agent(record)
  return {
    kid = hex(record.kid), algorithm = record.algorithm, first_seen = record.first_seen,
    last_seen = record.last_seen, status = record.status,
  }
end

local function component(record)
  return {
    component_id = record.component_id, image_digest = hex(record.digest), image_size = record.size,
    manifest = record.manifest, sequence_number = record.sequence_number,
  }
end

local function requested(info)
  return {
    component_id = component_id.format(info.component_id),
    tc_manifest_sequence_number = info.tc_manifest_sequence_number, have_binary = info.have_binary,
  }
end

local function manifest(record)
  return {
    id = record.id, sequence_number = record.sequence_number, digest = hex(record.digest),
    signer = hex(record.signer),
    components = map(record.components, function(target) return target.component_id end),
  }
end

local function older(a, b)
  if a.sequence_number ~= b.sequence_number then return math.ult(a.sequence_number, b.sequence_number) end
  return a.id < b.id
end

local function manifests(records)
  local list <const> = map(records, manifest)
  table.sort(list, older)
  return list
end

--- Facts of the point `plan`.
-- @tparam table known `agent` (record), `inventory` (records), `response` (QueryResponse), `manifests`
--   (records), `suit_reports` (of @{teep.tam.reports.facts}), `now`
-- @treturn table `agent`; `tc_list` (`{ component_id, image_digest (hex), image_size, manifest,
--   sequence_number }`, the last two where an Update of this TAM is known to have installed it);
--   `requested_tc_list`; `unneeded_manifest_list` (text); `manifests` (`{ id, sequence_number, digest,
--   signer, components }`, lowest sequence number first); `suit_reports`; `now`
function facts.plan(known)
  return {
    agent = facts.agent(known.agent), tc_list = map(known.inventory, component),
    requested_tc_list = map(known.response.requested_tc_list, requested),
    unneeded_manifest_list = map(known.response.unneeded_manifest_list, component_id.format),
    manifests = manifests(known.manifests), now = known.now, suit_reports = known.suit_reports,
  }
end

return facts
