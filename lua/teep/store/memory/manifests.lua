--- Verbs of the memory engine for manifests; see @{teep.store.sqlite.manifests}.
-- The catalogue maps an identifier to the list of its manifests, lowest sequence number first; a list is
-- replaced and never changed.
-- @module teep.store.memory.manifests
local copy <const> = require "teep.store.memory.copy"
local errors <const> = require "teep.errors"
local records <const> = require "teep.store.records"

local manifests = {}

local function latest(list) return list[#list] end

function manifests:manifest_put(manifest)
  local list <const> = self.catalogue[manifest.id] or {}
  local known <const> = latest(list)
  local ok <const>, message <const>, code <const> = records.check_newer(manifest, known)
  if not ok then return nil, message, code end
  local same <const> = known and known.sequence_number == manifest.sequence_number
  local changed <const> = table.move(list, 1, same and #list - 1 or #list, 1, {})
  changed[#changed + 1] = copy.record(manifest)
  self:set(self.catalogue, manifest.id, changed)
  return true
end

function manifests:manifest(id, sequence_number)
  local list <const> = self.catalogue[id] or {}
  if not sequence_number and #list > 0 then return copy.record(latest(list)) end
  for _, manifest in ipairs(list) do
    if manifest.sequence_number == sequence_number then return copy.record(manifest) end
  end
  return errors.fail("not_found", "store: no manifest %s", id)
end

local function without_envelope(list)
  local manifest <const> = copy.record(latest(list))
  manifest.envelope = nil
  return manifest
end

function manifests:manifests() return copy.sorted(self.catalogue, without_envelope) end

function manifests:manifest_remove(id)
  if not self.catalogue[id] then return errors.fail("not_found", "store: no manifest %s", id) end
  self:set(self.catalogue, id, nil)
  return true
end

return manifests
