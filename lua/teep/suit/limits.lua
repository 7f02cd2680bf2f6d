--- Limits on what a SUIT manifest may ask for; every one can be set by the host.
-- @module teep.suit.limits
local limits = {}

--- Defaults (draft-ietf-suit-manifest section 12 asks for bounds; the numbers are ours).
limits.defaults = {
  envelope_bytes = 16 * 1024 * 1024, -- with integrated payloads
  manifest_bytes = 64 * 1024,
  components = 32, -- of one manifest, its dependencies included
  segments = 16, -- of one component identifier
  segment_bytes = 256,
  commands = 256, -- of one sequence
  nesting = 8, -- sequences within sequences
  branches = 16, -- of one try-each
  steps = 65536, -- commands run in one procedure, for each component: nested sequences multiply
  dependencies = 8, -- in the whole tree
  dependency_depth = 4, -- below the manifest that was sent
  integrated_payloads = 32,
  authentication_blocks = 4,
  uri_bytes = 2048,
  payload_bytes = 256 * 1024 * 1024, -- of one component; an image-size may lower it, and cannot raise it
  work_bytes = 1024 * 1024 * 1024, -- stored, measured, decrypted in one procedure, every time they are
  buffered_bytes = 16 * 1024 * 1024, -- kept in memory: dependencies, and what is a source later on
  records = 256, -- of one SUIT Report
  wait_seconds = 3600,
}

--- Defaults with some of them replaced.
-- @tparam[opt] table overrides unknown names throw
-- @treturn table
-- @usage local l = limits.with{ components = 4 }
function limits.with(overrides)
  if not overrides then return limits.defaults end
  local result = {}
  for name, value in pairs(limits.defaults) do result[name] = value end
  for name, value in pairs(overrides) do
    if not result[name] then error("no such SUIT limit: " .. tostring(name), 3) end
    result[name] = value
  end
  return result
end

return limits
