-- A store of schema version 1, as luateep made it before envelopes had digests.
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

INSERT INTO secret VALUES ('token-key', x'00FF');
INSERT INTO spent VALUES (x'0001', 10);
INSERT INTO update_sent VALUES (x'00', x'6B6964', 100, 1);
INSERT INTO update_item VALUES (x'00', 1, 'hello', -1), (x'00', 2, 'old', NULL);
INSERT INTO agent VALUES (x'6B6964', x'A0', 'ESP256', 1, 2, 'active');
INSERT INTO tc VALUES (x'6B6964', 1, 'a', x'0001', 'SHA-256', 3, 'hello', 7);
INSERT INTO manifest VALUES ('hello', 7, x'D1', x'51', x'00E1FF', 9), ('hello', -1, x'D2', x'51', x'', 10),
  ('other', 0, x'D3', x'51', x'E3', 11);
INSERT INTO manifest_component VALUES ('hello', 7, 1, 'a', x'0001', 'SHA-256', 3), ('hello', -1, 1, 'a', NULL, NULL, NULL);
PRAGMA application_id = 0x4C544545;
PRAGMA user_version = 1;
