--- Records for the specs of stores; the fields given replace those that are there.
local records = {}

local every_byte = {}
for i = 0, 255 do every_byte[#every_byte + 1] = string.char(i) end
every_byte = table.concat(every_byte)
records.every_byte = every_byte

function records.agent(fields)
  local made = {
    kid = "kid", public_key = "key", algorithm = "ESP256", first_seen = 1, last_seen = 2, status = "known",
  }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

function records.manifest(fields)
  local made = {
    id = "hello", sequence_number = 7, digest = "digest", signer = "signer", envelope = every_byte, added = 9,
    components = {
      { component_id = "a", digest = "\0\1", digest_algorithm = "SHA-256", size = 1 << 40 },
      { component_id = "b" },
    },
  }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

function records.update(fields)
  local made = {
    token_hash = "hash", agent = "kid", expires = 100, attempt = 1,
    manifests = { { id = "z", sequence_number = -1 }, { id = "a", sequence_number = 0 } },
    remove = { "old", "older" },
  }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

return records
