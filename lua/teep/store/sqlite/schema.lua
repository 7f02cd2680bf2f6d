--- Tables of the SQLite engine and how to get there from older versions.
-- Byte strings are BLOB, what people read is TEXT. Sequence numbers are bit patterns: their unsigned
-- order is that of the pair (sequence_number < 0, sequence_number).
-- @module teep.store.sqlite.schema
local crypto <const> = require "teep.crypto"

local schema = {
  -- PRAGMA application_id: "LTEE", tells our files from other programs'.
  application_id = 0x4C544545,
  -- steps[n] leads from version n - 1 to version n (PRAGMA user_version): SQL, or a function of the
  -- database that returns true or nil, message, code.
  steps = {},
}

schema.steps[1] = [[
CREATE TABLE secret (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Tokens and challenges that were used: each hash once.
CREATE TABLE spent (
  hash BLOB PRIMARY KEY,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_expires ON spent (expires);

-- Update messages sent and not answered yet.
CREATE TABLE update_sent (
  token_hash BLOB PRIMARY KEY,
  agent BLOB NOT NULL,
  expires INTEGER NOT NULL,
  attempt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX update_expires ON update_sent (expires);

-- What such an Update installs and, where sequence_number is NULL, removes.
CREATE TABLE update_item (
  token_hash BLOB NOT NULL REFERENCES update_sent ON DELETE CASCADE,
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  sequence_number INTEGER,
  PRIMARY KEY (token_hash, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent (
  kid BLOB PRIMARY KEY,
  public_key BLOB NOT NULL,
  algorithm TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  status TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Trusted Components as each agent last reported them.
CREATE TABLE tc (
  kid BLOB NOT NULL,
  position INTEGER NOT NULL,
  component_id TEXT NOT NULL,
  digest BLOB,
  digest_algorithm TEXT,
  size INTEGER,
  manifest TEXT,
  sequence_number INTEGER,
  PRIMARY KEY (kid, position)
) STRICT, WITHOUT ROWID;

-- With rowid: envelopes may be large.
CREATE TABLE manifest (
  id TEXT NOT NULL,
  sequence_number INTEGER NOT NULL,
  digest BLOB NOT NULL,
  signer BLOB NOT NULL,
  envelope BLOB NOT NULL,
  added INTEGER NOT NULL,
  PRIMARY KEY (id, sequence_number)
) STRICT;

CREATE TABLE manifest_component (
  id TEXT NOT NULL,
  sequence_number INTEGER NOT NULL,
  position INTEGER NOT NULL,
  component_id TEXT NOT NULL,
  digest BLOB,
  digest_algorithm TEXT,
  size INTEGER,
  PRIMARY KEY (id, sequence_number, position),
  FOREIGN KEY (id, sequence_number) REFERENCES manifest ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Of each manifest the one with the highest sequence number.
CREATE VIEW manifest_latest AS
SELECT * FROM manifest AS m WHERE NOT EXISTS (
  SELECT 1 FROM manifest AS n WHERE n.id = m.id
  AND (n.sequence_number < 0, n.sequence_number) > (m.sequence_number < 0, m.sequence_number));
]]

local function digest_envelopes(database)
  local all <const>, message <const>, code <const> = database:prepare("SELECT rowid AS row FROM manifest")
  if not all then return nil, message, code end
  local read <const> = database:prepare("SELECT envelope FROM manifest WHERE rowid = ?")
  local write <const> = database:prepare("UPDATE manifest SET envelope_digest = ? WHERE rowid = ?")
  local rows <const>, why <const>, what <const> = all:rows()
  for _, entry in ipairs(rows or {}) do
    local found <const>, flaw <const>, kind <const> = read:row(entry.row)
    if not found then return nil, flaw, kind end
    local done <const>, trouble <const>, reason <const> =
      write:run(crypto.digest("SHA-256", found.envelope), entry.row)
    if not done then return nil, trouble, reason end
  end
  return rows and true, why, what
end

-- SHA-256 of each envelope.
schema.steps[2] = function(database)
  local ok <const>, message <const>, code <const> =
    database:exec("ALTER TABLE manifest ADD COLUMN envelope_digest BLOB NOT NULL DEFAULT x''")
  if not ok then return nil, message, code end
  return digest_envelopes(database)
end

return schema
