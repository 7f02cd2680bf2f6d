--- Limits on what a SUIT manifest may ask for; every one can be set by the host.
-- @module teep.suit.limits
local limits = {}

--- Defaults (draft-ietf-suit-manifest section 12 asks for bounds; the numbers are ours).
limits.defaults = {
  envelope_bytes = 16 * 1024 * 1024, -- with integrated payloads
  manifest_bytes = 64 * 1024,
  components = 32,
  segments = 16, -- of one component identifier
  segment_bytes = 256,
  commands = 256, -- of one sequence
  integrated_payloads = 32,
  authentication_blocks = 4,
  payload_bytes = 16 * 1024 * 1024, -- fetched without an image-size that bounds it
}

--- Defaults with some of them replaced.
-- @tparam[opt] table overrides unknown names throw
-- @treturn table
-- @usage local l = limits.with{ components = 4 }
function limits.with(overrides)
  local result = {}
  for name, value in pairs(limits.defaults) do result[name] = value end
  for name, value in pairs(overrides or {}) do
    if not result[name] then error("no such SUIT limit: " .. tostring(name), 3) end
    result[name] = value
  end
  return result
end

return limits
