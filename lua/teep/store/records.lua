--- Fields of the records that a store takes, for every engine; see @{teep.options}.
-- @module teep.store.records
return {
  agent = {
    kid = "string", public_key = "string", algorithm = "string", first_seen = "number",
    last_seen = "number", status = "string",
  },
  tc = {
    component_id = "string", digest = "string?", digest_algorithm = "string?", size = "number?",
    manifest = "string?", sequence_number = "number?",
  },
  manifest = {
    id = "string", sequence_number = "number", digest = "string", signer = "string",
    envelope = "string", components = "table", added = "number",
  },
  component = {
    component_id = "string", digest = "string?", digest_algorithm = "string?", size = "number?",
  },
  update = {
    token_hash = "string", agent = "string", expires = "number", attempt = "number",
    manifests = "table", remove = "table",
  },
  update_manifest = { id = "string", sequence_number = "number" },
}
