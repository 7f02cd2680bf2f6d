--- Verbs of the SQLite engine for the SUIT manifests a TAM can send.
-- @module teep.store.sqlite.manifests
local crypto <const> = require "teep.crypto"
local errors <const> = require "teep.errors"
local query <const> = require "teep.store.sqlite.query"
local records <const> = require "teep.store.records"

local manifests = {}

-- Manifest rows joined with their components; the envelope would be repeated and is read apart.
local function joined(source, condition)
  return "SELECT m.id, m.sequence_number, m.digest AS manifest_digest, m.signer, m.added,"
    .. " c.component_id, c.digest, c.digest_algorithm, c.size"
    .. " FROM " .. source .. " AS m LEFT JOIN manifest_component AS c USING (id, sequence_number)"
    .. condition .. " ORDER BY m.id, c.position"
end

local select_all <const> = joined("manifest_latest", "")
local select_latest <const> = joined("manifest_latest", " WHERE m.id = CAST(? AS TEXT)")
local select_exact <const> =
  joined("manifest", " WHERE m.id = CAST(? AS TEXT) AND m.sequence_number = ?")

-- Joined rows to a list of manifests, each with its `components`.
local function group(rows)
  local list = {}
  for _, row in ipairs(rows) do
    local last = list[#list]
    if not last or last.id ~= row.id then
      last = {
        id = row.id, sequence_number = row.sequence_number, digest = row.manifest_digest,
        signer = row.signer, added = row.added, components = {},
      }
      list[#list + 1] = last
    end
    last.components[#last.components + 1] = row.component_id and {
      component_id = row.component_id, digest = row.digest,
      digest_algorithm = row.digest_algorithm, size = row.size,
    }
  end
  return list
end

local function check_newer(self, manifest)
  local known <const>, message <const>, code <const> = query.row(self,
    "SELECT sequence_number, digest FROM manifest_latest WHERE id = CAST(? AS TEXT)", manifest.id)
  if code then return nil, message, code end
  return records.check_newer(manifest, known)
end

local function put_components(self, manifest)
  return query.for_each(manifest.components, function(i, component)
    return query.run(self, "INSERT INTO manifest_component VALUES"
      .. " (CAST(? AS TEXT), ?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT), ?)",
      manifest.id, manifest.sequence_number, i, component.component_id, component.digest,
      component.digest_algorithm, component.size)
  end)
end

local function put(self, manifest)
  local ok, message, code = check_newer(self, manifest)
  if not ok then return nil, message, code end
  -- REPLACE deletes the former row and, by cascade, its components.
  ok, message, code = query.run(self, "REPLACE INTO manifest VALUES (CAST(? AS TEXT), ?, ?, ?, ?, ?, ?)",
    manifest.id, manifest.sequence_number, manifest.digest, manifest.signer, manifest.envelope,
    manifest.added, crypto.digest("SHA-256", manifest.envelope))
  if not ok then return nil, message, code end
  return put_components(self, manifest)
end

--- Add a manifest; putting the same one again replaces its envelope.
-- @tparam table manifest `{ id = (text), sequence_number =, digest =, signer = (kid), envelope = (bytes),
--   components = { { component_id = (text), digest =, digest_algorithm = (name), size = }, ... },
--   added = (time) }`; of a component all but the first are optional
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `rollback` (a higher sequence number is known),
--   `conflict` (this sequence number is known with another digest)
function manifests:manifest_put(manifest)
  return query.atomically(self, function() return put(self, manifest) end)
end

-- The envelope as it was put: the signature of a manifest does not cover the payloads beside it (D31).
-- The digest in the condition makes sure that it is the same manifest still.
local function read_envelope(self, manifest)
  local row <const>, message <const>, code <const> = query.require_row("manifest", manifest.id,
    query.row(self, "SELECT envelope, envelope_digest FROM manifest"
    .. " WHERE id = CAST(? AS TEXT) AND sequence_number = ? AND digest = ?",
    manifest.id, manifest.sequence_number, manifest.digest))
  if not row then return nil, message, code end
  if crypto.digest("SHA-256", row.envelope) ~= row.envelope_digest then
    return errors.fail("corrupt", "manifest %s, sequence number %u: the envelope is not the one that was put",
      manifest.id, manifest.sequence_number)
  end
  return row.envelope
end

--- One manifest with its envelope.
-- @tparam string id text form of the manifest component identifier
-- @tparam[opt] integer sequence_number the highest when absent
-- @treturn[1] table as given to @{manifest_put}
-- @treturn[2] nil, string, string message and code `not_found`, `corrupt` (the envelope was altered)
function manifests:manifest(id, sequence_number)
  local rows, message, code
  if sequence_number then
    rows, message, code = query.rows(self, select_exact, id, sequence_number)
  else
    rows, message, code = query.rows(self, select_latest, id)
  end
  if not rows then return nil, message, code end
  local manifest <const>, why <const>, what <const> = query.require_row("manifest", id, group(rows)[1])
  if not manifest then return nil, why, what end
  local envelope <const>, trouble <const>, kind <const> = read_envelope(self, manifest)
  if not envelope then return nil, trouble, kind end
  manifest.envelope = envelope
  return manifest
end

--- All manifests, of each the highest sequence number, without envelopes.
-- @treturn {table,...} ordered by id
function manifests:manifests()
  local rows <const>, message <const>, code <const> = query.rows(self, select_all)
  if not rows then return nil, message, code end
  return group(rows)
end

--- Remove a manifest in all its sequence numbers.
-- @tparam string id
-- @treturn[1] boolean true
-- @treturn[2] nil, string, string message and code `not_found`
function manifests:manifest_remove(id)
  local changes <const>, message <const>, code <const> =
    query.changes(self, "DELETE FROM manifest WHERE id = CAST(? AS TEXT)", id)
  if not changes then return nil, message, code end
  if changes == 0 then return errors.fail("not_found", "store: no manifest %s", id) end
  return true
end

return manifests
